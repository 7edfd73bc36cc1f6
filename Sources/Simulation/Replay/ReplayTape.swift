// A tape in memory made ready for replays.

import Market

/// A tape made ready for replays: its rows once in the order of local time and once in that of exchange time, both stable.
/// Immutable, so that all threads of a sweep replay the same one. What the peer's converter does once for a file, this does
/// once for a tape; neither is part of a replay's time.
///
/// A tape with rows of single orders is a market by order: they alone count, and its levels and trades are theirs.
public final class ReplayTape: ReplayMarket, @unchecked Sendable {  // Safe: written by `init` alone.
  public let instrument: TapeInstrument
  public let lowestTicks: Int64
  /// Prices are below this many ticks above the lowest.
  public let tickCount: Int
  public let rowCount: Int
  /// Which pages of a book have levels: nothing else of its memory is ever touched.
  public let pages: [Int]
  private let local: RowArray<ReplayRow>
  private let exchange: RowArray<ReplayRow>
  private let orders: RowArray<OrderRow>?

  /// - Throws: `TapeError` when its prices are too far apart for a book by tick.
  public init(_ tape: Tape, name: String = "tape") throws(TapeError) {
    let made = tape.exchangeOrder()
    let isByOrder = tape.rows.contains { $0.kind.isOfOrder }
    let byLocalTime = isByOrder ? Self.levels(tape.rows) : tape.rows
    // A clear of price 0 clears a side whole, whatever prices it has.
    let priced = byLocalTime.lazy.filter { $0.kind != .clear || $0.price.ticks > 0 }
    let lowest = priced.map(\.price.ticks).min() ?? 0
    tickCount = try Self.tickCount(from: lowest, to: priced.map(\.price.ticks).max() ?? 0, file: name)
    instrument = tape.instrument
    rowCount = tape.rows.count
    lowestTicks = lowest
    pages = Set(priced.map { Int($0.price.ticks - lowest) / TickSide.pageTicks }).sorted()
    local = RowArray(byLocalTime.lazy.map { ReplayRow($0, timeNs: $0.localTimeNs, lowestTicks: lowest) })
    guard isByOrder else {
      exchange = RowArray(
        made.lazy.map { ReplayRow(tape.rows[$0], timeNs: tape.rows[$0].exchangeTimeNs, lowestTicks: lowest) })
      orders = nil
      return
    }
    let byExchangeTime = made.map { tape.rows[$0] }
    exchange = RowArray(
      Self.levels(byExchangeTime).lazy.map { ReplayRow($0, timeNs: $0.exchangeTimeNs, lowestTicks: lowest) })
    orders = RowArray(byExchangeTime.lazy.map { OrderRow($0, timeNs: $0.exchangeTimeNs) })
  }

  private static func levels(_ rows: [TapeRow]) -> [TapeRow] {
    var (levels, display): ([TapeRow], OrderLevels) = ([], OrderLevels())
    for row in rows { display.append(row, to: &levels) }
    return levels
  }

  public func localRows() -> ReplayRows<ReplayRow> { WholeRows(local) }
  public func exchangeRows() -> ReplayRows<ReplayRow> { WholeRows(exchange) }
  public func orderRows() -> ReplayRows<OrderRow>? { orders.map { WholeRows($0) } }
}

/// Rows in memory with the end behind them. Immutable.
private final class RowArray<Row: TimedRow> {
  let rows: UnsafeMutablePointer<Row>

  init(_ source: some Collection<Row>) {
    rows = .allocate(capacity: source.count + 1)
    var count = 0
    for row in source {
      (rows + count).initialize(to: row)
      count += 1
    }
    (rows + count).initialize(to: .end)
  }

  deinit { rows.deallocate() }
}

/// All rows at once.
private final class WholeRows<Row: TimedRow>: ReplayRows<Row> {
  private let array: RowArray<Row>
  private var isGiven = false

  init(_ array: RowArray<Row>) { self.array = array }

  override func next() -> UnsafePointer<Row>? {
    defer { isGiven = true }
    return isGiven ? nil : UnsafePointer(array.rows)
  }
}
