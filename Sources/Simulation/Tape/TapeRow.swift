// The row of a tape: one change of a market, whatever file or generator it came from.

public import Market

/// What a row says.
public enum TapeRowKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The quantity displayed at `price` on `side` is now `quantity`; zero removes the level.
  case level = 0
  /// Every level of `side` from its best price to `price` is gone; a `price` of 0 clears the side.
  case clear = 1
  /// A level of a snapshot: as `level`, after the `clear` rows that began the snapshot.
  case snapshotLevel = 2
  /// A trade; `side` is the taker's.
  case trade = 3
  /// The best price and quantity of `side`, where a venue sends them apart from its depth.
  case touch = 4
  /// Order by order: an order joined, changed or left; `order` names it and `quantity` is what is left of it.
  case orderAdded = 5
  case orderChanged = 6
  case orderRemoved = 7
  /// An order was executed against as maker, for `quantity`.
  case orderExecuted = 8
  /// Messages of the depth are missing before this one: nothing is known of the book until the next snapshot. `clear` rows
  /// of both sides follow; `number` is the update that does not continue the book.
  case gap = 9

  /// Whether it tells of a single order.
  var isOfOrder: Bool { (Self.orderAdded.rawValue...Self.orderExecuted.rawValue).contains(rawValue) }
}

/// One change of one instrument's market, in its venue's order. 48 bytes without padding.
public struct TapeRow: BitwiseCopyable, Hashable, Sendable {
  /// When the venue says that it happened, in nanoseconds since 1970.
  public var exchangeTimeNs: Int64
  /// When it was received, in nanoseconds since 1970.
  public var localTimeNs: Int64
  public var price: Price
  public var quantity: Quantity
  /// The venue's number of the order (order by order), of the trade, or of the update; 0 where there is none.
  public var number: UInt64
  public var kind: TapeRowKind
  public var side: Side
  /// The last row of its message: the book is whole after it.
  public var endsMessage: Bool
  /// Reserved, zero: keeps the row's bytes determined.
  public var reserved: UInt8
  public var reserved2: UInt32

  @inline(always)
  public init(
    kind: TapeRowKind, side: Side, exchangeTimeNs: Int64, localTimeNs: Int64, price: Price, quantity: Quantity,
    number: UInt64 = 0, endsMessage: Bool
  ) {
    self.exchangeTimeNs = exchangeTimeNs
    self.localTimeNs = localTimeNs
    self.price = price
    self.quantity = quantity
    self.number = number
    self.kind = kind
    self.side = side
    self.endsMessage = endsMessage
    reserved = 0
    reserved2 = 0
  }
}
