// An account as bytes, for snapshots and for the header of the session that goes on from it.

import Market
import Pipeline
import Risk

/// Little-endian: a magic word, the version, CRC-32C of all bytes with this field 0, then the fields in the order of
/// their declaration, lists with their count before them. The same account has the same bytes.
extension AccountState {
  /// "apusacct".
  private static var magic: UInt64 { 0x7463_6361_7375_7061 }
  private static var version: UInt32 { 1 }
  private static var checksumOffset: Int { 12 }

  public var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.put(Self.magic)
    writer.put(Self.version)
    writer.put(UInt32(0))
    writer.put(stage)
    writer.put(lastSequence)
    writer.put(timeNs)
    writer.list(instruments) { $0.put($1) }
    writer.list(assets) { writer, asset in
      writer.put(asset.venue.rawValue)
      writer.put(asset.asset)
      writer.put(asset.computed)
      writer.put(asset.fees)
    }
    writer.list(orders.values.sorted { $0.clientOrder.rawValue < $1.clientOrder.rawValue }) { $0.put($1) }
    writer.list(tradingState.map { [$0] } ?? []) { $0.put(record: $1) }
    writer.list(limits) { $0.put(record: $1) }
    writer.replace(at: Self.checksumOffset, CRC32C.of(writer.bytes))
    return writer.bytes
  }

  /// Reads what `encoded` wrote.
  public init(encoded bytes: [UInt8]) throws(AccountError) {
    var reader = ByteReader(bytes[...])
    guard reader.take(UInt64.self) == Self.magic else { throw .damaged }
    guard let version: UInt32 = reader.take() else { throw .damaged }
    guard version == Self.version else { throw .unknownVersion(version) }
    var summed = ByteWriter()
    summed.put(bytes)
    guard let checksum: UInt32 = reader.take() else { throw .damaged }
    summed.replace(at: Self.checksumOffset, 0)
    guard CRC32C.of(summed.bytes) == checksum, let state = AccountState(&reader), reader.rest.isEmpty else {
      throw .damaged
    }
    self = state
  }

  private init?(_ reader: inout ByteReader) {
    guard let stage: UInt8 = reader.take(), let lastSequence: UInt64 = reader.take(),
      let timeNs: Int64 = reader.take(), let instruments = reader.list({ AccountInstrument(&$0) }),
      let assets = reader.list({ AccountAsset(&$0) }), let orders = reader.list({ AccountOrder(&$0) }),
      let states = reader.list({ $0.record(TradingState.self) }), states.count <= 1,
      let limits = reader.list({ $0.record(LimitRecord.self) }),
      orders.allSatisfy({ Int($0.instrument.rawValue) < instruments.count })
    else { return nil }
    self.stage = stage
    self.lastSequence = lastSequence
    self.timeNs = timeNs
    self.instruments = instruments
    self.assets = assets
    self.orders = Dictionary(orders.map { ($0.clientOrder.rawValue, $0) }) { $1 }
    tradingState = states.first
    self.limits = limits
  }
}

extension AccountInstrument {
  fileprivate init?(_ reader: inout ByteReader) {
    guard let venue: UInt8 = reader.take(), let symbol = reader.name(), let base = reader.name(),
      let quote = reader.name(), let mantissa: Int64 = reader.take(), mantissa > 0,
      let exponent: Int8 = reader.take(), let values = reader.values(8), let verified: UInt64 = reader.take(),
      let hasBaseline: UInt8 = reader.take(),
      let trades = reader.list({ $0.take(UInt64.self) })
    else { return nil }
    self.init(
      venue: VenueIndex(venue), symbol: symbol, base: base, quote: quote,
      lot: DecimalStep(mantissa: mantissa, exponent: exponent))
    (position.lots, position.cost, position.realised, position.fees) = (values[0], values[1], values[2], values[3])
    (daily.day, daily.realised, daily.fees, daily.unrealised) = (values[4], values[5], values[6], values[7])
    verifiedTrade = verified
    self.hasBaseline = hasBaseline == 1
    self.trades = trades
  }
}

extension AccountAsset {
  fileprivate init?(_ reader: inout ByteReader) {
    guard let venue: UInt8 = reader.take(), let asset = reader.name(), let values = reader.values(2) else { return nil }
    self.init(venue: VenueIndex(venue), asset: asset, computed: values[0], fees: values[1])
  }
}

extension AccountOrder {
  fileprivate init?(_ reader: inout ByteReader) {
    guard let client: UInt64 = reader.take(), let venue: UInt64 = reader.take(), let place: UInt16 = reader.take(),
      let side: UInt8 = reader.take(), let side = Side(rawValue: side), let state: UInt8 = reader.take(),
      let state = OrderState(rawValue: state), let values = reader.values(6)
    else { return nil }
    self.init(
      clientOrder: ClientOrderIdentifier(client), venueOrder: venue, instrument: InstrumentIndex(place), side: side,
      price: Price(ticks: values[0]), quantity: Quantity(lots: values[1]), cumulative: Quantity(lots: values[2]),
      cumulativeValue: Amount(units: values[3]), inferred: Quantity(lots: values[4]),
      inferredValue: Amount(units: values[5]), state: state)
  }
}

extension ByteWriter {
  fileprivate mutating func list<Element>(_ elements: [Element], _ body: (inout ByteWriter, Element) -> Void) {
    put(UInt32(elements.count))
    for element in elements { body(&self, element) }
  }

  /// A record as it stands in the journal.
  fileprivate mutating func put(record: some BitwiseCopyable) { withUnsafeBytes(of: record) { put($0) } }

  fileprivate mutating func put(_ name: ShortName) { for i in 0..<16 { put(name.storage[i]) } }

  fileprivate mutating func put(_ instrument: AccountInstrument) {
    put(instrument.venue.rawValue)
    for name in [instrument.symbol, instrument.base, instrument.quote] { put(name) }
    put(instrument.lot.mantissa)
    put(instrument.lot.exponent)
    let (position, daily) = (instrument.position, instrument.daily)
    for value in [position.lots, position.cost, position.realised, position.fees] { put(value) }
    for value in [daily.day, daily.realised, daily.fees, daily.unrealised] { put(value) }
    put(instrument.verifiedTrade)
    put(instrument.hasBaseline ? 1 as UInt8 : 0)
    list(instrument.trades) { $0.put($1) }
  }

  fileprivate mutating func put(_ order: AccountOrder) {
    put(order.clientOrder.rawValue)
    put(order.venueOrder)
    put(order.instrument.rawValue)
    put(order.side.rawValue)
    put(order.state.rawValue)
    for value in [order.price.ticks, order.quantity.lots, order.cumulative.lots, order.cumulativeValue.units] {
      put(value)
    }
    put(order.inferred.lots)
    put(order.inferredValue.units)
  }
}

extension ByteReader {
  /// - Returns: nil when the count or an element cannot be read.
  fileprivate mutating func list<Element>(_ body: (inout ByteReader) -> Element?) -> [Element]? {
    guard let count: UInt32 = take(), count <= rest.count else { return nil }  // An element takes a byte at least.
    var elements: [Element] = []
    while elements.count < Int(count) {
      guard let element = body(&self) else { return nil }
      elements.append(element)
    }
    return elements
  }

  fileprivate mutating func record<Record: CheckedRecord>(_ type: Record.Type) -> Record? {
    take(MemoryLayout<Record>.size)?.withUnsafeBytes { $0.checked(type) }
  }

  /// A name is text of its stated length with zeros behind it.
  fileprivate mutating func name() -> ShortName? {
    guard let bytes = take(16), let length = bytes.last, length <= 15 else { return nil }
    if length == 0 { return .empty }
    return String(validating: bytes.prefix(Int(length)), as: UTF8.self).flatMap { ShortName($0) }
  }

  fileprivate mutating func values(_ count: Int) -> [Int64]? {
    var values: [Int64] = []
    while values.count < count, let value: Int64 = take() { values.append(value) }
    return values.count == count ? values : nil
  }
}
