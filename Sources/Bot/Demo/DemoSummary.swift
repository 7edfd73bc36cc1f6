// The end of a demo: its figures, whether bot and venue agree, and an explanation of the result.

import Foundation
import Journal
import Market
import Pipeline

/// The venue's last words about the account.
struct VenueAccount: Decodable {
  struct Balance: Decodable {
    var asset: String
    var free: String
    var locked: String
  }
  var balances: [Balance]
  var positions: [String: String]
  var commission: [String: String]
  var openOrders: Int
  var makerFills: Int
  var takerFills: Int
  var lateNsMax: Int64
  var failure: String?
}

/// Everything a demo's `--json` says. Amounts are decimal texts of whole assets: exact on both sides.
struct DemoReport: Encodable {
  struct Venue: Encodable {
    var openOrders: Int
    var makerFills: Int
    var takerFills: Int
    /// How late the venue played a line at worst, in nanoseconds of the market's time.
    var lateNsMax: Int64
  }
  struct Replay: Encodable {
    var equal: Bool
    var records: UInt64
    var steps: UInt64
  }
  var market: SessionReport.MarketFigures
  var book: SessionReport.BookFigures
  var orders: SessionReport.OrderFigures
  var fills: SessionReport.FillFigures
  var latency: SessionReport.LatencyFigures
  var profit: ProfitFigures
  /// The account as the bot and as the venue count it: equal to the last unit.
  var bot: AccountFigures
  var venueAccount: AccountFigures
  var venue: Venue
  var replay: Replay
  var transport: String
  var isSynthetic: Bool
  var speed: Double
  var ended: String
}

struct DemoSummary {
  let report: DemoReport
  private let replay: ReplayResult
  private let feeRate: String
  private let symbol: String

  init(
    figures: SessionReport, account: AccountFigures, profit: ProfitFigures, venue: VenueAccount,
    replay: ReplayResult, audit: JournalAudit, transport: TransportKind, options: DemoOptions, ended: String
  ) {
    self.replay = replay
    feeRate = "0.1 % maker, 0.1 % taker: Binance's regular tier without discounts"
    symbol = options.market.symbol
    var market = figures.market
    market.ordersWhileBroken = Int64(audit.ordersWhileBroken)
    let balances = Dictionary(
      uniqueKeysWithValues: venue.balances.map { ($0.asset, Money.sum($0.free, $0.locked)) })
    report = DemoReport(
      market: market, book: figures.book, orders: figures.orders, fills: figures.fills, latency: figures.tickToTrade,
      profit: profit, bot: account,
      venueAccount: AccountFigures(
        position: venue.positions.filter { $0.key == options.market.instrument.base.text }.mapValues(Money.normal),
        balances: balances, fees: venue.commission.mapValues(Money.normal).filter { $0.value != Money.zero }),
      venue: DemoReport.Venue(
        openOrders: venue.openOrders, makerFills: venue.makerFills, takerFills: venue.takerFills,
        lateNsMax: venue.lateNsMax),
      replay: DemoReport.Replay(equal: replay.isEqual, records: replay.verifiedCount, steps: replay.steps),
      transport: transport.rawValue, isSynthetic: options.market.isSynthetic, speed: options.speed, ended: ended)
  }

  /// What must hold at the end of every demo, whatever its market.
  var isSound: Bool { complaints.isEmpty }

  private var accountsAgree: Bool { report.bot == report.venueAccount }

  private var complaints: [String] {
    var complaints: [String] = []
    if !report.replay.equal { complaints.append("the replay differs: \(ReplayText(replay).lines)") }
    if report.orders.openAtEnd != 0 || report.venue.openOrders != 0 {
      complaints.append("orders are left open: bot \(report.orders.openAtEnd), venue \(report.venue.openOrders)")
    }
    if !accountsAgree {
      complaints.append("bot and venue differ:\n  bot    \(report.bot)\n  venue  \(report.venueAccount)")
    }
    if report.market.ordersWhileBroken > 0 { complaints.append("orders were approved on a void book") }
    return complaints
  }

  var text: String {
    let kind = report.isSynthetic ? "SYNTHETIC market (made up, proves nothing about profit)" : "recorded market"
    var lines = [
      "",
      "\(symbol), \(kind), \(report.speed) times real time, over \(report.transport); ended: \(report.ended)",
      "market         \(report.market.messages) messages, \(report.market.depthApplied) depth messages applied, "
        + "\(report.market.gaps) gaps, \(report.book.crossed) crossed books",
      "orders         \(report.orders.sent) sent, \(report.orders.canceled) canceled, \(report.orders.rejected) "
        + "rejected, \(report.orders.openAtEnd) left open",
      "fills          \(report.fills.maker) maker, \(report.fills.taker) taker",
      "tick to trade  \(Figures.latency(report.latency))",
      "profit         realised \(report.profit.realised), unrealised \(report.profit.unrealised), "
        + "fees \(report.profit.fees), net \(report.profit.net) \(report.profit.asset)",
      "fee tier       \(feeRate)",
      "journal        \(ReplayText(replay).lines)",
      "accounts       "
        + (accountsAgree ? "bot and venue agree on position, balances and fees to the last unit" : "DIFFER"),
      explanation,
    ]
    lines += complaints.map { "PROBLEM: " + $0 }
    return lines.joined(separator: "\n")
  }

  /// Why the result is what it is.
  private var explanation: String {
    let (realised, fees, net) = (
      Double(report.profit.realised) ?? 0, Double(report.profit.fees) ?? 0, Double(report.profit.net) ?? 0
    )
    if report.fills.maker + report.fills.taker == 0 { return "Nothing was filled, so nothing was won or lost." }
    if net < 0 && realised >= 0 {
      return "A loss: trading earned less than its fees. At this tier a round trip costs 0.2 % of its worth, far more "
        + "than the spread of a liquid pair; the demo trades anyway, to show the machine at work."
    }
    if net < 0 {
      return "A loss: fees of \(String(format: "%.2f", fees)) and trades that the market moved against. The demo's "
        + "strategies are examples, and at this fee tier few strategies of their kind could earn."
    }
    return report.isSynthetic
      ? "A profit on a made-up market, which says nothing about a real one."
      : "A profit on one short recording: no evidence that it would be one elsewhere."
  }
}
