// The kinds of journal record, and the payloads that every stage writes alike.

/// What a record's payload is. Numbers are stable: a journal written today is read by every later version.
///
/// Inputs (below 64) are what a replay feeds in; outputs (64 and above) are what it must find again, byte for byte.
public enum RecordType: UInt16, Sendable, CaseIterable {
  /// `StepRecord`: what a stage's step took from its rings, and the words it read from outside.
  case step = 1
  /// `ChannelRecord`: a channel opened or closed.
  case channel = 2
  /// A message as it came from a channel: `FrameRecord`, then the raw bytes.
  case frame = 3
  /// A response to a request: `FrameRecord` (`status` is the HTTP status), then the raw body.
  case response = 4
  /// A send that the channel refused (`ChannelRecord`, `detail` is the ordinal of the send on that channel).
  case sendRefused = 5
  /// A ring that was full when this stage wrote to it (`ChannelRecord`: `channel` is the output ring's number in the
  /// stage, `detail` its `fullMark`). At most once per step and ring: the stage takes it for full until the step ends.
  case ringFull = 6

  /// A message as it was handed to a channel: `FrameRecord`, then the raw bytes. Secrets are never among them.
  case sent = 64
  /// A feed's state changed: `StreamRecord`.
  case stream = 65
  /// `ForecastRecord` of the strategy that made it.
  case forecast = 66
  /// `OrderIntent`.
  case intent = 67
  /// `RiskDecisionRecord`.
  case riskDecision = 68
  /// `ApprovedOrderRecord`: an order on its way to the gateway.
  case order = 69
  /// `GatewayRequest`.
  case request = 70
  /// `ExecutionReport`.
  case report = 71
  /// `OrderStateRecord`: a transition of an order's life cycle.
  case orderState = 72
  /// `OrderUpdate`, as sent to the strategy.
  case update = 73
  /// `BalanceRecord`.
  case balance = 74
  /// `FillRecord`: a fill as execution counted it.
  case fill = 75
  /// `PositionRecord`: an instrument's position and daily figures after a change.
  case position = 76
  /// `TradingState`: what may be traded at present (arming, halts, pauses, profiles), after a change.
  case tradingState = 77
  /// `Command`, as handed to execution.
  case command = 78
  /// `CommandOutcome`.
  case commandOutcome = 79
  /// `ReconciliationRecord`: a step or finding of the comparison with the venue.
  case reconciliation = 80
  /// `GuardRecord`: what the guard saw and did.
  case guardEvent = 81
  /// `LimitRecord`: a limit in force, after a change.
  case limit = 82
}

/// The words a step reads from outside, once, before it does anything. Everything else it knows came through rings,
/// so that (`StepInput`, ring contents) determines what it does.
public struct StepInput: BitwiseCopyable, Sendable {
  /// The session's clock.
  public var nowNs: Int64
  /// The shared halt word.
  public var haltEpoch: UInt32
  public var flags: StepFlags

  @inline(always)
  public init(nowNs: Int64, haltEpoch: UInt32 = 0, flags: StepFlags = []) {
    self.nowNs = nowNs
    self.haltEpoch = haltEpoch
    self.flags = flags
  }
}

/// Conditions outside a stage that change what it may do.
public struct StepFlags: OptionSet, BitwiseCopyable, Sendable {
  public var rawValue: UInt32
  @inline(always) public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// The record ring is half full or more: only orders that reduce risk.
  @inline(always) public static var journalBehind: StepFlags { StepFlags(rawValue: 1) }
  /// The session is ending: no new orders, working ones are cancelled.
  @inline(always) public static var stopping: StepFlags { StepFlags(rawValue: 2) }
  /// The last slots of the record ring, which are for cancels and reports: no new orders.
  @inline(always) public static var journalFull: StepFlags { StepFlags(rawValue: 4) }
  /// The disk does not take what the journal writes, or not in time: only orders that reduce risk. Read from outside,
  /// unlike `journalBehind`, which a stage sees of its own ring.
  @inline(always) public static var diskBehind: StepFlags { StepFlags(rawValue: 8) }
  /// Strategy: the ring to execution has no room for another step's intents; only order updates are taken.
  @inline(always) public static var intentsBlocked: StepFlags { StepFlags(rawValue: 32) }
  /// Control: it was a signal that raised the halt word to where it stands.
  @inline(always) public static var haltSignal: StepFlags { StepFlags(rawValue: 64) }
  /// Execution: that gateway's ring of orders has no room for another step's.
  @inline(always) public static func ordersBlocked(gateway: Int) -> StepFlags {
    StepFlags(rawValue: 1 << UInt32(8 + gateway))
  }
  /// Execution: that gateway's ring of requests has no room for another step's; cancels wait for it.
  @inline(always) public static func requestsBlocked(gateway: Int) -> StepFlags {
    StepFlags(rawValue: 1 << UInt32(16 + gateway))
  }
  /// Execution: that gateway's emergency lane has no room for another step's.
  @inline(always) public static func emergencyBlocked(gateway: Int) -> StepFlags {
    StepFlags(rawValue: 1 << UInt32(20 + gateway))
  }
  /// Execution: that gateway's ring of amends has no room for another step's.
  @inline(always) public static func amendsBlocked(gateway: Int) -> StepFlags {
    StepFlags(rawValue: 1 << UInt32(24 + gateway))
  }
}

/// What a step consumed: the merge order over a stage's input rings. The record's `timeNs` is the step's `nowNs`.
public struct StepRecord: BitwiseCopyable, Sendable, Equatable {
  public var haltEpoch: UInt32
  public var flags: UInt32
  public var reserved: UInt64
  /// Elements consumed from each input ring, in the order in which the stage polls them.
  public var consumed: SIMD4<UInt32>

  @inline(always)
  public init(_ input: StepInput, consumed: SIMD4<UInt32>) {
    haltEpoch = input.haltEpoch
    flags = input.flags.rawValue
    self.consumed = consumed
    reserved = 0
  }
}

/// The fixed part before raw bytes.
public struct FrameRecord: BitwiseCopyable, Sendable {
  public var channel: UInt8
  public var reserved: UInt8
  /// HTTP status of a response; 0 otherwise.
  public var status: UInt16
  /// How many raw bytes follow.
  public var byteCount: UInt32
  /// Of a message: its receive stamp, in time-stamp-counter cycles. Of a response: the seconds of its Retry-After.
  public var receiveTsc: UInt64

  @inline(always)
  public init(channel: UInt8, status: UInt16 = 0, byteCount: UInt32, receiveTsc: UInt64) {
    self.channel = channel
    self.status = status
    self.byteCount = byteCount
    self.receiveTsc = receiveTsc
    reserved = 0
  }
}

/// A channel's or ring's event without bytes.
public struct ChannelRecord: BitwiseCopyable, Sendable {
  public var channel: UInt8
  /// `ChannelEvent` or `RequestEvent`.
  public var event: UInt8
  /// `CloseReason`.
  public var reason: UInt8
  public var reserved: UInt8
  public var detail: UInt32

  @inline(always)
  public init(channel: UInt8, event: UInt8, reason: UInt8, detail: UInt32 = 0) {
    self.channel = channel
    self.event = event
    self.reason = reason
    self.detail = detail
    reserved = 0
  }
}
