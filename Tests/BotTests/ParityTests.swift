// A recorded session against its simulation: the venue's stamps tell exactly where each request stands in the market.

import Bot
import Foundation
import Market
import Simulation
import Testing
import VenueServer

private func depth(_ update: Int, _ asks: String) -> String {
  #"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723000000000,"s":"BTCUSDT","U":\#(update),"#
    + #""u":\#(update),"b":[],"a":[\#(asks)]}}"#
}

/// The best ask leaves 60001 in two steps within one microsecond, and is back within the same millisecond; a millisecond
/// later somebody sells through 60000.
private let market: [(atNs: Int64, text: String)] = [
  (0, #"{"lastUpdateId":10,"bids":[["59990.00","1"]],"asks":[["60001.00","1"]]}"#),
  (1_000_200_400, depth(11, #"["60001.00","0"],["60002.00","1"]"#)),
  (1_000_200_900, depth(12, #"["60002.00","0"],["60003.00","1"]"#)),
  (1_000_600_700, depth(13, #"["60001.00","1"],["60003.00","0"]"#)),
  (
    1_001_900_000,
    #"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723000001001,"s":"BTCUSDT","t":1,"p":"59995.00","q":"5","#
      + #""T":1723000001001,"m":true,"M":true}}"#
  ),
]

@Suite("Parity with a recorded session")
struct ParityTests {
  private static let secondUs: Int64 = 1_000_000

  /// - Parameter stampUs: of the request, within the millisecond in which the ask leaves and comes back.
  private func taken(stampUs: Int64, isFilled: Bool) throws -> ParityReport {
    let traffic = try RecordedTraffic(market: market)
    traffic.bid(1, ticks: 6_000_200, .immediateOrCancel, stampUs: Self.secondUs + stampUs)
    if isFilled { traffic.fill(1, ticks: 6_000_100, isMaker: false, atUs: Self.secondUs + stampUs) }
    return try traffic.compare()
  }

  @Test(
    "a request stands behind what was due up to its stamp, and before the rest of its millisecond",
    arguments: [
      (0, true), (200, true), (201, false), (600, false), (601, true), (999, true),
    ] as [(Int64, Bool)])
  func places(stampUs: Int64, isFilled: Bool) throws {
    let same = try taken(stampUs: stampUs, isFilled: isFilled)
    #expect(same.differing == 0 && same.filled == (isFilled ? 1 : 0) && same.apartNs == 0)
    let other = try taken(stampUs: stampUs, isFilled: !isFilled)
    #expect(other.differing == 1, "a session in which it was otherwise is not the same")
    #expect(other.text.contains("DIFFERENT"))
  }

  @Test("requests of one stamp keep the order in which they were sent")
  func ties() throws {
    let traffic = try RecordedTraffic(market: market)
    let stampUs = Self.secondUs + 300
    traffic.bid(1, ticks: 6_000_000, .goodTilCanceled, stampUs: stampUs)
    traffic.cancel(1, stampUs: stampUs)
    traffic.bid(2, ticks: 6_000_000, .goodTilCanceled, stampUs: stampUs)
    traffic.fill(2, ticks: 6_000_000, isMaker: true, atUs: Self.secondUs + 1_900)
    let report = try traffic.compare()
    #expect(report.differing == 0 && report.filled == 1 && report.apartNs == 0)
  }

  @Test("a request that another one overtook stands where the venue took it")
  func overtaken() throws {
    let traffic = try RecordedTraffic(market: market)
    traffic.bid(1, ticks: 6_000_200, .immediateOrCancel, stampUs: Self.secondUs + 900)
    traffic.bid(2, ticks: 6_000_200, .immediateOrCancel, stampUs: Self.secondUs + 300)
    traffic.fill(1, ticks: 6_000_100, isMaker: false, atUs: Self.secondUs + 900)
    let report = try traffic.compare()
    #expect(report.differing == 0 && report.filled == 1)
  }

  @Test("cancelling everything stands where the orders that it ended are stamped")
  func cancelAll() throws {
    let traffic = try RecordedTraffic(market: market)
    traffic.bid(1, ticks: 6_000_000, .goodTilCanceled, stampUs: Self.secondUs + 100)
    traffic.bid(2, ticks: 5_999_900, .goodTilCanceled, stampUs: Self.secondUs + 200)
    traffic.cancel(1, stampUs: Self.secondUs + 300)
    traffic.cancelAll(answeredFor: [2], stampUs: Self.secondUs + 400)
    traffic.bid(3, ticks: 5_999_800, .goodTilCanceled, stampUs: Self.secondUs + 500)
    traffic.fill(3, ticks: 5_999_800, isMaker: true, atUs: Self.secondUs + 1_900)
    let report = try traffic.compare()
    #expect(report.differing == 0 && report.filled == 1)
  }

  /// Threads, sockets and TLS between the two, on a market that nobody waits for: whatever the machine does meanwhile,
  /// the venue's stamps say what it did in which order.
  @Test("a live session's journal comes out of the simulated venue again, fill by fill and time by time")
  func live() throws {
    let folder = try DemoFolder(kept: nil)
    defer { folder.remove() }
    let venue = try TestVenue(folder) { $0.market = .synthetic(seed: 5) }
    let outcome = Result {
      // Quotes so close that it is filled every few seconds of the market.
      let strategy = "{name: quoting, parameters: {fillDecay: 1000, riskAversion: 0.01}}"
      return try TestSession.run(venue, strategy: strategy) { session in
        try session.wait(for: "fills") { try session.total("execution.fills.") >= 5 }
        session.live.beginStop()
        try session.wait(for: "the cancels of what rests") { try session.count("execution.orders.open") == 0 }
      }
    }
    let end = try venue.server.stop()
    _ = try outcome.get()
    let seconds = (end.captureTimeNs - SyntheticMarket.startNs) / 1_000_000_000 + 1
    let text = """
      instruments: [SYNUSDT]
      strategy: {name: quoting}
      risk: {maximumOrderQuantity: 1, maximumOrderNotional: 100000, maximumPosition: 1, maximumOpenOrders: 16,
        priceCollarBasisPoints: 50, ordersPerSecond: 20, ordersPer10Seconds: 40, maximumMarketAgeMs: 2000,
        maximumOrderAgeMs: 2000, maximumDailyLoss: 5000}
      backtest:
        synthetic: {seed: 5, seconds: \(seconds)}
        balances: {USDT: 100000, SYN: 2}
        latency: {feedUs: 0, orderUs: 0, responseUs: 0, decisionUs: 0}
        fees: {makerBasisPoints: 10, takerBasisPoints: 10}
      """
    let settings = try Configuration(file: "the test's configuration", text: text).backtest
    var parity = try ParityRun(journal: folder.journalDirectory, settings)
    let report = try parity.run()
    #expect(report.differing == 0 && report.apartNs == 0, "\(report.text)")
    #expect(report.filled > 0)
  }
}
