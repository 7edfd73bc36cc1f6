// SBE messages assembled field by field from the schema (binance-spot-api-docs, sbe/schemas/stream_1_0.xml).

/// A message under construction; numbers are little endian.
struct SBEMessage {
  var bytes: [UInt8] = []

  init(rootByteCount: Int, template: UInt16, schema: UInt16 = 1, version: UInt16 = 0) {
    add(UInt16(rootByteCount))
    add(template)
    add(schema)
    add(version)
  }

  mutating func add(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }

  mutating func add(symbol: String) {
    add(UInt8(symbol.utf8.count))
    bytes += symbol.utf8
  }

  /// Fields of a later version, which this one does not know.
  mutating func add(unknown byteCount: Int) { bytes += (0..<byteCount).map { _ in 0xee } }
}

/// Events, with what a test wants to be different in them.
enum SBEText {
  struct Trade {
    var identifier: Int64
    var price: Int64
    var quantity: Int64
    var buyerIsMaker: UInt8 = 0
  }

  /// - Parameters:
  ///   - added: how many bytes a later version has appended to root and elements.
  ///   - counts: the group sizes that the message claims, where they are not the true ones.
  static func depth(
    _ first: Int64, _ last: Int64, bids: [(Int64, Int64)] = [], asks: [(Int64, Int64)] = [],
    exponents: (Int8, Int8) = (-2, -5), symbol: String = "BTCUSDT", timeUs: Int64 = 1_700_000_000_123_456,
    added: Int = 0, counts: (UInt16, UInt16)? = nil, schema: UInt16 = 1
  ) -> [UInt8] {
    var message = SBEMessage(
      rootByteCount: 26 + added, template: 10_003, schema: schema, version: added == 0 ? 0 : 1)
    message.add(timeUs)
    message.add(first)
    message.add(last)
    message.add(exponents.0)
    message.add(exponents.1)
    message.add(unknown: added)
    for (levels, claimed) in [(bids, counts?.0), (asks, counts?.1)] {
      message.add(UInt16(16 + added))
      message.add(claimed ?? UInt16(levels.count))
      for (price, quantity) in levels {
        message.add(price)
        message.add(quantity)
        message.add(unknown: added)
      }
    }
    message.add(symbol: symbol)
    if added > 0 { message.add(symbol: "a field behind") }
    return message.bytes
  }

  static func touch(
    _ update: Int64, bid: (Int64, Int64) = (10_000, 100_000), ask: (Int64, Int64) = (10_010, 200_000),
    exponents: (Int8, Int8) = (-2, -5), timeUs: Int64 = 1_700_000_000_123_456, added: Int = 0
  ) -> [UInt8] {
    var message = SBEMessage(rootByteCount: 50 + added, template: 10_001)
    message.add(timeUs)
    message.add(update)
    message.add(exponents.0)
    message.add(exponents.1)
    for number in [bid.0, bid.1, ask.0, ask.1] { message.add(number) }
    message.add(unknown: added)
    message.add(symbol: "BTCUSDT")
    return message.bytes
  }

  static func trades(
    _ trades: [Trade], exponents: (Int8, Int8) = (-2, -5), timeUs: Int64 = 1_700_000_000_123_456, added: Int = 0,
    count: UInt32? = nil
  ) -> [UInt8] {
    var message = SBEMessage(rootByteCount: 18 + added, template: 10_000)
    message.add(timeUs + 1)
    message.add(timeUs)
    message.add(exponents.0)
    message.add(exponents.1)
    message.add(unknown: added)
    message.add(UInt16(25 + added))
    message.add(count ?? UInt32(trades.count))
    for trade in trades {
      message.add(trade.identifier)
      message.add(trade.price)
      message.add(trade.quantity)
      message.add(trade.buyerIsMaker)
      message.add(unknown: added)
    }
    message.add(symbol: "BTCUSDT")
    return message.bytes
  }
}
