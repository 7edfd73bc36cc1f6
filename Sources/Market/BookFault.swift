// What a strategy stage tells a feed of a book that cannot be right: the only thing that flows against the market data.

/// A book that was given up by its reader; the feed breaks the stream and synchronises it anew.
public struct BookFault: BitwiseCopyable, Hashable, Sendable {
  public var instrument: InstrumentIndex
  public var reserved: UInt16
  public var reserved2: UInt32
  /// The last update id of the book: a fault older than the feed's newest snapshot is settled already.
  public var sequence: UInt64

  @inline(always)
  public init(instrument: InstrumentIndex, sequence: UInt64) {
    self.instrument = instrument
    self.sequence = sequence
    reserved = 0
    reserved2 = 0
  }
}
