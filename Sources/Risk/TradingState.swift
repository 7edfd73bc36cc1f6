// What may be traded at present: armed or not, and what is halted, paused or reduce-only. Plain values.

/// The permission to trade, as the risk gate asks it before every order. Also the payload of
/// `RecordType.tradingState`, which is written after each change: the last one of a session holds. 96 bytes without
/// padding.
///
/// | state | begun by | ended by | survives a restart |
/// |---|---|---|---|
/// | unarmed | the start, `disarm` | `arm` | the configuration decides |
/// | halted, everything | `halt`, a foreign halt word, the daily loss | `arm` | yes |
/// | halted, a part | `halt`, a contradiction of the venue | `resume` of that part | yes |
/// | paused | `pause`, `flatten`, repeated rejects | `resume` of that part | no |
/// | reduce-only | `reduceOnly`, a start after a crash, a position beyond its limit | `resume` of that part; `arm` for everything | yes |
public struct TradingState: BitwiseCopyable, Equatable, Sendable {
  public var isArmed: Bool
  /// Who made the last change.
  public var origin: CommandOrigin
  let reserved: UInt16
  /// The halt word that trading is allowed under. A word that has moved on is a halt of everything.
  public var armedEpoch: UInt32
  public var halted: ScopeSet
  public var paused: ScopeSet
  public var reducing: ScopeSet
  /// When it was armed, in the session's clock: the ramp begins there.
  public var armedTimeNs: Int64
  /// The day, counted from 1970 in UTC, on which the daily loss was used up; `noDay` when it was not.
  public var lossDay: Int64

  @inline(always) public static var noDay: Int64 { -1 }
  @inline(always) public var isLossUsedUp: Bool { lossDay != Self.noDay }

  public init(isArmed: Bool, armedEpoch: UInt32) {
    self.isArmed = isArmed
    origin = .session
    reserved = 0
    self.armedEpoch = armedEpoch
    halted = ScopeSet()
    paused = ScopeSet()
    reducing = ScopeSet()
    armedTimeNs = 0
    lossDay = Self.noDay
  }

  /// What a new session takes over from the last one: halts, reduce-only and the day of a used-up loss. Armed or not,
  /// and under which halt word, is the new session's own.
  public mutating func restore(_ last: TradingState) {
    halted = last.halted
    reducing = last.reducing
    lossDay = last.lossDay
  }

  /// Whether the halt word has been raised beyond what trading is allowed under. It only grows, so the signed distance
  /// tells, also across the wrap.
  @inline(always)
  public func isForeign(_ haltEpoch: UInt32) -> Bool { Int32(bitPattern: haltEpoch &- armedEpoch) > 0 }
}

/// Orders that execution makes itself, to flatten.
public enum SessionOrders {
  /// No strategy's number, so that no pause of a strategy stops them and no strategy takes their news for its own.
  @inline(always) public static var strategy: UInt8 { 255 }
}
