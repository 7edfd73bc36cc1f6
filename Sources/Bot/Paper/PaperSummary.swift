// The end of a paper session: its figures, whether bot and paper venue agree, and what was simulated.

import Foundation
import Market
import Pipeline
import Simulation
import VenueServer

/// The part `paper` of a session's `--json`.
struct PaperReport: Encodable {
  struct Latency: Encodable {
    var source: String
    var p50Ns: Int64
    var p99Ns: Int64
  }
  struct Market: Encodable {
    var messages: Int64
    var snapshots: Int64
    var gaps: Int64
    var missedTrades: Int64
    var unread: Int64
    var losses: Int64
    /// Times that matching was halted for an instrument.
    var suspensions: Int64
  }
  struct Fills: Encodable {
    var maker: Int
    var taker: Int
    /// Each with what explains it.
    var file: String
  }
  var latency: Latency
  var market: Market
  var fills: Fills
  var openOrders: Int
  var profit: [ProfitFigures]
  /// The account as the bot and as the paper venue count it: equal to the last unit.
  var bot: AccountFigures
  var venueAccount: AccountFigures
}

/// A session's `--json`: the figures of every session, and those of a paper session beside them.
struct RunReport: Encodable {
  var session: SessionReport
  /// Nil: of another mode.
  var paper: PaperSummary?

  private enum Keys: CodingKey { case paper }

  func encode(to encoder: any Encoder) throws {
    try session.encode(to: encoder)
    var container = encoder.container(keyedBy: Keys.self)
    try container.encodeIfPresent(paper?.report, forKey: .paper)
  }
}

struct PaperSummary {
  let report: PaperReport

  init(_ session: LiveSession, _ counters: [String: Int64], _ venue: PaperVenue, _ state: VenueServer.State) {
    func value(_ name: String) -> Int64 { counters["paper." + name] ?? 0 }
    let bot = AccountFigures(session)
    let balances = state.balances.map { ($0.asset.text, Money.text(Amount(units: $0.free.units + $0.locked.units))) }
    let drawn = venue.latency.drawn
    report = PaperReport(
      latency: .init(source: venue.latency.source, p50Ns: drawn.percentile(50), p99Ns: drawn.percentile(99)),
      market: .init(
        messages: value("messages"), snapshots: value("snapshots"), gaps: value("gaps"),
        missedTrades: value("missed_trades"), unread: value("unread"), losses: value("losses"),
        suspensions: value("suspensions")),
      fills: .init(maker: state.makerFills, taker: state.takerFills, file: venue.fillsFile),
      openOrders: state.openOrders, profit: ProfitFigures.all(session.plan.instruments, counters), bot: bot,
      venueAccount: AccountFigures(
        position: state.positions.mapValues(Money.text).filter { bot.position[$0.key] != nil },
        balances: Dictionary(uniqueKeysWithValues: balances).filter { bot.balances[$0.key] != nil },
        fees: state.commission.mapValues(Money.text).filter { $0.value != Money.zero }))
  }

  /// Bot and paper venue agree, and nothing is left open.
  var isSound: Bool { complaints.isEmpty }

  private var complaints: [String] {
    var complaints: [String] = []
    if report.openOrders != 0 { complaints.append("\(report.openOrders) orders are left open") }
    if report.bot.balances != report.venueAccount.balances || report.bot.fees != report.venueAccount.fees {
      complaints.append("bot and paper venue differ:\n  bot    \(report.bot)\n  venue  \(report.venueAccount)")
    }
    return complaints
  }

  var text: String {
    var lines = [
      "", "PAPER session: the live market, orders matched on this machine; nothing was sent to the venue",
      row("latency", report.latency.source),
      row(
        "market",
        "\(report.market.messages) messages, \(report.market.gaps) gaps, \(report.market.losses) connections lost; "
          + "matching halted \(report.market.suspensions) times"),
      row("fills", "\(report.fills.maker) maker, \(report.fills.taker) taker: \(report.fills.file)"),
    ]
    for profit in report.profit {
      lines.append(
        row(
          "PAPER profit",
          "realised \(profit.realised), unrealised \(profit.unrealised), fees \(profit.fees), net \(profit.net) "
            + profit.asset))
    }
    if isSound { lines.append(row("accounts", "bot and paper venue agree on balances and fees to the last unit")) }
    return (lines + complaints.map { "PROBLEM: " + $0 }).joined(separator: "\n")
  }

  private func row(_ name: String, _ text: String) -> String {
    name.padding(toLength: 15, withPad: " ", startingAt: 0) + text
  }
}
