// A tape in memory made ready for replays.

import Market

/// A tape made ready for replays: its rows once in the order of local time and once in that of exchange time, both stable.
/// Immutable, so that all threads of a sweep replay the same one. What the peer's converter does once for a file, this does
/// once for a tape; neither is part of a replay's time.
public final class ReplayTape: ReplayMarket, @unchecked Sendable {  // Safe: written by `init` alone.
  public let instrument: TapeInstrument
  public let lowestTicks: Int64
  /// Prices are below this many ticks above the lowest.
  public let tickCount: Int
  public let rowCount: Int
  /// Which pages of a book have levels: nothing else of its memory is ever touched.
  public let pages: [Int]
  private let local: UnsafeMutablePointer<ReplayRow>
  private let exchange: UnsafeMutablePointer<ReplayRow>

  /// - Throws: `TapeError` when its prices are too far apart for a book by tick.
  public init(_ tape: Tape, name: String = "tape") throws(TapeError) {
    let summary = tape.summary
    // A clear of price 0 clears a side whole, whatever prices it has.
    let priced = tape.rows.lazy.filter { $0.kind != .clear || $0.price.ticks > 0 }
    let lowest = priced.map(\.price.ticks).min() ?? 0
    tickCount = try Self.tickCount(from: lowest, to: summary.highestPriceTicks, file: name)
    instrument = tape.instrument
    rowCount = tape.rows.count
    lowestTicks = lowest
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

  public func localRows() -> ReplayRows { WholeRows(local, of: self) }
  public func exchangeRows() -> ReplayRows { WholeRows(exchange, of: self) }

  deinit {
    local.deallocate()
    exchange.deallocate()
  }
}

/// All rows at once.
private final class WholeRows: ReplayRows {
  private let tape: ReplayTape
  private var rows: UnsafeMutablePointer<ReplayRow>?

  init(_ rows: UnsafeMutablePointer<ReplayRow>, of tape: ReplayTape) {
    self.rows = rows
    self.tape = tape
  }

  override func next() -> UnsafePointer<ReplayRow>? {
    defer { rows = nil }
    return rows.map { UnsafePointer($0) }
  }
}
