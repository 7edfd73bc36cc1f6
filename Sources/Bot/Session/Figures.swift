// Figures as text for people, and the one JSON encoding for machines.

import Foundation

enum Figures {
  /// Keys in snake_case and sorted, so that two reports can be compared line by line.
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  /// "p50 12.3 us, p99 45.6 us, p99.9 78.9 us, max 1.2 ms (420)".
  static func latency(_ figures: SessionReport.LatencyFigures) -> String {
    guard figures.count > 0 else { return "none measured" }
    return "p50 \(duration(figures.p50Ns)), p99 \(duration(figures.p99Ns)), p99.9 \(duration(figures.p999Ns)), "
      + "max \(duration(figures.maximumNs)) (\(figures.count))"
  }

  static func duration(_ ns: Int64) -> String {
    switch ns {
    case ..<1_000: "\(ns) ns"
    case ..<1_000_000: String(format: "%.1f us", Double(ns) / 1e3)
    case ..<1_000_000_000: String(format: "%.1f ms", Double(ns) / 1e6)
    default: String(format: "%.1f s", Double(ns) / 1e9)
    }
  }

  /// Units of 10^-8 as a decimal with its sign: two decimals, and more of what is less than one, down to a unit.
  static func amount(_ units: Int64) -> String {
    guard units != 0, units.magnitude < 100_000_000 else { return amount(units, decimals: 2) }
    let leadingZeros = 8 - String(units.magnitude).count
    return amount(units, decimals: min(8, leadingZeros + 4))
  }

  /// Units of 10^-8 as a decimal with its sign.
  static func amount(_ units: Int64, decimals: Int) -> String {
    String(format: "%+.\(decimals)f", Double(units) / 1e8)
  }
}
