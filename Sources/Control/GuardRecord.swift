// What the guard is at and why: its states, its causes, and the record of each change.

public import Pipeline

/// What the guard is doing.
public enum GuardState: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// There is no session to watch.
  case disarmed = 1
  case watching = 2
  /// A beat is late by half of its bound.
  case suspicious = 3
  /// The halt word is raised; everything is being cancelled until the venue says that nothing is open.
  case cancelling = 4
  /// Nothing is open. Asked again until the bound of `GuardBounds.verifyNs` has passed.
  case confirmed = 5
}

/// Why the guard's state changed, or what else it has to say.
public enum GuardCause: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case none = 1
  /// A session was found: its beats are watched from now on.
  case found = 2
  /// A beat is late; it came after all.
  case late = 3
  case recovered = 4
  /// The process is gone. `ended`: it had begun its orderly end.
  case died = 5
  case ended = 6
  /// The process is stopped (SIGSTOP, a debugger).
  case stopped = 7
  /// A worker does not beat, though its process runs: an endless loop, a blocked call, a crash that is being reported.
  case hanging = 8
  /// An operator asked for it.
  case command = 9
  /// A process that was given up shows signs of life again.
  case resumed = 10
  /// Orders were open again after the venue had said that none are.
  case reappeared = 11
  /// The venue said that nothing is open.
  case nothingOpen = 12
  /// Nothing came any more for `GuardBounds.verifyNs`.
  case settled = 13
  /// There is no counter file; it cannot be read; it is of a process that is gone.
  case missing = 14
  case unreadable = 15
  case stale = 16
  /// The guard's own session with the venue.
  case venueUp = 17
  case venueDown = 18
}

/// One change of the guard's state, or a remark (`from` equals `to`). 40 bytes without padding.
public struct GuardRecord: BitwiseCopyable, Sendable, Equatable {
  public var from: GuardState
  public var to: GuardState
  public var cause: GuardCause
  public var condition: ProcessCondition
  /// The worker that is silent; 255: none.
  public var worker: UInt8
  /// Whether the session's halt word was raised.
  public var isHaltRaised: Bool
  public var reserved: UInt16
  /// Orders that were cancelled, and that the venue still held when it was last asked, since the trigger.
  public var canceledOrders: UInt32
  public var openOrders: UInt32
  /// The watched process; 0: none.
  public var process: Int64
  /// From the last beat that was seen until now; 0 where no beat is late.
  public var silenceNs: Int64
  /// From the trigger until now; 0 outside of a cancellation.
  public var reactionNs: Int64

  public static var noWorker: UInt8 { 255 }

  package init(_ from: GuardState, _ to: GuardState, _ cause: GuardCause) {
    self.from = from
    self.to = to
    self.cause = cause
    condition = .running
    worker = Self.noWorker
    isHaltRaised = false
    reserved = 0
    canceledOrders = 0
    openOrders = 0
    process = 0
    silenceNs = 0
    reactionNs = 0
  }
}

/// A guard's record with its time, on its way to whoever prints it.
public struct GuardEvent: BitwiseCopyable, Sendable {
  public var timeNs: Int64
  public var record: GuardRecord

  package init(timeNs: Int64, record: GuardRecord) {
    self.timeNs = timeNs
    self.record = record
  }
}
