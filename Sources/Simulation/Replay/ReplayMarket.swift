// What a replay plays: rows by two clocks, all at once from memory or a piece at a time from a file.

/// A market that can be replayed any number of times.
public protocol ReplayMarket: Sendable {
  var instrument: TapeInstrument { get }
  /// Prices are at least this.
  var lowestTicks: Int64 { get }
  /// And below this many ticks above it.
  var tickCount: Int { get }
  /// The pages of a book that will have levels, where that is known: their memory is taken before the replay begins.
  var pages: [Int] { get }
  /// Levels and trades from the first, in the order of local time; of a market by order, what its orders display.
  func localRows() throws(TapeError) -> ReplayRows<ReplayRow>
  /// The same in the order of exchange time; equal times in tape order.
  func exchangeRows() throws(TapeError) -> ReplayRows<ReplayRow>
  /// The rows of a market by order in the order of exchange time; nil for a market by price.
  func orderRows() throws(TapeError) -> ReplayRows<OrderRow>?
}

extension ReplayMarket {
  /// More than this many ticks between the lowest and the highest price are refused: 512 MiB of address space a side.
  public static var tickLimit: Int64 { 1 << 26 }

  static func tickCount(from lowest: Int64, to highest: Int64, file: String) throws(TapeError) -> Int {
    let span = max(0, highest - lowest)
    guard span < tickLimit else {
      throw TapeError(file: file, reason: "its prices span \(span) ticks; a book has room for \(tickLimit)")
    }
    return Int(span) + 1
  }
}

/// Rows in the order of one clock, a piece at a time. One owner, one thread.
public class ReplayRows<Row: TimedRow> {
  /// No row and the end: where a reader stands before the first piece.
  let nothing: UnsafePointer<Row>

  init() {
    let end = UnsafeMutablePointer<Row>.allocate(capacity: 1)
    end.initialize(to: .end)
    nothing = UnsafePointer(end)
  }

  deinit { nothing.deallocate() }

  /// - Returns: the next rows, behind them `Row.end`, valid until the next call; nil when there are no more.
  func next() throws(TapeError) -> UnsafePointer<Row>? { preconditionFailure("abstract") }
}

/// Memory for pieces of rows, with room for the end behind them. One owner.
struct RowPiece<Row: TimedRow>: ~Copyable {
  private var rows = UnsafeMutablePointer<Row>.allocate(capacity: 1)
  private var capacity = 1
  private var count = 0

  deinit { rows.deallocate() }

  mutating func removeAll() { count = 0 }

  @inline(__always)
  mutating func append(_ row: Row) {
    // The end needs a place too.
    if count + 1 == capacity { grow() }
    (rows + count).initialize(to: row)
    count &+= 1
  }

  /// The rows with the end behind them; nil when there are none. Valid until the next change.
  mutating func finish() -> UnsafePointer<Row>? {
    (rows + count).initialize(to: .end)
    return count == 0 ? nil : UnsafePointer(rows)
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Row>.allocate(capacity: 2 * capacity)
    larger.initialize(from: rows, count: count)
    rows.deallocate()
    rows = larger
    capacity *= 2
  }
}
