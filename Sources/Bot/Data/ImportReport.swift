// What `apus import` found and did, for people and for machines.

import Foundation
import Market
import Simulation

struct ImportReport {
  private let inputs: [String]
  private let tick: DecimalStep
  private let lot: DecimalStep
  var rowsWritten: Int64?
  var quality: DataQualityReport?

  init(_ inputs: [String], tick: DecimalStep, lot: DecimalStep) {
    self.inputs = inputs
    self.tick = tick
    self.lot = lot
  }

  var text: String {
    var lines = inputs
    lines.append("tick \(Self.number(tick)), lot \(Self.number(lot))")
    if let rowsWritten { lines.append("\(rowsWritten) rows written") }
    guard let quality else { return lines.joined(separator: "\n") + "\n" }
    lines += figures(quality).map { figure in
      figure.name.padding(toLength: 24, withPad: " ", startingAt: 0) + figure.text
    }
    for gap in quality.longestSilences {
      lines.append("  silent for \(Self.seconds(gap.lengthNs)) after \(gap.afterNs)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  var json: String {
    var fields = [
      "\"inputs\":[\(inputs.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }.joined(separator: ","))]",
      "\"tick\":\"\(Self.number(tick))\"", "\"lot\":\"\(Self.number(lot))\"",
    ]
    if let rowsWritten { fields.append("\"rows_written\":\(rowsWritten)") }
    if let quality {
      fields += figures(quality).map { "\"\($0.key)\":\($0.value)" }
      let gaps = quality.longestSilences.map { "{\"after_ns\":\($0.afterNs),\"length_ns\":\($0.lengthNs)}" }
      fields.append("\"longest_silences\":[\(gaps.joined(separator: ","))]")
    }
    return "{\(fields.joined(separator: ","))}\n"
  }

  private struct Figure {
    var name: String
    var key: String
    var value: Int64
    var text: String

    init(_ name: String, _ key: String, _ value: Int64, _ text: String? = nil) {
      self.name = name
      self.key = key
      self.value = value
      self.text = text ?? "\(value)"
    }
  }

  private func figures(_ report: DataQualityReport) -> [Figure] {
    func time(_ name: String, _ key: String, _ ns: Int64) -> Figure { Figure(name, key, ns, Self.seconds(ns)) }
    var figures = [
      Figure("rows", "rows", report.rows), Figure("messages", "messages", report.messages),
      time("span", "span_ns", report.lastTimeNs - report.firstTimeNs),
      Figure("trades", "trades", report.rowsByKind[Int(TapeRowKind.trade.rawValue)]),
      Figure("gaps of the book", "gaps", report.rowsByKind[Int(TapeRowKind.gap.rawValue)]),
      Figure("silences", "silences", report.silences),
      Figure("trades missing", "trades_missing", report.tradesMissing),
      Figure("trades repeated", "trades_repeated", report.tradesRepeated),
      Figure("messages repeated", "messages_repeated", report.messagesRepeated),
      Figure("books crossed", "crossed", report.crossed), Figure("books locked", "locked", report.locked),
      time("crossed or locked for", "crossed_ns", report.crossedNs),
      Figure("removals of nothing", "removals_of_nothing", report.removalsOfNothing),
      Figure("trades outside touch", "trades_outside_touch", report.tradesOutsideTouch),
      Figure("late messages", "late", report.late), time("latest by", "latest_by_ns", report.latestByNs),
    ]
    guard report.hasReceiveTimes else {
      figures.append(Figure("receive times", "has_receive_times", 0, "none: the venue's time stands for them"))
      return figures
    }
    figures += [
      Figure("receive times", "has_receive_times", 1, "yes"),
      time("smallest delay", "delay_smallest_ns", report.smallestDelayNs),
      time("median delay", "delay_median_ns", report.medianDelayNs),
      time("99 % of delays below", "delay_p99_ns", report.highDelayNs),
    ]
    return figures
  }

  private static func number(_ step: DecimalStep) -> String { DecimalText.string(1, step: step) ?? "\(step)" }

  private static func seconds(_ ns: Int64) -> String {
    DecimalText.string(ns, step: DecimalStep(mantissa: 1, exponent: -9)).map { "\($0) s" } ?? "\(ns) ns"
  }
}
