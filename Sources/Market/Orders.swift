// What an order is, whatever the venue: how it trades, how long it lives, how it is named.

/// How an order may trade.
public enum OrderType: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case limit = 1
  /// Post-only: refused by the venue if it would trade at once.
  case limitMaker = 2
  case market = 3
}

/// How long an order lives.
public enum TimeInForce: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case goodTilCanceled = 1
  case immediateOrCancel = 2
  case fillOrKill = 3
}

/// What an approved order does at the venue.
public enum OrderAction: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case place = 1
  /// Cuts the whole quantity of the open order with the same client order identifier; it keeps its place in the queue.
  case amend = 2
}

/// The number a strategy gives its order; unique within the strategy, never reused in a session.
public struct IntentIdentifier: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt64
  @inline(always) public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// The number an order is known by between this bot and a venue: boot epoch (24 bits) over sequence (40 bits).
///
/// The epoch is durable before the first order of a session, so that no two sessions share an identifier. On the wire
/// it is written as `ap` and 16 lower-case hexadecimal digits.
public struct ClientOrderIdentifier: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt64
  @inline(always) public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  @inline(always) public init(bootEpoch: UInt32, sequence: UInt64) {
    precondition(bootEpoch < 1 << 24 && sequence < 1 << 40, "client order identifiers are used up: start a new epoch")
    rawValue = UInt64(bootEpoch) << 40 | sequence
  }
  @inline(always) public static var none: ClientOrderIdentifier { ClientOrderIdentifier(0) }
}
