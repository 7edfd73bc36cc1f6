// Follows the best bid and ask through a tape, whichever rows tell of them.

public import Market

/// The best price and quantity of both sides.
public struct Touch: Equatable, Sendable {
  public var bid: BookLevel
  public var ask: BookLevel

  public var spreadTicks: Int64 { ask.price.ticks - bid.price.ticks }
  /// Twice the mid-price, without rounding.
  public var doubleMidTicks: Int64 { ask.price.ticks + bid.price.ticks }

  func level(_ side: Side) -> BookLevel { side == .buy ? bid : ask }
}

/// The touch after each message. Where a tape has `touch` rows (a venue's fastest stream) they alone count, as its depth
/// comes later and in batches; else the levels make a book.
struct TouchReader {
  /// Nil until both sides are known, and while they are crossed (in the middle of a venue's batch).
  private(set) var touch: Touch?
  private(set) var hasTouchRows = false
  private(set) var book = DisplayedBook()
  private var told: [Side: BookLevel] = [:]

  /// - Returns: whether the row ended a message after which the touch may be another one.
  mutating func take(_ row: TapeRow) -> Bool {
    let level = BookLevel(price: row.price, quantity: row.quantity)
    switch row.kind {
    case .touch:
      hasTouchRows = true
      told[row.side] = level
      guard row.endsMessage, let bid = told[.buy], let ask = told[.sell] else { return false }
      set(bid, ask)
      return true
    case .level, .snapshotLevel: book.set(row.side, row.price, row.quantity, updateId: 0)
    case .clear: book.clear(row.side, through: row.price)
    case .trade, .gap, .orderAdded, .orderChanged, .orderRemoved, .orderExecuted: break
    }
    guard row.endsMessage, !hasTouchRows else { return false }
    guard let bid = book.bestBid, let ask = book.bestAsk else {
      touch = nil
      return true
    }
    set(
      BookLevel(price: bid.price, quantity: bid.displayed), BookLevel(price: ask.price, quantity: ask.displayed))
    return true
  }

  private mutating func set(_ bid: BookLevel, _ ask: BookLevel) {
    touch = bid.price < ask.price && bid.quantity.lots > 0 && ask.quantity.lots > 0 ? Touch(bid: bid, ask: ask) : nil
  }
}
