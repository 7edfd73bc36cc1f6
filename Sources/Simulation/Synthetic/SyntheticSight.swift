// What a trader sees of a synthetic market: its rows as market events, applied to the live book and the live features.

public import Market

/// The live `OrderBook` and `FeatureEngine`, fed with the messages of a synthetic market at their local times.
///
/// Nothing is allocated once it is made. Not thread-safe.
public struct SyntheticSight: ~Copyable {
  public private(set) var book: OrderBook
  public private(set) var features = FeatureEngine()
  /// The local time of the last message, in nanoseconds since 1970.
  public private(set) var timeNs: Int64 = 0

  private let snapshots: SnapshotPool
  private var event = MarketEvent(
    kind: .trade, venue: VenueIndex(0), instrument: InstrumentIndex(0), definitionVersion: 1, sequence: 0, cause: 0,
    eventTimeNs: 0, receiveTimeNs: 0, receiveTsc: 0)

  public init() {
    // Every level may lie on a page of its own.
    book = OrderBook(pagesPerSide: 2 * FlatBook.capacity)
    snapshots = SnapshotPool(buffers: 1, levelsPerSide: FlatBook.capacity)
  }

  /// Takes whole messages.
  public mutating func take(_ rows: UnsafePointer<TapeRow>, count: Int) {
    var first = 0
    while first < count {
      if rows[first].kind == .clear {
        first &+= snapshot(rows + first)
      } else {
        first &+= change(rows + first)
      }
    }
  }

  /// - Returns: how many rows the snapshot at `rows` has.
  private mutating func snapshot(_ rows: UnsafePointer<TapeRow>) -> Int {
    guard let handle = snapshots.acquire() else { preconditionFailure("the book gives the only buffer back at once") }
    var i = -1
    repeat {
      i &+= 1
      guard rows[i].kind == .snapshotLevel else { continue }
      let side = rows[i].side == .buy ? snapshots.bids(handle) : snapshots.asks(handle)
      _ = side.append(BookLevel(price: rows[i].price, quantity: rows[i].quantity))
    } while !rows[i].endsMessage
    apply(.snapshot, rows + i, price: Price(ticks: Int64(handle)))
    return i &+ 1
  }

  /// - Returns: how many rows the message at `rows` has.
  @inline(always)
  private mutating func change(_ rows: UnsafePointer<TapeRow>) -> Int {
    var i = -1
    var hasLevels = false
    repeat {
      i &+= 1
      let isTrade = rows[i].kind == .trade
      apply(isTrade ? .trade : .level, rows + i, price: rows[i].price)
      if !isTrade { hasLevels = true }
    } while !rows[i].endsMessage
    if hasLevels { apply(.depthEnd, rows + i, price: Price(ticks: 0)) }
    return i &+ 1
  }

  @inline(always)
  private mutating func apply(_ kind: MarketEventKind, _ row: UnsafePointer<TapeRow>, price: Price) {
    timeNs = row.pointee.localTimeNs
    event.kind = kind
    event.side = row.pointee.side
    event.sequence = row.pointee.number
    event.eventTimeNs = row.pointee.exchangeTimeNs
    event.receiveTimeNs = timeNs
    event.price = price
    event.quantity = row.pointee.quantity
    if kind == .trade {
      features.onTrade(&event)
    } else {
      let change = book.apply(&event, snapshots: snapshots)
      if !change.isEmpty { features.onBook(book, nowNs: timeNs) }
    }
  }
}
