// The rows of a tape as the two books of a replay take them: in the order of one clock, with prices as places in an array.

import Market

/// 24 bytes: what a book needs of a tape's row, and the time at which this book sees it.
public struct ReplayRow: BitwiseCopyable, Sendable {
  public var timeNs: Int64
  public var lots: Int64
  /// Ticks above the lowest price of the tape.
  public var tick: UInt32
  var code: Code
  private var reserved: (UInt8, UInt8, UInt8) = (0, 0, 0)

  /// Kind and side in one: a book decides by one jump.
  enum Code: UInt8, BitwiseCopyable {
    case bid = 0
    case ask = 1
    case buyTrade = 2
    case sellTrade = 3
    case clearBids = 4
    case clearAsks = 5
    /// Of no meaning for a book by price: touches and single orders.
    case nothing = 6
  }

  init(timeNs: Int64, lots: Int64, tick: UInt32, code: Code) {
    self.timeNs = timeNs
    self.lots = lots
    self.tick = tick
    self.code = code
  }

  /// - Parameter lowestTicks: the tape's lowest price; that of a clear of a whole side may lie below it.
  init(_ row: TapeRow, timeNs: Int64, lowestTicks: Int64) {
    let isBuy = row.side == .buy
    let code: Code =
      switch row.kind {
      case .level, .snapshotLevel: isBuy ? .bid : .ask
      case .trade: isBuy ? .buyTrade : .sellTrade
      case .clear: isBuy ? .clearBids : .clearAsks
      case .touch, .orderAdded, .orderChanged, .orderRemoved, .orderExecuted: .nothing
      }
    // A clear of a whole side has no price: its quantity says so.
    let isWhole = row.kind == .clear && row.price.ticks == 0
    self.init(
      timeNs: timeNs, lots: isWhole ? -1 : row.quantity.lots,
      tick: UInt32(truncatingIfNeeded: row.price.ticks - lowestTicks),
      code: code)
  }

  /// Behind the last row: later than anything.
  static var end: ReplayRow { ReplayRow(timeNs: .max, lots: 0, tick: 0, code: .nothing) }

  /// No rows and the end, for as long as the process lives.
  nonisolated(unsafe) static let nothing: UnsafePointer<ReplayRow> = {
    let one = UnsafeMutablePointer<ReplayRow>.allocate(capacity: 1)
    one.initialize(to: end)
    return UnsafePointer(one)
  }()
}
