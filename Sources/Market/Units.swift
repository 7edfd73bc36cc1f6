// Prices, quantities and amounts as integers of their instrument or asset: money never touches floating point.

/// The side of an order, of a book level (buy: bid, sell: ask), or of a trade's taker.
public enum Side: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case buy = 0
  case sell = 1

  @inline(always) public var opposite: Side { self == .buy ? .sell : .buy }

  /// +1 for buy, -1 for sell: what a fill on this side does to a position.
  @inline(always) public var sign: Int64 { self == .buy ? 1 : -1 }
}

/// A price in ticks of the instrument's current definition.
public struct Price: BitwiseCopyable, Hashable, Comparable, Sendable {
  public var ticks: Int64

  @inline(always) public init(ticks: Int64) { self.ticks = ticks }
  @inline(always) public static func < (a: Price, b: Price) -> Bool { a.ticks < b.ticks }
}

/// A quantity in lots of the instrument's current definition.
public struct Quantity: BitwiseCopyable, Hashable, Comparable, Sendable {
  public var lots: Int64

  @inline(always) public init(lots: Int64) { self.lots = lots }
  @inline(always) public static func < (a: Quantity, b: Quantity) -> Bool { a.lots < b.lots }
  @inline(always) public static var zero: Quantity { Quantity(lots: 0) }
}

/// An amount of one asset in units of 10^-8 (unless the asset's definition says otherwise).
public struct Amount: BitwiseCopyable, Hashable, Comparable, Sendable {
  public var units: Int64

  @inline(always) public init(units: Int64) { self.units = units }
  @inline(always) public static func < (a: Amount, b: Amount) -> Bool { a.units < b.units }
  @inline(always) public static var zero: Amount { Amount(units: 0) }
  /// Units in one whole coin.
  @inline(always) public static var unitsPerCoin: Int64 { 100_000_000 }
}

/// What is displayed at one price of a book.
public struct BookLevel: BitwiseCopyable, Hashable, Sendable {
  public var price: Price
  /// Zero: there is no such level.
  public var quantity: Quantity

  @inline(always) public init(price: Price, quantity: Quantity) {
    self.price = price
    self.quantity = quantity
  }

  @inline(always) public static var none: BookLevel { BookLevel(price: Price(ticks: 0), quantity: .zero) }
}
