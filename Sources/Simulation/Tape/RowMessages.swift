// The rows of a tape as messages of a market, so that a venue and a feed of messages can play them.

public import Market

/// A message with both of its stamps, in nanoseconds since 1970.
public struct StampedMessage: Sendable, Equatable {
  /// When the venue says that it happened.
  public var exchangeTimeNs: Int64
  /// When it was received.
  public var localTimeNs: Int64
  public var message: MarketMessage
}

/// Puts rows together into messages of one instrument.
///
/// * Level rows of the same two stamps and number are one depth message, clears and snapshot levels that follow each other
///   one snapshot: a clear begins the book anew on both sides, whatever price it reaches to. The first levels of a tape
///   without a snapshot are its snapshot.
/// * Depth messages get update ids that follow each other without a hole, since a tape does not keep what its messages
///   continued, and end at the venue's own number where rows have one. A later snapshot is not continued by what came
///   before it, so that a feed asks for it.
/// * A gap is a depth message that continues no book: venue and feed void theirs, as they do live.
/// * Rows without a number, as other people's files have them, are numbered in their order.
///
/// One owner, one thread; memory of a message.
struct RowMessages {
  /// Ticks and lots of the instrument in one of the tape's.
  private let scale: (ticks: Int64, lots: Int64)
  private var head: TapeRow?
  private var rows: [TapeRow] = []
  private var lastDepth: UInt64 = 0
  /// The largest update id so far, of depth and touches alike.
  private var lastUpdate: UInt64 = 0
  private var lastTrade: UInt64 = 0
  private var hasBook = false
  private var touch: (bid: PriceQuantity?, ask: PriceQuantity?) = (nil, nil)

  /// - Returns: nil when the instrument's tick or lot does not divide that of the rows.
  init?(of rows: TapeInstrument, for instrument: Instrument) {
    guard let ticks = rows.tick.multiple(of: instrument.tick), let lots = rows.lot.multiple(of: instrument.lot) else {
      return nil
    }
    scale = (ticks, lots)
  }

  /// - Parameter read: gives the next row; nil after the last.
  /// - Throws: what `read` throws, and `RowMessageError` for rows that are no market by price level.
  mutating func next(_ read: () throws -> TapeRow?) throws -> StampedMessage? {
    while try gather(read) {
      let message: MarketMessage?
      switch rows[0].kind {
      case .level: message = try depth()
      case .clear, .snapshotLevel: message = try snapshot()
      case .touch: message = try newTouch()
      case .trade: message = try trade()
      case .gap: message = hole()
      case .orderAdded, .orderChanged, .orderRemoved, .orderExecuted:
        throw RowMessageError("is a market order by order: a backtest plays markets by price level")
      }
      guard let message else { continue }
      let last = rows[rows.count - 1]
      return StampedMessage(exchangeTimeNs: last.exchangeTimeNs, localTimeNs: last.localTimeNs, message: message)
    }
    return nil
  }

  /// Takes the rows of one message.
  private mutating func gather(_ read: () throws -> TapeRow?) rethrows -> Bool {
    rows.removeAll(keepingCapacity: true)
    if head == nil { head = try read() }
    while let row = head, rows.isEmpty || belongs(row) {
      rows.append(row)
      head = try read()
    }
    return !rows.isEmpty
  }

  private func belongs(_ row: TapeRow) -> Bool {
    let last = rows[rows.count - 1]
    if rows[0].kind == .gap { return row.kind == .clear && !last.endsMessage }
    let isOneStamp = row.exchangeTimeNs == last.exchangeTimeNs && row.localTimeNs == last.localTimeNs
    switch last.kind {
    case .clear, .snapshotLevel: return row.kind == .clear || row.kind == .snapshotLevel
    case .level: return row.kind == .level && isOneStamp && row.number == last.number
    case .touch: return row.kind == .touch && isOneStamp && !last.endsMessage
    case .trade, .gap, .orderAdded, .orderChanged, .orderRemoved, .orderExecuted: return false
    }
  }

  private mutating func depth() throws(RowMessageError) -> MarketMessage {
    guard hasBook else { return try snapshot() }
    let first = lastDepth + 1
    number(after: lastDepth)
    return .depth(bids: try levels(.buy), asks: try levels(.sell), firstUpdateId: first, updateId: lastDepth)
  }

  private mutating func snapshot() throws(RowMessageError) -> MarketMessage {
    number(after: hasBook ? lastDepth + 1 : lastDepth)
    hasBook = true
    let bids = try levels(.buy).filter { $0.quantity > .zero }.sorted { $0.price > $1.price }
    let asks = try levels(.sell).filter { $0.quantity > .zero }.sorted { $0.price < $1.price }
    return .snapshot(bids: bids, asks: asks, updateId: lastDepth)
  }

  /// One update behind the next, which it leaves to the snapshot.
  private func hole() -> MarketMessage? {
    guard hasBook else { return nil }
    return .depth(bids: [], asks: [], firstUpdateId: lastDepth + 2, updateId: lastDepth + 2)
  }

  /// Sets `lastDepth` to the number of the message's last row, or to one that follows.
  private mutating func number(after least: UInt64) {
    let own = rows[rows.count - 1].number
    lastDepth = own > least ? own : (own == 0 ? max(lastUpdate, least) : least) + 1
    lastUpdate = max(lastUpdate, lastDepth)
  }

  /// - Returns: nil as long as only one side is known, or one has no orders.
  private mutating func newTouch() throws(RowMessageError) -> MarketMessage? {
    for row in rows {
      let level = row.quantity > .zero ? try placed(row) : nil
      if row.side == .buy { touch.bid = level } else { touch.ask = level }
    }
    guard let bid = touch.bid, let ask = touch.ask else { return nil }
    let own = rows[rows.count - 1].number
    lastUpdate = max(lastUpdate, own == 0 ? lastUpdate + 1 : own)
    return .touch(bid: bid, ask: ask, updateId: own == 0 ? lastUpdate : own)
  }

  private mutating func trade() throws(RowMessageError) -> MarketMessage {
    lastTrade = max(lastTrade + 1, rows[0].number)
    return .trade(try placed(rows[0]), takerSide: rows[0].side, tradeId: lastTrade)
  }

  private func levels(_ side: Side) throws(RowMessageError) -> [PriceQuantity] {
    var levels: [PriceQuantity] = []
    for row in rows where row.side == side && row.kind != .clear { levels.append(try placed(row)) }
    return levels
  }

  private func placed(_ row: TapeRow) throws(RowMessageError) -> PriceQuantity {
    let (ticks, isFar) = row.price.ticks.multipliedReportingOverflow(by: scale.ticks)
    let (lots, isHuge) = row.quantity.lots.multipliedReportingOverflow(by: scale.lots)
    guard !isFar, !isHuge else { throw RowMessageError("has a price or quantity beyond 64 bits") }
    return PriceQuantity(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
  }
}

/// Why rows cannot be played.
struct RowMessageError: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

extension DecimalStep {
  /// How many of `other` make this step; nil when they do not make it evenly.
  public func multiple(of other: DecimalStep) -> Int64? {
    let power = Int(exponent) - Int(other.exponent)
    guard abs(power) <= 18 else { return nil }
    let factor = (0..<abs(power)).reduce(Int128(1)) { factor, _ in factor * 10 }
    let (wide, narrow) =
      power >= 0
      ? (Int128(mantissa) * factor, Int128(other.mantissa)) : (Int128(mantissa), Int128(other.mantissa) * factor)
    return wide % narrow == 0 ? Int64(exactly: wide / narrow) : nil
  }
}
