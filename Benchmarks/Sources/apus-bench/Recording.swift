// Recorded market messages as the benchmarks need them: texts by kind, the book changes they say, and all as events.

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
  /// What each message takes on the wire, in their order: WebSocket header (RFC 6455, section 5.2) and TLS 1.3 record (RFC
  /// 8446, section 5.2) included.
  var wireBytes: [UInt32] = []
  /// All messages but snapshots in their order, as the events that a feed makes of them.
  var events: [MarketEvent] = []

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
      wireBytes.append(Self.wireBytes(text.count))
      guard decoder.decode(text.bytes) == .none else {
        throw BenchmarkError("\(path): a message was refused: \(String(decoding: line.text, as: UTF8.self))")
      }
      switch decoder.message.kind {
      case .depth:
        depths.append(text)
        append(decoder)
        appendDepth(decoder, line.timeNs)
      case .bookTicker:
        tickers.append(text)
        append(.touch, .buy, decoder.message.bid, decoder.message, line.timeNs)
        append(.touch, .sell, decoder.message.ask, decoder.message, line.timeNs)
      case .trade:
        trades.append(text)
        append(.trade, decoder.message.takerSide, decoder.message.bid, decoder.message, line.timeNs)
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

  private mutating func appendDepth(_ decoder: borrowing BinanceMarketDecoder, _ timeNs: Int64) {
    for i in 0..<decoder.bidCount + decoder.askCount {
      append(.level, i < decoder.bidCount ? .buy : .sell, decoder.levels[i], decoder.message, timeNs)
    }
    append(.depthEnd, .buy, .none, decoder.message, timeNs)
  }

  private mutating func append(
    _ kind: MarketEventKind, _ side: Side, _ level: BookLevel, _ message: BinanceMarketMessage, _ timeNs: Int64
  ) {
    events.append(
      MarketEvent(
        kind: kind, side: side, venue: instrument.venue, instrument: instrument.index,
        definitionVersion: instrument.definitionVersion, sequence: message.lastSequence, cause: 0,
        eventTimeNs: message.eventTimeNs, receiveTimeNs: timeNs, receiveTsc: 0, price: level.price,
        quantity: level.quantity))
  }

  private static func wireBytes(_ textBytes: Int) -> UInt32 {
    let frameBytes = textBytes + (textBytes < 126 ? 2 : textBytes < 65_536 ? 4 : 10)
    let records = (frameBytes + 16_383) / 16_384
    return UInt32(frameBytes + records * (5 + 1 + 16))
  }

  /// Never given back: recordings live as long as the program.
  static func copy(_ text: [UInt8]) -> Text {
    let padding = peer_json_padding()
    let start = UnsafeMutableRawPointer.allocate(byteCount: text.count + padding, alignment: 64)
    start.initializeMemory(as: UInt8.self, repeating: 0, count: text.count + padding)
    text.withUnsafeBytes { start.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    return Text(start: start, count: text.count)
  }
}
