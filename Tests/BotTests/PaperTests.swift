// What a paper session is made of: its configuration, its latency, and what its venue may be shown of the market.

import Bot
import Market
import Simulation
import Testing

private let demo = DemoConfiguration.text(cpus: [0, 1], instrument: "BTCUSDT")

private func read(_ section: String) throws -> Configuration {
  try Configuration(file: "test.yaml", text: demo + "mode: paper\npaper:\n" + section)
}

private let account = "  balances: {USDT: 1000, BTC: 0.5}\n  fees: {makerBasisPoints: 10, takerBasisPoints: 10}\n"

@Suite("Paper configuration")
struct PaperConfigurationTests {
  @Test("latency of a journal or constant; the pessimistic queue unless another is asked for")
  func sound() throws {
    let constant = try #require(try read(account + "  latency: {orderUs: 1500, responseUs: 500}\n").paper)
    #expect(constant.latency == .constant(orderNs: 1_500_000, responseNs: 500_000))
    #expect(constant.queue == .leaveBehind && constant.seed == 1)
    #expect(constant.balances.map(\.asset.text) == ["BTC", "USDT"])
    let drawn = try #require(
      try read(account + "  queue: {model: power, exponent: 3}\n  seed: 9\n  latency: {journal: runs/journal}\n").paper)
    #expect(drawn.latency == .journal("runs/journal") && drawn.queue == .power(3) && drawn.seed == 9)
  }

  @Test(
    "what is wrong is named",
    arguments: [
      ("", "paper.latency"), ("  latency: {}\n", "paper.latency.journal"),
      ("  latency: {journal: x, orderUs: 1, responseUs: 1}\n", "paper.latency.journal"),
      ("  latency: {orderUs: 1}\n", "paper.latency.responseUs"),
      ("  latency: {orderUs: -1, responseUs: 1}\n", "paper.latency.orderUs"),
      ("  latency: {orderUs: 1, responseUs: 1}\n  queue: lucky\n", "paper.queue"),
      ("  latency: {orderUs: 1, responseUs: 1}\n  speed: 2\n", "paper.speed"),
    ])
  func wrong(section: String, path: String) {
    let problem = #expect(throws: ConfigurationError.self) { try read(account + section) }
    #expect(problem?.path == path)
  }
}

@Suite("Measured acknowledgements")
struct MeasuredAcknowledgementTests {
  /// 100 orders that took 2 ms there and 1 ms back, the slowest of them `slowNs` longer there.
  private func measured(venueAheadNs: Int64, slowNs: Int64 = 0, isStamped: Bool = true) -> [Acknowledgement] {
    (0..<MeasuredAcknowledgements.fewest).map { i in
      let sentNs = Int64(i) * 10_000_000 + 1_000_000_000
      let thereNs = Int64(2_000_000) + (i == 7 ? slowNs : 0)
      return Acknowledgement(
        sentNs: sentNs, receivedNs: sentNs + thereNs + 1_000_000,
        venueNs: isStamped ? sentNs + thereNs + venueAheadNs : 0)
    }
  }

  @Test("round trips stay as measured; the venue's stamps split them whatever its clock says")
  func stamps() throws {
    for offsetNs in [Int64(0), 250_000_000, -250_000_000] {
      let found = try MeasuredAcknowledgements(measured(venueAheadNs: offsetNs, slowNs: 5_000_000), of: "j")
      #expect(found.stamped == found.trips.count)
      // The fastest ways are taken for equally long: 1.5 ms each.
      #expect(found.trips[0] == .init(thereNs: 1_500_000, backNs: 1_500_000))
      #expect(found.trips[7] == .init(thereNs: 6_500_000, backNs: 1_500_000))
    }
  }

  @Test("without stamps they are split in half") func halves() throws {
    let found = try MeasuredAcknowledgements(measured(venueAheadNs: 0, isStamped: false), of: "j")
    #expect(found.stamped == 0)
    #expect(found.trips.allSatisfy { $0 == .init(thereNs: 1_500_000, backNs: 1_500_000) })
  }

  @Test("a stamp outside its round trip does not lengthen it") func clamped() throws {
    var acknowledgements = measured(venueAheadNs: 0)
    acknowledgements[3].venueNs += 50_000_000
    let trip = try MeasuredAcknowledgements(acknowledgements, of: "j").trips[3]
    #expect(trip == .init(thereNs: 3_000_000, backNs: 0))
  }

  @Test("too few are refused, with the journal and both numbers") func few() {
    let problem = #expect(throws: SessionError.self) {
      try MeasuredAcknowledgements(Array(measured(venueAheadNs: 0).dropLast()), of: "runs/j")
    }
    #expect(problem?.description.contains("runs/j: 99 acknowledged orders") == true)
    #expect(problem?.description.contains("at least 100") == true)
  }
}

/// A sequence under test: an expectation cannot call what mutates a value.
private final class SequenceUnderTest {
  private(set) var state = MarketSequence()
  func take(_ message: MarketMessage) -> MarketSequence.Step { state.take(message) }
  func lose() -> Bool { state.lose() }
}

@Suite("Market sequence")
struct MarketSequenceTests {
  private func depth(_ first: UInt64, _ last: UInt64) -> MarketMessage {
    .depth(bids: [], asks: [], firstUpdateId: first, updateId: last)
  }
  private func snapshot(_ id: UInt64) -> MarketMessage { .snapshot(bids: [], asks: [], updateId: id) }
  private func trade(_ id: UInt64) -> MarketMessage {
    .trade(PriceQuantity(price: Price(ticks: 1), quantity: Quantity(lots: 1)), takerSide: .buy, tradeId: id)
  }

  /// A sequence that stands at update 12.
  private func whole() -> SequenceUnderTest {
    let sequence = SequenceUnderTest()
    _ = sequence.take(depth(10, 12))
    _ = sequence.take(snapshot(11))
    return sequence
  }

  @Test("nothing is shown before the snapshot, then it and what is newer") func begins() {
    let sequence = SequenceUnderTest()
    #expect(sequence.take(trade(1)).played.isEmpty)
    #expect(sequence.take(depth(8, 9)) == .init(wantsSnapshot: true))
    #expect(sequence.take(depth(10, 12)) == .init())
    #expect(sequence.take(snapshot(10)).played == [snapshot(10), depth(10, 12)])
    #expect(sequence.state.isWhole)
    #expect(sequence.take(depth(13, 13)).played == [depth(13, 13)])
    #expect(sequence.take(trade(2)).played == [trade(2)])
  }

  @Test("a snapshot older than what waits is asked for again") func stale() {
    let sequence = SequenceUnderTest()
    _ = sequence.take(depth(10, 12))
    #expect(sequence.take(snapshot(8)) == .init(wantsSnapshot: true))
    #expect(!sequence.state.isWhole)
    #expect(sequence.take(snapshot(9)).played == [snapshot(9), depth(10, 12)])
  }

  @Test("a gap suspends; trades are held back until the next snapshot") func gap() {
    let sequence = whole()
    let step = sequence.take(depth(14, 15))
    #expect(step == .init(suspends: true, wantsSnapshot: true))
    #expect(sequence.state.gaps == 1 && !sequence.state.isWhole)
    #expect(sequence.take(trade(5)).played.isEmpty)
    #expect(sequence.take(snapshot(15)).played == [snapshot(15)])
    #expect(sequence.take(depth(16, 16)).played == [depth(16, 16)])
  }

  @Test("a hole among the waiting messages starts the waiting anew") func holeWhileWaiting() {
    let sequence = SequenceUnderTest()
    _ = sequence.take(depth(10, 12))
    #expect(sequence.take(depth(20, 21)) == .init())
    #expect(sequence.take(snapshot(15)) == .init(wantsSnapshot: true))
    #expect(sequence.take(snapshot(20)).played == [snapshot(20), depth(20, 21)])
  }

  @Test("what was seen is passed over; missing trades are counted and the sequence stands") func repeated() {
    let sequence = whole()
    #expect(sequence.take(depth(10, 12)) == .init())
    #expect(sequence.take(snapshot(30)) == .init())
    _ = sequence.take(trade(5))
    #expect(sequence.take(trade(8)).played == [trade(8)])
    #expect(sequence.state.missedTrades == 2 && sequence.state.isWhole)
  }

  @Test("a lost connection is told once, and its successor begins with a snapshot") func lost() {
    let sequence = whole()
    #expect(sequence.lose())
    #expect(!sequence.lose())
    #expect(sequence.take(snapshot(40)) == .init(), "nothing waits for it")
    #expect(sequence.take(depth(50, 51)) == .init(wantsSnapshot: true))
  }
}
