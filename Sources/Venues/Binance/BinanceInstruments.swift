// The instruments of a Binance connection: found by symbol without hashing, decimal text to ticks and lots.

public import Market

/// The instruments of one connection, in the order of their positions. Immutable; hot reads.
public struct BinanceInstruments: ~Copyable {
  public let count: Int
  @usableFromInline let definitions: UnsafeMutablePointer<Instrument>
  private let grids: UnsafeMutablePointer<(price: BinanceGrid, quantity: BinanceGrid)>

  /// - Precondition: at least one instrument, no symbol twice.
  public init(_ instruments: [Instrument]) {
    precondition(!instruments.isEmpty, "a connection carries at least one instrument")
    precondition(Set(instruments.map(\.symbol)).count == instruments.count, "a symbol stands once")
    count = instruments.count
    definitions = .allocate(capacity: instruments.count)
    definitions.initialize(from: instruments, count: instruments.count)
    grids = .allocate(capacity: instruments.count)
    for (position, one) in instruments.enumerated() {
      (grids + position).initialize(to: (BinanceGrid(one.tick), BinanceGrid(one.lot)))
    }
  }

  deinit {
    definitions.deallocate()
    grids.deallocate()
  }

  @inline(always)
  public subscript(_ position: Int) -> Instrument {
    precondition(position >= 0 && position < count)
    return definitions[position]
  }

  /// The position of a symbol as the venue writes it (upper case), or -1.
  ///
  /// A linear search: a connection carries a handful of symbols, and the lengths and first bytes tell most apart.
  @_noLocks
  public func find(_ symbol: JSONText) -> Int {
    for position in 0..<count where definitions[position].symbol.equals(symbol) { return position }
    return -1
  }

  @_noLocks
  func find(_ symbol: ShortName) -> Int {
    let wanted = unsafeBitCast(symbol.storage, to: (UInt64, UInt64).self)
    for position in 0..<count {
      let known = unsafeBitCast(definitions[position].symbol.storage, to: (UInt64, UInt64).self)
      if known == wanted { return position }
    }
    return -1
  }

  /// The steps of an instrument's prices and quantities.
  @inline(always)
  func grid(_ position: Int) -> (price: BinanceGrid, quantity: BinanceGrid) {
    precondition(position >= 0 && position < count)
    return grids[position]
  }

  /// The position of an instrument of this session, or -1.
  @_noLocks
  public func find(_ index: InstrumentIndex) -> Int {
    for position in 0..<count where definitions[position].index.rawValue == index.rawValue { return position }
    return -1
  }
}

extension ShortName {
  @inline(always)
  func equals(_ text: JSONText) -> Bool {
    guard text.count == count else { return false }
    for i in 0..<text.count where self[i] != text[i] { return false }
    return true
  }
}
