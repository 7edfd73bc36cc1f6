// Results that stand in this file: the same to the last bit in every build, in every run and on every machine.

import Market
import Simulation
import Support
import Testing

@Suite struct DigestTests {
  /// FNV-1a over what a replay gave: fills in their order, position, balance and fees.
  private static func digest(_ replay: AnyReplay) -> UInt64 {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ word: some FixedWidthInteger) {
      var word = UInt64(truncatingIfNeeded: word)
      for _ in 0..<8 {
        value = (value ^ (word & 0xff)) &* 0x100_0000_01b3
        word >>= 8
      }
    }
    for fill in replay.fills {
      add(fill.order)
      add(fill.exchangeTimeNs)
      add(fill.price.ticks)
      add(fill.quantity.lots * fill.side.sign)
      add(fill.isMaker ? 1 : 0)
    }
    add(replay.account.positionLots)
    add(replay.account.balance.bitPattern)
    add(replay.account.fee.bitPattern)
    return value
  }

  private static let tail = HeavyTailedLatency.Parameters(
    medianNs: 4e6, sigma: 0.8, memoryNs: 2e9, tailProbability: 0.02, tailIndex: 1.5, greatestNs: 2e9)

  private static func digest(
    _ market: any ReplayMarket, _ queue: QueueChoice, _ fills: PresetFills, intervalNs: Int64,
    distances: ClosedRange<Int64>
  ) throws -> UInt64 {
    let settings = ReplaySettings(
      latency: .heavyTailed(HeavyTailedLatency(entry: tail, response: tail, lossProbability: 0.01, seed: 3)),
      feed: .heavyTailed(HeavyTailedProcess(tail, seed: 4), .recordedArrival), queue: queue,
      fees: ReplayFees(maker: -0.00005, taker: 0.0005), fills: fills)
    let replay = try AnyReplay.make(market, settings)
    var trader = RandomTrader(
      seed: 5, intervalNs: intervalNs, lives: [.goodTillCancel, .postOnly, .immediateOrCancel], mostLots: 9,
      distances: distances, mostOrders: 20)
    try replay.run(&trader)
    #expect(replay.fills.count > 100)
    return digest(replay)
  }

  /// The first 150,000 rows of a recorded capture of an inverse perpetual.
  @Test(.enabled(if: sharedData != nil)) func aRecordedSlice() throws {
    let recorded = try recordedTape("coinm/btcusd_perp_20240809")
    let tape = try ReplayTape(try Tape(instrument: recorded.instrument, rows: Array(recorded.rows.prefix(150_000))))
    let digests = try [QueueChoice.power(2), .logOfSum].map {
      try Self.digest(tape, $0, .partial, intervalNs: 50_000_000, distances: -1...20)
    }
    #expect(digests == [2_345_905_512_798_716_173, 12_048_903_909_113_555_158])
  }

  /// SYNTHETIC: a market by order of random traders, with exact places and with estimated ones.
  @Test func aSyntheticMarketByOrder() throws {
    let market = try AgentMarket(seed: 11, requests: 6000, lotSize: 1)
    // The traders' market ten thousand times slower, so that latencies are in proportion.
    let rows = market.rows.map { row in
      var slow = row
      slow.exchangeTimeNs *= 10_000
      slow.localTimeNs *= 10_000
      return slow
    }
    let tape = try ReplayTape(try Tape(instrument: testInstrument, rows: rows))
    let digests = try [QueueChoice.exact, .inversePower(2)].map {
      try Self.digest(tape, $0, .whole, intervalNs: 4_000_000, distances: -1...3)
    }
    #expect(digests == [6_683_713_149_909_886_050, 7_000_108_989_449_858_150])
  }
}
