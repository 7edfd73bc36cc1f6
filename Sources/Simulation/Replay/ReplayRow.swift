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
}

/// A tape made ready for replays: its rows once in the order of local time and once in that of exchange time, both stable.
/// Immutable, so that all threads of a sweep replay the same one. What the peer's converter does once for a file, this does
/// once for a tape; neither is part of a replay's time.
public final class ReplayTape: @unchecked Sendable {  // Safe: written by `init` alone.
  public let instrument: TapeInstrument
  public let lowestTicks: Int64
  /// Prices are below this many ticks above the lowest.
  public let tickCount: Int
  public let rowCount: Int
  /// Which pages of a book have levels: nothing else of its memory is ever touched.
  let pages: [Int]
  let local: UnsafeMutablePointer<ReplayRow>
  let exchange: UnsafeMutablePointer<ReplayRow>

  /// More than this many ticks between the lowest and the highest price are refused: 512 MiB of address space a side.
  public static let tickLimit = 1 << 26

  /// - Throws: `TapeError` when its prices are too far apart for a book by tick.
  public init(_ tape: Tape, name: String = "tape") throws(TapeError) {
    let summary = tape.summary
    // A clear of price 0 clears a side whole, whatever prices it has.
    let priced = tape.rows.lazy.filter { $0.kind != .clear || $0.price.ticks > 0 }
    let lowest = priced.map(\.price.ticks).min() ?? 0
    let span = summary.highestPriceTicks - lowest
    guard span < Self.tickLimit - 1 else {
      throw TapeError(file: name, reason: "its prices span \(span) ticks; a book has room for \(Self.tickLimit)")
    }
    instrument = tape.instrument
    rowCount = tape.rows.count
    lowestTicks = lowest
    tickCount = max(0, Int(span)) + 1
    pages = Set(priced.map { Int($0.price.ticks - lowest) / TickSide.pageTicks }).sorted()
    local = .allocate(capacity: rowCount + 1)
    exchange = .allocate(capacity: rowCount + 1)
    for (i, row) in tape.rows.enumerated() {
      (local + i).initialize(to: ReplayRow(row, timeNs: row.localTimeNs, lowestTicks: lowest))
    }
    for (i, place) in tape.exchangeOrder().enumerated() {
      let row = tape.rows[place]
      (exchange + i).initialize(to: ReplayRow(row, timeNs: row.exchangeTimeNs, lowestTicks: lowest))
    }
    (local + rowCount).initialize(to: .end)
    (exchange + rowCount).initialize(to: .end)
  }

  deinit {
    local.deallocate()
    exchange.deallocate()
  }
}
