// Latency models in a backtest: races that come out of them, and what a configuration may say of them.

import Backtest
import Bot
import Foundation
import Market
import Simulation
import Support
import Testing

@Suite("Latency in backtests")
struct BacktestLatencyTests {
  private static func constant(orderMs: Int64, responseMs: Int64) -> LinkDelays {
    LinkDelays(
      feed: .constant(1_000_000), order: .constant(orderMs * 1_000_000), response: .constant(responseMs * 1_000_000),
      decisionNs: 0)
  }

  @Test("a cancel that arrives before the trade takes the order away")
  func cancelWins() throws {
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 2_000, delays: Self.constant(orderMs: 20, responseMs: 20))
    try market.pass(toMs: 2_000)
    try market.tradeThrough(atMs: 2_030)
    try market.pass(toMs: 3_000)
    let orders = try market.finish().scopes[0].orders
    #expect(market.session.venues[0].desk.engine.fills.isEmpty)
    #expect([orders.placed, orders.cancelRequested, orders.canceled, orders.filled] == [1, 1, 1, 0])
    #expect(market.heard.kinds == [.working, .canceled])
  }

  @Test("a fill that crosses the cancel on its way wins, and the cancel hears of an unknown order")
  func fillCrossesCancel() throws {
    // The cancel leaves at 2001 ms and would arrive at 2041 ms; the trade is at 2030 ms.
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 2_000, delays: Self.constant(orderMs: 40, responseMs: 20))
    try market.pass(toMs: 2_000)
    try market.tradeThrough(atMs: 2_030)
    try market.pass(toMs: 3_000)
    let orders = try market.finish().scopes[0].orders
    #expect(market.session.venues[0].desk.engine.fills.map(\.quantity.lots) == [1_000])
    // Asked again 20 ms later, and the fill is heard at 2050 ms, before the third time.
    #expect([orders.placed, orders.cancelRequested, orders.canceled, orders.filled] == [1, 2, 0, 1])
    #expect(market.heard.kinds == [.working, .filled])
  }

  @Test("a cancel that follows an order slower than itself still arrives behind it")
  func cancelCrossesOrder() throws {
    // The order takes 200 ms and the cancel, sent 100 ms later, none: it arrives with the order, and finds it.
    let places = [(1_001, 200), (1_101, 0)].map { time, delay in
      MeasuredDelay(timeNs: HandPlayed.startNs + Int64(time) * 1_000_000, delayNs: Int64(delay) * 1_000_000)
    }
    var delays = Self.constant(orderMs: 0, responseMs: 20)
    delays.order = .recorded(RecordedDelay(places))
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 1_100, delays: delays)
    try market.pass(toMs: 2_000)
    let result = try market.finish()
    let orders = result.scopes[0].orders
    // Asked again after 20 and another 40 ms; the end is heard at 1221 ms, before the fourth time.
    #expect([orders.placed, orders.cancelRequested, orders.canceled, orders.filled] == [1, 3, 1, 0])
    #expect(market.session.venues[0].desk.engine.orders.first?.createdNs == HandPlayed.startNs + 1_201_000_000)
    #expect(market.session.venues[0].desk.engine.orders.first?.updatedNs == HandPlayed.startNs + 1_201_000_000)
  }

  private static let heavy =
    "{model: heavyTailed, medianUs: 900, sigma: 0.6, memoryMs: 200, tailProbability: 0.02, "
    + "tailIndex: 1.5, greatestMs: 2000, seed: 3}"

  @Test("heavy-tailed latencies decide the same in every run, and differently from constant ones")
  func heavyTailed() throws {
    let text = syntheticBacktest.replacing("orderUs: 1000", with: "order: \(Self.heavy)")
    let first = try runBacktest(backtestConfiguration(text))
    #expect(try runBacktest(backtestConfiguration(text)) == first)
    #expect(
      first.pessimistic.decisions != (try runBacktest(backtestConfiguration(syntheticBacktest)).pessimistic.decisions))
    let latency = first.pessimistic.result.scopes[0].requestLatency
    let (median, worst) = try (#require(latency.percentile(50)), #require(latency.percentile(99)))
    #expect(median > 300_000 && median < 3_000_000 && worst > 2 * median)
  }

  @Test("a way that is drawn from round trips takes one of theirs, and each connection draws for itself")
  func drawn() throws {
    let trips = [(1, 10), (2, 20), (3, 30)].map { EmpiricalLatency.RoundTrip(thereNs: $0, backNs: $1) }
    var delays = Self.constant(orderMs: 0, responseMs: 0)
    delays.order = .drawn(
      EmpiricalLatency(trips.map { .init(thereNs: $0.thereNs * 1_000_000, backNs: 0) }, seed: 4), .there)
    delays.response = .drawn(
      EmpiricalLatency(trips.map { .init(thereNs: 0, backNs: $0.backNs * 1_000_000) }, seed: 5), .back)
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 2_000, delays: delays)
    try market.pass(toMs: 3_000)
    _ = try market.finish()
    let order = try #require(market.session.venues[0].desk.engine.orders.first)
    let working = try #require(market.heard.all.first { $0.kind == .working })
    let sentNs = HandPlayed.startNs + 1_001_000_000
    #expect([1, 2, 3].contains((order.createdNs - sentNs) / 1_000_000))
    #expect([10, 20, 30].contains((working.timeNs - order.createdNs) / 1_000_000))
  }

  @Test("measured latencies are read from a table")
  func recorded() throws {
    let table = try Self.file("time_ns,order_ns,response_ns\n1,2000000,3000000\n9000000000000000000,2000000,3000000\n")
    defer { try? FileManager.default.removeItem(atPath: table) }
    let text =
      syntheticBacktest
      .replacing("orderUs: 1000", with: "order: {model: recorded, file: \(table)}")
      .replacing("responseUs: 1000", with: "response: {model: recorded, file: \(table)}")
    let constant =
      syntheticBacktest
      .replacing("orderUs: 1000", with: "orderUs: 2000").replacing("responseUs: 1000", with: "responseUs: 3000")
    #expect(try runBacktest(backtestConfiguration(text)) == runBacktest(backtestConfiguration(constant)))
  }

  @Test(
    "what a table cannot tell is refused with file and line",
    arguments: [
      ("time_ns,order_ns\n1,5\n1,6\n9000000000000000000,5\n", ":3: time_ns 1 does not lie after the line before, 1"),
      ("time_ns,order_ns\n1,-5\n", ":2: order_ns is \"-5\"; a whole number is expected"),
      ("time_ns,order_ns\n1,700000000000\n", ":2: order_ns is 700000000000; at most 600000000000"),
      ("time_ns,response_ns\n1,5\n", "the columns time_ns and order_ns are expected"),
      ("time_ns,order_ns\n", "there is no measurement"),
      ("time_ns,order_ns\n1,5\n2,5\n", "was measured from 1 to 2 ns, and what is played is from"),
    ])
  func tables(content: String, reason: String) throws {
    let table = try Self.file(content)
    defer { try? FileManager.default.removeItem(atPath: table) }
    let text = syntheticBacktest.replacing("orderUs: 1000", with: "order: {model: recorded, file: \(table)}")
    let problem = try #require(backtestProblem(backtestConfiguration(text)))
    #expect(problem.contains(reason), "\(problem)")
  }

  @Test(
    "what does not go together is refused with its line",
    arguments: [
      ("orderUs: 1000, order: {model: heavyTailed}", "a constant (orderUs) or a model, not both"),
      (
        "order: {model: normal}",
        "test.yaml:17: backtest.latency.order.model: recorded, measured or heavyTailed is expected"
      ),
      ("order: {model: recorded}", "backtest.latency.order.file: is missing"),
      ("order: {model: measured}", "backtest.latency.order.journal: is missing"),
      ("order: {model: measured, journal: /nowhere/journal}", "/nowhere/journal"),
      ("order: \(heavy.replacing("greatestMs: 2000", with: "greatestMs: 0.1"))", "it is shorter than the median"),
      ("order: \(heavy.replacing(", seed: 3", with: ""))", "backtest.latency.order.seed: is missing"),
    ])
  func refusals(order: String, reason: String) throws {
    let text = syntheticBacktest.replacing("orderUs: 1000", with: order)
    let problem = try #require(backtestProblem(backtestConfiguration(text)))
    #expect(problem.contains(reason), "\(problem)")
  }

  private static func file(_ content: String) throws -> String {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString).csv")
    try content.write(to: url, atomically: true, encoding: .utf8)
    return url.path
  }
}
