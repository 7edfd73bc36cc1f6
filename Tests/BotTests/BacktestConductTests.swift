// What the venue of a backtest does besides matching, and how the bot's live code comes through it.

import Backtest
import Bot
import Foundation
import Market
import Simulation
import Support
import Testing

@Suite("A venue's behaviour in backtests")
struct BacktestConductTests {
  private static let delays = LinkDelays(
    feed: .constant(1_000_000), order: .constant(20_000_000), response: .constant(20_000_000), decisionNs: 0)

  private static func times(fromMs: Int64, toMs: Int64) -> Range<Int64> {
    HandPlayed.startNs + fromMs * 1_000_000..<HandPlayed.startNs + toMs * 1_000_000
  }

  private static func conduct(
    feed: [Range<Int64>] = [], orders: [Range<Int64>] = [], closures: [Range<Int64>] = [], offsetMs: Int64 = 0,
    driftPpb: Double = 0
  ) -> VenueConduct {
    VenueConduct(
      feedOutages: feed, orderOutages: orders, closures: closures,
      clock: VenueClockRule(
        startNs: HandPlayed.startNs, offsetNs: offsetMs * 1_000_000, driftPpb: driftPpb,
        receiveWindowNs: 5_000_000_000))
  }

  @Test("a fill while the order session is down is found when it is back")
  func fillWhileDown() throws {
    let conduct = Self.conduct(orders: [Self.times(fromMs: 1_500, toMs: 2_500)])
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 60_000, delays: Self.delays, conduct: conduct)
    try market.pass(toMs: 2_000)
    try market.tradeThrough(atMs: 2_010)
    try market.pass(toMs: 10_000)
    let heardAt = market.heard.all.last { $0.kind == .filled }?.timeNs
    _ = try market.finish()
    #expect(market.session.venues[0].desk.engine.fills.map(\.quantity.lots) == [1_000])
    #expect(market.heard.kinds.first == .working && market.heard.kinds.last == .filled)
    #expect(market.heard.kinds.count { $0 == .filled } == 1)
    #expect(market.heard.all.last?.positionLots == 1_000)
    #expect(try #require(heardAt) > HandPlayed.startNs + 2_500_000_000)
  }

  @Test("an order that is lost on its way is asked for until the venue cannot have it any more")
  func lostOnItsWay() throws {
    // It leaves at 1001 ms and would arrive at 1021 ms.
    let conduct = Self.conduct(orders: [Self.times(fromMs: 1_010, toMs: 1_200)])
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 60_000, delays: Self.delays, conduct: conduct)
    try market.pass(toMs: 30_000)
    _ = try market.finish()
    #expect(market.session.venues[0].desk.engine.orders.isEmpty)
    #expect(market.heard.kinds.first == .unknown && market.heard.kinds.last == .rejected)
    #expect(market.heard.all.last?.positionLots == 0)
  }

  @Test("a feed that is down voids the book: what rests is cancelled, and the book comes back")
  func feedDown() throws {
    let conduct = Self.conduct(feed: [Self.times(fromMs: 1_500, toMs: 2_500)])
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 60_000, delays: Self.delays, conduct: conduct)
    try market.pass(toMs: 5_000)
    let orders = try market.finish().scopes[0].orders
    #expect([orders.placed, orders.cancelRequested, orders.canceled] == [1, 1, 1])
    #expect(market.heard.kinds == [.working, .canceled])
    #expect(market.session.venues[0].desk.engine.orders.first?.updatedNs == HandPlayed.startNs + 1_520_000_000)
    #expect(market.session.feedCounters.snapshots == 2 && market.session.feedCounters.gaps == 0)
  }

  @Test("an order that arrives during maintenance is refused")
  func maintenance() throws {
    let conduct = Self.conduct(closures: [Self.times(fromMs: 1_010, toMs: 1_500)])
    var market = try HandPlayed(placeMs: 1_000, cancelMs: 60_000, delays: Self.delays, conduct: conduct)
    try market.pass(toMs: 5_000)
    let orders = try market.finish().scopes[0].orders
    #expect([orders.placed, orders.rejected] == [1, 1] && market.session.venues[0].desk.engine.orders.isEmpty)
    #expect(market.heard.kinds == [.rejected])
    #expect(market.heard.all.map(\.reasonCode).contains(ReportReason.venueBusy.rawValue))
  }

  @Test("a clock that runs away makes requests too old for the venue")
  func clock() throws {
    // 20 ms under way and 4979 ms of offset fit into the window of 5000 ms; one more millisecond a second soon does not.
    let conduct = Self.conduct(offsetMs: 4_979, driftPpb: 1_000_000)
    var market = try HandPlayed(placeMs: 2_000, cancelMs: 60_000, delays: Self.delays, conduct: conduct)
    try market.pass(toMs: 5_000)
    let orders = try market.finish().scopes[0].orders
    #expect([orders.placed, orders.rejected] == [1, 1] && market.session.venues[0].desk.engine.orders.isEmpty)
    #expect(market.heard.kinds == [.rejected])
    #expect(market.heard.all.map(\.reasonCode).contains(ReportReason.timestampOutsideWindow.rawValue))
  }

  @Test("an order slower than the receive window is rejected on its way")
  func tooOld() throws {
    let places = [(0, 20), (2_000, 20), (2_001, 5_001), (2_002, 20)].map { time, delay in
      MeasuredDelay(timeNs: HandPlayed.startNs + Int64(time) * 1_000_000, delayNs: Int64(delay) * 1_000_000)
    }
    var delays = Self.delays
    delays.order = .recorded(RecordedDelay(places))
    var market = try HandPlayed(placeMs: 2_000, cancelMs: 60_000, delays: delays, conduct: Self.conduct())
    try market.pass(toMs: 9_000)
    _ = try market.finish()
    #expect(market.session.venues[0].desk.engine.orders.isEmpty)
    #expect(market.heard.all.map(\.reasonCode).contains(ReportReason.timestampOutsideWindow.rawValue))
  }

  @Test("every session of an interval meets the same, from the first message to the last")
  func wholeWindow() throws {
    let calm = try runBacktest(backtestConfiguration(syntheticBacktest))
    #expect(calm.ends.count == 2 && calm.ends.allSatisfy { $0.ordersAccepted > 0 })
    for connection in ["feed", "orders"] {
      let outage = "outages: [{fromSeconds: 0, toSeconds: 1000, connection: \(connection)}]"
      let text = backtestConfiguration(syntheticBacktest + "\n  venue: {\(outage)}")
      #expect(try runBacktest(text).ends.allSatisfy { $0.ordersAccepted == 0 }, "\(connection)")
    }
  }

  @Test("random disconnects are the same in every run, and end with nothing open")
  func disconnects() throws {
    let text = backtestConfiguration(
      syntheticBacktest
        + "\n  venue: {disconnects: {feedPerHour: 240, ordersPerHour: 360, reconnectMs: 700, seed: 5}}")
    let first = try runBacktest(text)
    #expect(try runBacktest(text) == first)
    #expect(
      first.pessimistic.decisions != (try runBacktest(backtestConfiguration(syntheticBacktest)).pessimistic.decisions))
    #expect(first.pessimistic.balances.allSatisfy { $0.locked.units == 0 })
  }

  @Test(
    "what cannot be is refused with its line",
    arguments: [
      ("outages: [{fromSeconds: 2, toSeconds: 1}]", "test.yaml:19: backtest.venue.outages[0].toSeconds: it ends"),
      ("outages: [{fromSeconds: 1, toSeconds: 2, connection: phone}]", "one of feed, orders, both is expected"),
      ("maintenance: [{fromSeconds: 1}]", "backtest.venue.maintenance[0].toSeconds: is missing"),
      ("disconnects: {reconnectMs: 5, seed: 1}", "feedPerHour or ordersPerHour is expected to be above 0"),
      ("disconnects: {feedPerHour: 1, reconnectMs: 0, seed: 1}", "0 is outside 1 to 3600000"),
      ("clock: {offsetMs: 1e9}", "backtest.venue.clock.offsetMs"),
      ("limits: {weightPerMinute: 0}", "test.yaml:19: backtest.venue.limits.weightPerMinute: 0 is outside 1 to"),
      ("limits: {othersWeightPerMinute: 10000001}", "10000001 is outside 0 to 10000000"),
      ("limits: {weight: 600}", "backtest.venue.limits.weight"),
    ])
  func refusals(venue: String, reason: String) throws {
    let problem = try #require(
      backtestProblem(backtestConfiguration(syntheticBacktest + "\n  venue: {\(venue)}")))
    #expect(problem.contains(reason), "\(problem)")
  }
}
