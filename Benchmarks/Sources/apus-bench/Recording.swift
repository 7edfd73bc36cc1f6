// Recorded market messages as the benchmarks need them: texts by kind, and the book changes they say.

import Market
import Peers
import Simulation
import Suite
import Venues

/// Messages of a capture of one symbol, decoded once by the bot's own decoder.
struct Recording {
  /// One message in memory that may be read beyond its end, as simdjson demands.
  struct Text {
    let start: UnsafeMutableRawPointer
    let count: Int
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
  }

  let instrument: Instrument
  var depths: [Text] = []
  var tickers: [Text] = []
  var trades: [Text] = []
  /// Every change of a level, snapshot first.
  var changes: [peer_change] = []

  /// - Parameter messages: how many messages of the file are read at most.
  init(path: String, symbol: String, messages: Int) throws {
    guard let instrument = DerivedRules.instruments(symbols: [symbol])?.first else {
      throw BenchmarkError("no trading rules for \(symbol)")
    }
    self.instrument = instrument
    var decoder = BinanceMarketDecoder(BinanceInstruments([instrument]))
    var reader = try CaptureReader(paths: [path])
    for _ in 0..<messages {
      guard let line = try reader.next() else { break }
      guard line.stream != nil else { continue }
      let text = Self.copy(line.text)
      guard decoder.decode(text.bytes) == .none else {
        throw BenchmarkError("\(path): a message was refused: \(String(decoding: line.text, as: UTF8.self))")
      }
      switch decoder.message.kind {
      case .depth:
        depths.append(text)
        append(decoder)
      case .bookTicker: tickers.append(text)
      case .trade: trades.append(text)
      default: break
      }
    }
    guard !depths.isEmpty, !tickers.isEmpty, !trades.isEmpty else {
      throw BenchmarkError("\(path): it takes depth, bookTicker and trade messages")
    }
  }

  private mutating func append(_ decoder: borrowing BinanceMarketDecoder) {
    let count = decoder.bidCount + decoder.askCount
    for i in 0..<count {
      let level = decoder.levels[i]
      changes.append(
        peer_change(
          price_ticks: level.price.ticks, lots: level.quantity.lots, is_ask: i < decoder.bidCount ? 0 : 1,
          is_last: i == count - 1 ? 1 : 0))
    }
  }

  /// Never given back: recordings live as long as the program.
  private static func copy(_ text: [UInt8]) -> Text {
    let padding = peer_json_padding()
    let start = UnsafeMutableRawPointer.allocate(byteCount: text.count + padding, alignment: 64)
    start.initializeMemory(as: UInt8.self, repeating: 0, count: text.count + padding)
    text.withUnsafeBytes { start.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    return Text(start: start, count: text.count)
  }
}
