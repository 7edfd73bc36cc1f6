// The journal's word on a market stream: when a book became valid, when it became void, and why.

/// The state that a feed's stream of one instrument has entered.
public enum StreamState: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The book can be trusted: snapshot applied, sequence proven.
  case live = 1
  /// The book is void; nothing is published until the next snapshot.
  case void = 2
  /// The instrument may not be traded until its definition is fetched again.
  case halted = 3
}

/// Why a stream entered its state.
public enum StreamReason: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case none = 0
  /// The first snapshot of the session.
  case synchronised = 1
  /// A snapshot after the stream was broken.
  case resynchronised = 2
  /// An update id was skipped.
  case gap = 3
  case disconnected = 4
  /// Connected, and nothing came within the bound.
  case silent = 5
  /// The ring to the strategy was full.
  case ringFull = 6
  /// A price between the instrument's ticks.
  case offGrid = 7
  /// The venue announced that it closes the connection.
  case serverShutdown = 8
  /// What comes is old: it lags behind the best path, or a stream has died on a connection that goes on.
  case stale = 9
  /// The best bid was not below the best ask after a whole message.
  case crossed = 10
}

/// Payload of `RecordType.stream`. 24 bytes without padding.
public struct StreamRecord: BitwiseCopyable, Hashable, Sendable {
  public var instrument: InstrumentIndex
  public var venue: VenueIndex
  public var state: StreamState
  public var reason: StreamReason
  public var reserved: UInt8
  public var reserved2: UInt16
  /// The last update id that is in the book.
  public var sequence: UInt64
  /// Of a gap: the first update id of the message that came instead of `sequence` + 1; 0 otherwise.
  public var received: UInt64

  @inline(always)
  public init(
    instrument: InstrumentIndex, venue: VenueIndex, state: StreamState, reason: StreamReason, sequence: UInt64,
    received: UInt64 = 0
  ) {
    self.instrument = instrument
    self.venue = venue
    self.state = state
    self.reason = reason
    self.sequence = sequence
    self.received = received
    reserved = 0
    reserved2 = 0
  }
}
