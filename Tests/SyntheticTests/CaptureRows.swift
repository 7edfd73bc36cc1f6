import Foundation
import Market
import Simulation
import Support
import Testing

/// The recorded markets that the models are measured against.
enum Recording: String, CaseIterable, CustomTestStringConvertible {
  case spot = "binance/spot/btcusdt_20240808.gz"
  case linear = "binance/usdm/btcusdt_20240808.gz"
  case inverse = "binance/coinm/btcusd_perp_20240808.gz"

  var testDescription: String { rawValue }

  /// Units of 10^-8 in a tick and in a lot, as the recording prints them.
  private var units: (tick: Int64, lot: Int64) {
    switch self {
    case .spot: (1_000_000, 1_000)
    case .linear: (10_000_000, 100_000)
    case .inverse: (10_000_000, 100_000_000)
    }
  }

  /// The rows of the first `seconds`: levels, touches and trades, in the order of their receipt.
  func rows(seconds: Double) throws -> [TapeRow] {
    guard let folder = sharedData else { throw CaptureError(file: rawValue, reason: "is not there") }
    var reader = try CaptureReader(paths: [folder.appendingPathComponent(rawValue).path])
    let endNs = reader.summary.firstTimeNs + Int64(seconds * 1e9)
    var rows: [TapeRow] = []
    while let line = try reader.next(), line.timeNs < endNs {
      guard let json = JSONValue(parsing: line.text[line.payload]) else { continue }
      let kind = (line.stream ?? "").split(separator: "@").dropFirst().first ?? "snapshot"
      let exchangeNs = ["T", "E"].lazy.compactMap { json[$0]?.unsigned }.first.map { Int64($0) * 1_000_000 }
      let first = rows.count
      func add(_ rowKind: TapeRowKind, _ side: Side, _ price: JSONValue?, _ quantity: JSONValue?) throws {
        guard case .string(let price)? = price, case .string(let quantity)? = quantity else { return }
        rows.append(
          TapeRow(
            kind: rowKind, side: side, exchangeTimeNs: exchangeNs ?? line.timeNs, localTimeNs: line.timeNs,
            price: Price(ticks: try CoinText.units(price) / units.tick),
            quantity: Quantity(lots: try CoinText.units(quantity) / units.lot), endsMessage: false))
      }
      switch kind {
      case "bookTicker":
        try add(.touch, .buy, json["b"], json["B"])
        try add(.touch, .sell, json["a"], json["A"])
      case "trade":
        // The futures tell of insurance fund and other trades too: only those of the book count.
        if case .string(let type)? = json["X"], type != "MARKET" { continue }
        try add(.trade, json["m"] == .bool(true) ? .sell : .buy, json["p"], json["q"])
      default:
        let isSnapshot = kind == "snapshot"
        for (side, key) in [(Side.buy, isSnapshot ? "bids" : "b"), (.sell, isSnapshot ? "asks" : "a")] {
          for level in json[key]?.elements ?? [] {
            try add(isSnapshot ? .snapshotLevel : .level, side, level.elements?.first, level.elements?.last)
          }
        }
      }
      if rows.count > first { rows[rows.count - 1].endsMessage = true }
    }
    return rows
  }
}

extension HawkesMarket {
  /// The rows of the first `seconds` of a market.
  static func rows(_ parameters: HawkesParameters, seed: UInt64, seconds: Double) throws -> [TapeRow] {
    var market = try HawkesMarket(parameters, seed: seed)
    let endNs = market.timeNs + Int64(seconds * 1e9)
    let buffer = RowBuffer()
    var rows: [TapeRow] = []
    while market.timeNs < endNs {
      let count = market.next(into: buffer.rows)
      rows += UnsafeBufferPointer(start: buffer.rows, count: count)
    }
    return rows
  }
}
