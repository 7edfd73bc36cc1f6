// Which part of the session something holds for: everything, venues, instruments or strategies, as sets of bits.

public import Market

/// A union of command scopes. 24 bytes without padding.
public struct ScopeSet: BitwiseCopyable, Equatable, Sendable {
  /// 1 or 0.
  private var everything: UInt32 = 0
  /// A bit for each number.
  public private(set) var venues: UInt32 = 0
  public private(set) var instruments: UInt64 = 0
  public private(set) var strategies: UInt64 = 0

  /// The empty set.
  @_noLocks public init() {}

  /// The set of those whose bits are set.
  public init(isEverything: Bool, venues: UInt32, instruments: UInt64, strategies: UInt64) {
    everything = isEverything ? 1 : 0
    self.venues = venues
    self.instruments = instruments
    self.strategies = strategies
  }

  /// Venues, instruments and strategies are numbered below these.
  @inline(always) public static var venueLimit: Int { 32 }
  @inline(always) public static var instrumentLimit: Int { 64 }
  @inline(always) public static var strategyLimit: Int { 64 }

  /// The whole session is in it.
  public var isEverything: Bool {
    @_noLocks get { everything != 0 }
    @_noLocks set { everything = newValue ? 1 : 0 }
  }

  /// Nothing is in it.
  public var isEmpty: Bool {
    @_noLocks get { UInt64(everything | venues) | instruments | strategies == 0 }
  }

  /// The widest scope of the set that an order of that venue, instrument and strategy lies in; nil when it lies in none.
  @_noLocks
  public func scope(venue: VenueIndex, instrument: InstrumentIndex, strategy: UInt8) -> CommandScope? {
    if isEverything { return .all }
    if UInt64(venues) & Self.bit(Int(venue.rawValue), below: Self.venueLimit) != 0 { return .venue }
    if instruments & Self.bit(Int(instrument.rawValue), below: Self.instrumentLimit) != 0 { return .instrument }
    if strategies & Self.bit(Int(strategy), below: Self.strategyLimit) != 0 { return .strategy }
    return nil
  }

  /// Whether the set holds exactly that scope by name: an instrument is not contained because its venue is.
  @_noLocks
  public func contains(_ command: Command) -> Bool {
    switch command.scope {
    case .all: isEverything
    case .venue: UInt64(venues) & Self.bit(Int(command.venue.rawValue), below: Self.venueLimit) != 0
    case .instrument: instruments & Self.bit(Int(command.instrument.rawValue), below: Self.instrumentLimit) != 0
    case .strategy: strategies & Self.bit(Int(command.strategy), below: Self.strategyLimit) != 0
    }
  }

  /// Adds or takes away the scope of a command; a number beyond the limits changes nothing.
  @_noLocks
  public mutating func set(_ command: Command, _ isIncluded: Bool) {
    switch command.scope {
    case .all: isEverything = isIncluded
    case .venue:
      let bit = UInt32(truncatingIfNeeded: Self.bit(Int(command.venue.rawValue), below: Self.venueLimit))
      venues = isIncluded ? venues | bit : venues & ~bit
    case .instrument:
      let bit = Self.bit(Int(command.instrument.rawValue), below: Self.instrumentLimit)
      instruments = isIncluded ? instruments | bit : instruments & ~bit
    case .strategy:
      let bit = Self.bit(Int(command.strategy), below: Self.strategyLimit)
      strategies = isIncluded ? strategies | bit : strategies & ~bit
    }
  }

  @inline(always)
  private static func bit(_ number: Int, below limit: Int) -> UInt64 {
    number < limit ? 1 << UInt64(truncatingIfNeeded: number) : 0
  }
}
