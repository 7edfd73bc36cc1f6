// What a comparison came to: medians, ratios run by run, their spread, and the line it becomes.

import Foundation

/// One row of the result file.
public struct BenchmarkResult: Sendable {
  public let row: String
  public let unit: String
  public let peer: String
  /// Figures run by run; the same place in both is the same run.
  public let ours: [Double]
  public let peerFigures: [Double]
  /// Latency by percentile of the sides that gave it, by "ours" and the peer's name.
  public let percentiles: [String: LatencyCurve]

  public init(
    row: String, unit: String, peer: String, ours: [Double], peerFigures: [Double],
    percentiles: [String: LatencyCurve] = [:]
  ) {
    self.row = row
    self.unit = unit
    self.peer = peer
    self.ours = ours
    self.peerFigures = peerFigures
    self.percentiles = percentiles
  }

  public var comparison: Comparison {
    Comparison.all.first { $0.row == row && $0.peer == peer } ?? Comparison(row, peer, .reported)
  }

  public var ratios: [Double] { zip(ours, peerFigures).map { comparison.aim.ratio(ours: $0, peer: $1) } }
  public var ratio: Double { Self.median(ratios) }

  public var holds: Bool {
    let isWithin = comparison.limit.map { Self.median(ours) <= $0 } ?? true
    return comparison.aim.holds(ratio) && isWithin
  }

  /// One line of the result file.
  public func json(topology: String) throws -> String {
    let ratios = ratios.sorted()
    let line = Line(
      row: row, unit: unit, ours: Self.median(ours), peer: Self.median(peerFigures), peerName: peer, ratio: ratio,
      aim: comparison.aimText, holds: holds, runs: ours.count, spread: [ratios.first ?? 0, ratios.last ?? 0],
      oursRuns: ours, peerRuns: peerFigures, topology: topology,
      percentiles: percentiles.isEmpty ? nil : percentiles.mapValues(\.points))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }

  private struct Line: Encodable {
    let row, unit: String
    let ours, peer: Double
    let peerName: String
    let ratio: Double
    let aim: String
    let holds: Bool
    let runs: Int
    let spread: [Double]
    let oursRuns, peerRuns: [Double]
    let topology: String
    let percentiles: [String: [[Double]]]?
  }

  public static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
