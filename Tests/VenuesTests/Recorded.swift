// The recorded captures as lines, read through zlib alone: independent of the project's own capture reader.

import CShims
import Foundation
import Market
import Support

/// One line of a capture: `<receive time, ns> <raw JSON>`.
struct RecordedLine: Sendable {
  let timeNs: Int64
  let text: [UInt8]

  /// A snapshot stands in the file without the wrapper of the streams.
  var isSnapshot: Bool { text.starts(with: Array(#"{"lastUpdateId""#.utf8)) }
}

/// The two day files of one symbol, joined.
struct RecordedMarket: Sendable {
  let instrument: Instrument
  let lines: [RecordedLine]

  /// With the venue's own LOT_SIZE; a few displayed quantities are finer.
  static let btc = RecordedMarket("btcusdt", base: "BTC", lotDecimals: 5)
  static let eth = RecordedMarket("ethusdt", base: "ETH", lotDecimals: 4)

  private init(_ name: String, base: String, lotDecimals: Int8) {
    instrument = .test(name.uppercased(), base: base, lotDecimals: lotDecimals)
    guard let folder = sharedData?.appendingPathComponent("binance/spot") else {
      lines = []
      return
    }
    lines = ["20240808", "20240809"].flatMap {
      RecordedMarket.read(folder.appendingPathComponent("\(name)_\($0).gz").path)
    }
  }

  private static func read(_ path: String) -> [RecordedLine] {
    var file: UnsafeMutableRawPointer?
    precondition(apus_gzip_open(path, &file) == 0, "cannot open \(path)")
    defer { apus_gzip_close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = apus_gzip_read(file, &chunk, UInt32(chunk.count))
      precondition(count >= 0, "cannot read \(path)")
      if count == 0 { break }
      bytes += chunk[0..<Int(count)]
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map { line in
      let space = line.firstIndex(of: UInt8(ascii: " "))!
      let timeNs = Int64(String(decoding: line[..<space], as: UTF8.self))!
      return RecordedLine(timeNs: timeNs, text: Array(line[line.index(after: space)...]))
    }
  }
}

extension Instrument {
  /// A spot instrument in USDT with tick 0.01.
  static func test(_ symbol: String, base: String, lotDecimals: Int8, index: UInt16 = 0) -> Instrument {
    Instrument(
      index: InstrumentIndex(index), venue: VenueIndex(3), symbol: ShortName(symbol)!, base: ShortName(base)!,
      quote: ShortName("USDT")!, settlement: ShortName("USDT")!, tick: DecimalStep(mantissa: 1, exponent: -2),
      lot: DecimalStep(mantissa: 1, exponent: -lotDecimals), minimumPrice: Price(ticks: 1),
      maximumPrice: Price(ticks: 100_000_000), minimumQuantity: Quantity(lots: 1),
      maximumQuantity: Quantity(lots: 900_000_000), minimumNotional: Amount(units: 5_0000_0000),
      maximumNotional: Amount(units: 900_000_0000_0000))
  }
}
