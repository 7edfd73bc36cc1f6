// The demo's live table: redrawn in place on a terminal, a line every few seconds elsewhere.

import Foundation
import Market
import Pipeline

/// What standard output and error are, and remarks to the user.
enum Terminal {
  static let isInteractive = isatty(STDOUT_FILENO) != 0
  static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

final class LiveTable {
  private let reader: CounterFileReader
  private let instruments: [Instrument]
  /// What stands above everything; nil for nothing.
  private let title: String?
  private var drawnLines = 0
  private var ticks = 0
  private var lastEvents: Int64 = 0
  private var lastTime = ContinuousClock.now

  /// Off a terminal one line stands for so many looks.
  private static let ticksPerLine = 50

  init(_ reader: CounterFileReader, _ instruments: [Instrument], title: String? = nil) {
    self.reader = reader
    self.title = title
    self.instruments = instruments
  }

  /// Draws the table anew.
  func show() throws {
    let report = try SessionReport(reader)
    ticks += 1
    if Terminal.isInteractive {
      draw(try lines(report))
    } else if ticks % Self.ticksPerLine == 0 {
      print(oneLine(report))
      fflush(nil)
    }
  }

  /// A line above the table, which is drawn anew below it.
  func note(_ line: String) {
    drawnLines = 0
    print((title.map { $0 + ": " } ?? "") + line)
    fflush(nil)
  }

  func finish() { if Terminal.isInteractive { print("") } }

  private func draw(_ lines: [String]) {
    var text = drawnLines > 0 ? "\u{1b}[\(drawnLines)A" : ""
    for line in lines { text += "\u{1b}[2K" + line + "\n" }
    drawnLines = lines.count
    print(text, terminator: "")
    fflush(nil)
  }

  private func lines(_ report: SessionReport) throws -> [String] {
    let now = ContinuousClock.now
    let seconds = (now - lastTime) / .seconds(1)
    let rate = seconds > 0 ? Double(report.market.messages - lastEvents) / seconds : 0
    (lastEvents, lastTime) = (report.market.messages, now)
    var lines = title.map { [$0] } ?? []
    lines += [
      row(
        "market", "\(report.market.messages) messages, \(String(format: "%.0f", rate))/s; gaps \(report.market.gaps)"),
      row(
        "orders",
        "sent \(report.orders.sent), open \(report.orders.openAtEnd), canceled \(report.orders.canceled), "
          + "rejected \(report.orders.rejected)"),
      row("fills", "maker \(report.fills.maker), taker \(report.fills.taker)"),
      row("refused", reasons(report.orders.refused)),
      row("tick to trade", Figures.latency(report.tickToTrade)),
    ]
    let counters = try reader.counters()
    if let halted = counters["paper.suspended"] {
      lines.append(row("matching", halted == 0 ? "all instruments" : "HALTED for \(halted): their market is not whole"))
    }
    for instrument in instruments { lines += accountLines(instrument, counters) }
    return lines
  }

  private func accountLines(_ instrument: Instrument, _ counters: [String: Int64]) -> [String] {
    let symbol = instrument.symbol.text
    func value(_ name: String) -> Int64 { counters[name] ?? 0 }
    let bid = DecimalText.string(value("book.\(symbol).best_bid_ticks"), step: instrument.tick) ?? "-"
    let ask = DecimalText.string(value("book.\(symbol).best_ask_ticks"), step: instrument.tick) ?? "-"
    let position = DecimalText.string(value("execution.position.\(symbol).lots"), step: instrument.lot) ?? "-"
    let forecast = Double(value("forecast.\(symbol).direction_millionths")) / 1e6
    let prefix = "execution.position.\(symbol)."
    return [
      row(symbol, "\(bid) / \(ask)   forecast \(String(format: "%+.3f", forecast))   position \(position)"),
      row(
        "profit",
        "realised \(Figures.amount(value(prefix + "realised"))), unrealised "
          + "\(Figures.amount(value(prefix + "unrealised"))), fees \(Figures.amount(value(prefix + "fees"))) "
          + instrument.quote.text),
    ]
  }

  private func oneLine(_ report: SessionReport) -> String {
    (title.map { $0 + ": " } ?? "")
      + "\(report.market.messages) messages, \(report.market.gaps) gaps; orders \(report.orders.sent) sent, "
      + "\(report.orders.openAtEnd) open; fills \(report.fills.maker) maker, \(report.fills.taker) taker; tick to trade "
      + Figures.latency(report.tickToTrade)
  }

  private func row(_ name: String, _ text: String) -> String {
    name + String(repeating: " ", count: max(1, 15 - name.count)) + text
  }

  private func reasons(_ counts: [String: Int64]) -> String {
    counts.isEmpty ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}
