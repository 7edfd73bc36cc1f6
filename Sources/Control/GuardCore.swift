// The guard's decisions: when a session is given up, and what is done until nothing of it is left. One thread.

public import Market
import Pipeline

/// Watches one session after the other and keeps its account from being left with open orders. Sans I/O and
/// deterministic: times and sights come in, requests and records go out.
///
/// A session is given up when its process is gone or stopped, when one of its workers misses its bound, or on command.
/// Then its halt word is raised, so that nothing approved is sent any more, everything open is cancelled, and the venue
/// is asked until it says that nothing is open. The account is asked again until `GuardBounds.verifyNs` after the last
/// change in what is seen of the process: a stopped one may be continued and send what it had in hand. After that a
/// session that beats is watched again (its own halt stands until an operator arms it), one that is gone is forgotten.
public struct GuardCore {
  /// What one step is given.
  public struct Input {
    public var nowNs: Int64
    public var sight: SessionSight
    /// An operator wants everything cancelled.
    public var isCommanded: Bool

    public init(nowNs: Int64, sight: SessionSight, isCommanded: Bool = false) {
      self.nowNs = nowNs
      self.sight = sight
      self.isCommanded = isCommanded
    }
  }

  /// What one step asks for.
  public struct Output {
    /// The session's halt word is to be raised, before anything is sent.
    public var raisesHalt = false
    public var records: [GuardRecord] = []
  }

  public let bounds: GuardBounds
  public let instruments: Int
  public private(set) var state = GuardState.disarmed
  public private(set) var isVenueUp = false
  private(set) var sweep: AccountSweep
  private var beats: BeatMonitor
  private var sight = SessionSight(absence: .none)
  /// The process that is watched, or was given up.
  private var process: ProcessIdentity?
  private var silence: BeatMonitor.Silence?
  private var triggerNs: Int64 = 0
  /// Orders that had been cancelled when the venue first said that nothing is open.
  private var confirmedOrders = 0
  /// What is seen of a session that was given up, and since when.
  private var life = Life.gone
  private var lifeSinceNs: Int64 = 0
  private var askedNs: Int64 = 0
  private var output = Output()

  private enum Life { case gone, silent, beating }

  public init(_ bounds: GuardBounds, instruments: Int) {
    self.bounds = bounds
    self.instruments = instruments
    sweep = AccountSweep(
      instruments: instruments, retryNs: bounds.retryNs, longestRetryNs: bounds.longestRetryNs)
    beats = BeatMonitor(bounds)
  }

  /// Takes one report of the guard's own order session.
  public mutating func take(_ report: ExecutionReport, nowNs: Int64) {
    switch report.kind {
    case .sessionUp:
      isVenueUp = true
      sweep.hasten(nowNs: nowNs)
      note(.venueUp, nowNs)
    case .sessionDown:
      isVenueUp = false
      note(.venueDown, nowNs)
    default: sweep.take(report)
    }
  }

  /// Looks, decides, and says what is to be done.
  public mutating func step(_ input: Input) -> Output {
    look(input)
    switch state {
    case .disarmed, .watching, .suspicious: watch(input.nowNs)
    case .cancelling: break
    case .confirmed: verify(input.nowNs)
    }
    if input.isCommanded { giveUp(.command, input.nowNs) }
    if state == .cancelling, sweep.isClear {
      change(to: .confirmed, .nothingOpen, input.nowNs)
      confirmedOrders = sweep.canceledOrders
      askedNs = input.nowNs
    }
    defer { output = Output() }
    return output
  }
}

extension GuardCore {
  /// The instruments of which the caller now cancels all orders and then asks which are open; both can be sent.
  public mutating func takeSweeps(nowNs: Int64) -> [InstrumentIndex] {
    isVenueUp ? sweep.takeDue(nowNs: nowNs) : []
  }
}

// MARK: - Watching

extension GuardCore {
  private mutating func look(_ input: Input) {
    let nowNs = input.nowNs
    let absenceBefore = sight.absence
    sight = input.sight
    if let found = sight.process, found != process { meet(found, nowNs) }
    if sight.process == nil, sight.absence != absenceBefore { note(sight.absence, nowNs) }
    silence = beats.look(sight.beats, nowNs: nowNs)
    let seen: Life = sight.process == nil || sight.condition == .ended ? .gone : isSilent ? .silent : .beating
    guard seen != life else { return }
    life = seen
    lifeSinceNs = nowNs
    guard state == .confirmed, seen == .beating else { return }
    // It may have sent what it had in hand when it was stopped.
    giveUp(.resumed, nowNs)
  }

  /// Another session than the one before. Its turn comes when the account of that one is cleared.
  private mutating func meet(_ found: ProcessIdentity, _ nowNs: Int64) {
    switch state {
    case .cancelling: break
    case .watching, .suspicious: giveUp(.died, nowNs)  // it went, and this one came, between two looks
    case .disarmed, .confirmed:
      process = found
      beats = BeatMonitor(bounds)
      silence = nil
      change(to: .watching, .found, nowNs)
    }
  }

  private var isSilent: Bool { sight.condition == .stopped || silence?.isOver == true }

  private mutating func watch(_ nowNs: Int64) {
    guard state != .disarmed, process != nil else { return }
    if life == .gone { return giveUp(sight.isStopping ? .ended : .died, nowNs) }
    if let silence, silence.isOver {
      return giveUp(sight.condition == .stopped ? .stopped : .hanging, nowNs)
    }
    let isLate = silence?.isLate == true
    if isLate, state == .watching { change(to: .suspicious, .late, nowNs) }
    if !isLate, state == .suspicious { change(to: .watching, .recovered, nowNs) }
  }
}

// MARK: - Cancelling

extension GuardCore {
  private mutating func giveUp(_ cause: GuardCause, _ nowNs: Int64) {
    // A session that came after the one that is given up has done nothing; a command means whatever is there.
    output.raisesHalt = sight.hasControlWords && (sight.process == process || cause == .command)
    triggerNs = nowNs
    lifeSinceNs = nowNs
    sweep.begin(nowNs: nowNs)
    change(to: .cancelling, cause, nowNs)
  }

  /// Nothing is open: asks again, and ends when there was no change for long enough.
  private mutating func verify(_ nowNs: Int64) {
    if sweep.canceledOrders > confirmedOrders || sweep.openOrders > 0 {
      triggerNs = nowNs
      lifeSinceNs = nowNs
      return change(to: .cancelling, .reappeared, nowNs)
    }
    let isSettled = nowNs - lifeSinceNs >= bounds.verifyNs
    if isSettled, sweep.isClear, life != .silent {
      return change(to: life == .beating ? .watching : .disarmed, .settled, nowNs)
    }
    let intervalNs = isSettled ? bounds.restIntervalNs : bounds.verifyIntervalNs
    guard nowNs - askedNs >= intervalNs, sweep.isClear else { return }
    askedNs = nowNs
    sweep.repeatAll(nowNs: nowNs)
  }
}

// MARK: - Records

extension GuardCore {
  private mutating func change(to next: GuardState, _ cause: GuardCause, _ nowNs: Int64) {
    let before = state
    state = next
    record(before, cause, nowNs)
  }

  private mutating func note(_ cause: GuardCause, _ nowNs: Int64) { record(state, cause, nowNs) }

  private mutating func record(_ before: GuardState, _ cause: GuardCause, _ nowNs: Int64) {
    var record = GuardRecord(before, state, cause)
    record.condition = sight.condition
    record.process = process?.processIdentifier ?? 0
    record.isHaltRaised = output.raisesHalt
    if let silence {
      record.worker = UInt8(clamping: silence.worker)
      record.silenceNs = nowNs - silence.lastBeatNs
    }
    if before == .cancelling || state == .cancelling {
      record.canceledOrders = UInt32(clamping: sweep.canceledOrders)
      record.openOrders = UInt32(clamping: sweep.openOrders)
      record.reactionNs = nowNs - triggerNs
    }
    output.records.append(record)
  }
}
