// The rows of a tape as the books of a replay take them: in the order of one clock, with prices as places in an array.

import Market

/// A row at the time at which one side of the wire sees it.
public protocol TimedRow: BitwiseCopyable {
  var timeNs: Int64 { get }

  /// - Parameter lowestTicks: the lowest price of the market.
  init(_ row: TapeRow, timeNs: Int64, lowestTicks: Int64)

  /// Behind the last row: later than anything.
  static var end: Self { get }
}

/// 24 bytes: what a book needs of a tape's row, and the time at which this book sees it.
public struct ReplayRow: TimedRow, Sendable {
  public var timeNs: Int64
  public var lots: Int64
  /// Ticks above the lowest price of the tape.
  public var tick: UInt32
  var code: Code
  /// The last row of its message, which is received at once.
  var endsMessage: Bool
  private var reserved: (UInt8, UInt8) = (0, 0)

  /// Kind and side in one: a book decides by one jump.
  enum Code: UInt8, BitwiseCopyable {
    case bid = 0
    case ask = 1
    case buyTrade = 2
    case sellTrade = 3
    case clearBids = 4
    case clearAsks = 5
    /// Of no meaning for a book by price: touches, single orders, and gaps, whose clears follow.
    case nothing = 6
  }

  init(timeNs: Int64, lots: Int64, tick: UInt32, code: Code, endsMessage: Bool = true) {
    self.timeNs = timeNs
    self.lots = lots
    self.tick = tick
    self.code = code
    self.endsMessage = endsMessage
  }

  /// - Parameter lowestTicks: the tape's lowest price; that of a clear of a whole side may lie below it.
  public init(_ row: TapeRow, timeNs: Int64, lowestTicks: Int64) {
    let isBuy = row.side == .buy
    let code: Code =
      switch row.kind {
      case .level, .snapshotLevel: isBuy ? .bid : .ask
      case .trade: isBuy ? .buyTrade : .sellTrade
      case .clear: isBuy ? .clearBids : .clearAsks
      case .touch, .gap, .orderAdded, .orderChanged, .orderRemoved, .orderExecuted: .nothing
      }
    // A clear of a whole side has no price: its quantity says so.
    let isWhole = row.kind == .clear && row.price.ticks == 0
    self.init(
      timeNs: timeNs, lots: isWhole ? -1 : row.quantity.lots,
      tick: UInt32(truncatingIfNeeded: row.price.ticks - lowestTicks),
      code: code, endsMessage: row.endsMessage)
  }

  public static var end: ReplayRow { ReplayRow(timeNs: .max, lots: 0, tick: 0, code: .nothing) }
}

/// A row of a market by order, as it is on the tape.
public struct OrderRow: TimedRow, Sendable {
  public var timeNs: Int64
  public var row: TapeRow

  init(_ row: TapeRow, timeNs: Int64) {
    self.row = row
    self.timeNs = timeNs
  }

  public init(_ row: TapeRow, timeNs: Int64, lowestTicks: Int64) { self.init(row, timeNs: timeNs) }

  public static var end: OrderRow {
    OrderRow(
      TapeRow(
        kind: .touch, side: .buy, exchangeTimeNs: .max, localTimeNs: .max, price: Price(ticks: 0), quantity: .zero,
        endsMessage: true),
      timeNs: .max)
  }
}
