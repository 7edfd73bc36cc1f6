// What a book tells of an event it has applied, and what it has counted.

/// What a market event did to a book: a set. Not an `OptionSet`, whose generic operations the performance annotations
/// cannot look through in debug builds.
public struct BookChange: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt8
  @inline(always) public init(rawValue: UInt8) { self.rawValue = rawValue }
  @inline(always) public static var none: BookChange { BookChange(rawValue: 0) }
  /// The best price or quantity of a side of the fused book is another one.
  @inline(always) public static var touch: BookChange { BookChange(rawValue: 1) }
  /// A depth message or snapshot is complete: levels may have changed, and the book is consistent.
  @inline(always) public static var depth: BookChange { BookChange(rawValue: 2) }
  /// `isValid` is another one.
  @inline(always) public static var validity: BookChange { BookChange(rawValue: 4) }
  /// The book crossed and was given up: it stays void until the next snapshot, which somebody has to ask for.
  @inline(always) public static var crossed: BookChange { BookChange(rawValue: 8) }

  @inline(always) public func contains(_ other: BookChange) -> Bool { rawValue & other.rawValue == other.rawValue }
  @inline(always) public func union(_ other: BookChange) -> BookChange {
    BookChange(rawValue: rawValue | other.rawValue)
  }
  @inline(always) public var isEmpty: Bool { rawValue == 0 }
}

/// What a book has counted since it was made.
public struct BookCounters: BitwiseCopyable, Sendable {
  /// Depth messages applied after a snapshot.
  public var depthApplied: Int64 = 0
  public var snapshots: Int64 = 0
  /// Whole messages after which the best bid was not below the best ask: the stream or this book is wrong, and was
  /// given up.
  public var crossed: Int64 = 0
  /// Tickers that carried the update id of a depth message and were compared with the book after it.
  public var tickerCompared: Int64 = 0
  /// Those among them whose prices or quantities were not the book's.
  public var tickerMismatches: Int64 = 0
  /// Tickers no newer than the book.
  public var tickerStale: Int64 = 0
  /// Levels and tickers whose price or quantity no book can hold.
  public var outOfRange: Int64 = 0
}
