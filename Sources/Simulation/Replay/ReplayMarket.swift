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
  /// The rows from the first, in the order of local time.
  func localRows() throws(TapeError) -> ReplayRows
  /// The rows from the first, in the order of exchange time; equal times in tape order.
  func exchangeRows() throws(TapeError) -> ReplayRows
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
public class ReplayRows {
  init() {}

  /// - Returns: the next rows, behind them `ReplayRow.end`, valid until the next call; nil when there are no more.
  func next() throws(TapeError) -> UnsafePointer<ReplayRow>? { preconditionFailure("abstract") }
}
