// A feed with a latency of its own: the same as a tape that was received so late.

import Market
import Simulation
import Support
import Testing

@Suite struct FeedLatencyTests {
  static let tail = HeavyTailedLatency.Parameters(
    medianNs: 700, sigma: 1, memoryNs: 5_000, tailProbability: 0.05, tailIndex: 1.2, greatestNs: 40_000)
  static let measured = [
    MeasuredDelay(timeNs: 1_050_000, delayNs: 900), MeasuredDelay(timeNs: 1_060_000, delayNs: 200),
    MeasuredDelay(timeNs: 1_200_000, delayNs: 3_000),
  ]

  enum Model: CaseIterable {
    case constant
    case interpolated
    case heavyTailed
  }

  /// Each model on top of the recorded arrival and in place of it, against the tape whose rows the test itself received
  /// so late, one message after the other: fills, and every touch that the strategy saw.
  @Test(arguments: Model.allCases, [false, true])
  func isATapeThatWasReceivedLate(_ model: Model, inPlace: Bool) throws {
    let recorded = try Self.market(seed: 4, messages: 3000)
    let base: FeedLatencyBase = inPlace ? .venueStamp : .recordedArrival
    let late: Tape
    let choice: FeedLatencyChoice
    switch model {
    case .constant:
      choice = .constant(ConstantFeedLatency(1_234), base)
      late = try Self.received(recorded, inPlace, by: ConstantFeedLatency(1_234))
    case .interpolated:
      choice = .interpolated(RecordedDelay(Self.measured), base)
      late = try Self.received(recorded, inPlace, by: RecordedDelay(Self.measured))
    case .heavyTailed:
      choice = .heavyTailed(HeavyTailedProcess(Self.tail, seed: 8), base)
      late = try Self.received(recorded, inPlace, by: HeavyTailedProcess(Self.tail, seed: 8))
    }
    let ours = try Self.replay(recorded, choice)
    let theirs = try Self.replay(late, .recorded)
    #expect(ours.fills == theirs.fills && ours.fills.count > 100)
    #expect(ours.touches == theirs.touches)
    let asRecorded = try Self.replay(recorded, .recorded)
    #expect(ours.touches != asRecorded.touches)
  }

  /// Slow and obvious: messages in the order of the clock, each as late as the model says or as the one before it.
  private static func received(_ tape: Tape, _ inPlace: Bool, by model: some FeedLatencyModel) throws -> Tape {
    var model = model
    var rows = inPlace ? tape.exchangeOrder().map { tape.rows[$0] } : tape.rows
    var arrivalNs: Int64 = 0
    for i in rows.indices {
      // The test's rows carry the number of their message.
      if i == 0 || rows[i].number != rows[i - 1].number {
        let timeNs = inPlace ? rows[i].exchangeTimeNs : rows[i].localTimeNs
        arrivalNs = max(arrivalNs, timeNs + model.latencyNs(at: timeNs))
      }
      rows[i].localTimeNs = arrivalNs
    }
    return try Tape(instrument: testInstrument, rows: rows)
  }

  private static func replay(
    _ tape: Tape, _ feed: FeedLatencyChoice
  ) throws -> (fills: [ReplayFill], touches: [Int64]) {
    let settings = ReplaySettings(
      latency: .constant(ConstantLatency(entryNs: 300, responseNs: 200)), feed: feed, queue: .riskAverse,
      fees: ReplayFees(maker: 0, taker: 0))
    let replay = try AnyReplay.make(ReplayTape(tape), settings)
    var trader = RandomTrader(
      seed: 2, lives: [.goodTillCancel, .postOnly], mostLots: 3, distances: -1...3, mostOrders: 6)
    try replay.run(&trader)
    return (replay.fills, trader.touches)
  }

  /// Messages of one to four rows from two connections, one of which is late by more than the other.
  private static func market(seed: UInt64, messages: Int) throws -> Tape {
    var random = SeededRandom(seed)
    var localNs: Int64 = 1_000_000
    var rows: [TapeRow] = []
    for message in 1...messages {
      localNs += Int64.random(in: 1...4, using: &random) * 100
      let exchangeNs = localNs - Int64.random(in: 0...7, using: &random) * 50
      for _ in 0..<Int64.random(in: 1...4, using: &random) {
        let side: Side = Bool.random(using: &random) ? .buy : .sell
        let isTrade = Int.random(in: 0..<6, using: &random) == 0
        rows.append(
          TapeRow(
            kind: isTrade ? .trade : .level, side: side, exchangeTimeNs: exchangeNs, localTimeNs: localNs,
            price: Price(ticks: 200 - (isTrade ? 0 : side.sign * Int64.random(in: 0...6, using: &random))),
            quantity: Quantity(lots: Int64.random(in: isTrade ? 1...9 : 0...9, using: &random)),
            number: UInt64(message), endsMessage: false))
      }
      rows[rows.count - 1].endsMessage = true
    }
    return try Tape(instrument: testInstrument, rows: rows)
  }
}
