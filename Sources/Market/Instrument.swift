// The definition of an instrument: what a tick and a lot are, and the venue's trading rules.

/// A decimal step, `mantissa` times ten to the `exponent`: tick and lot sizes, without floating point.
public struct DecimalStep: BitwiseCopyable, Hashable, Sendable {
  public var mantissa: Int64
  public var exponent: Int8

  @_noLocks
  public init(mantissa: Int64, exponent: Int8) {
    precondition(mantissa > 0, "a step is positive")
    self.mantissa = mantissa
    self.exponent = exponent
  }
}

/// How profit and margin of a contract are counted.
public enum ContractKind: UInt8, BitwiseCopyable, Sendable {
  case spot = 0
  /// Settled in the quote asset.
  case linear = 1
  /// Settled in the base asset; a contract is worth `multiplier` of the quote asset.
  case inverse = 2
}

/// A text of at most 15 bytes in place: symbols and asset names travel through records without allocation.
public struct ShortName: BitwiseCopyable, Hashable, Sendable {
  /// The UTF-8 bytes, padded with zeros; the last byte is the length.
  public var storage: SIMD16<UInt8>

  /// - Returns: nil when `text` has more than 15 bytes or none.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= 15 else { return nil }
    storage = SIMD16(repeating: 0)
    for (i, byte) in bytes.enumerated() { storage[i] = byte }
    storage[15] = UInt8(bytes.count)
  }

  /// The same for bytes of a message, on the hot path.
  @_noLocks
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0, bytes.count <= 15 else { return nil }
    var words: (UInt64, UInt64) = (0, UInt64(bytes.count) << 56)
    for i in 0..<bytes.count {
      let byte = UInt64(bytes[i]) << UInt64(8 &* (i & 7))
      if i < 8 { words.0 |= byte } else { words.1 |= byte }
    }
    storage = unsafeBitCast(words, to: SIMD16<UInt8>.self)
  }

  /// From bytes in the form of `storage`.
  @inline(always) public init(storage: SIMD16<UInt8>) { self.storage = storage }

  /// The name of nothing.
  @inline(always) public static var empty: ShortName { ShortName(storage: SIMD16(repeating: 0)) }

  @inline(always) public var count: Int { Int(storage[15]) }
  @inline(always) public subscript(_ i: Int) -> UInt8 { storage[i] }
  public var text: String { String(decoding: (0..<count).map { storage[$0] }, as: UTF8.self) }
}

/// One version of an instrument's definition. Immutable: a change of rules makes a new version.
///
/// Trading rules follow Binance's filters (binance-spot-api-docs, filters.md): PRICE_FILTER, LOT_SIZE, NOTIONAL.
public struct Instrument: BitwiseCopyable, Hashable, Sendable {
  public var index: InstrumentIndex
  public var venue: VenueIndex
  public var kind: ContractKind
  public var definitionVersion: UInt16
  /// The venue's own name, upper case ("BTCUSDT").
  public var symbol: ShortName
  public var base: ShortName
  public var quote: ShortName
  /// What profit, margin and funding are paid in: the quote asset of spot and linear, the base of inverse.
  public var settlement: ShortName
  public var tick: DecimalStep
  public var lot: DecimalStep
  /// One contract is so much of the base asset (linear), or is worth so much of the quote asset (inverse); 1 for spot.
  public var multiplier: Int64
  public var minimumPrice: Price
  public var maximumPrice: Price
  public var minimumQuantity: Quantity
  public var maximumQuantity: Quantity
  /// Price times quantity at least this, in units of the quote asset.
  public var minimumNotional: Amount
  public var maximumNotional: Amount

  public init(
    index: InstrumentIndex, venue: VenueIndex, kind: ContractKind = .spot, definitionVersion: UInt16 = 1,
    symbol: ShortName, base: ShortName, quote: ShortName, settlement: ShortName, tick: DecimalStep, lot: DecimalStep,
    multiplier: Int64 = 1, minimumPrice: Price, maximumPrice: Price, minimumQuantity: Quantity,
    maximumQuantity: Quantity, minimumNotional: Amount, maximumNotional: Amount
  ) {
    self.index = index
    self.venue = venue
    self.kind = kind
    self.definitionVersion = definitionVersion
    self.symbol = symbol
    self.base = base
    self.quote = quote
    self.settlement = settlement
    self.tick = tick
    self.lot = lot
    self.multiplier = multiplier
    self.minimumPrice = minimumPrice
    self.maximumPrice = maximumPrice
    self.minimumQuantity = minimumQuantity
    self.maximumQuantity = maximumQuantity
    self.minimumNotional = minimumNotional
    self.maximumNotional = maximumNotional
  }
}
