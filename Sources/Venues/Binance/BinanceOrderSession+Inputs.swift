// What reaches the order session: steps, the channel's events and messages, time.

public import Market
public import Pipeline

extension BinanceOrderSession {
  /// A step that takes requests from their rings, or runs timers: its record comes before what follows from it.
  @_noLocks @inline(never)
  public mutating func beginStep(_ input: StepInput, emergency: Int, requests: Int) {
    let taken = SIMD4(UInt32(truncatingIfNeeded: emergency), UInt32(truncatingIfNeeded: requests), 0, 0)
    let cause = recordStep(input, taken)
    while input.nowNs >= timeoutDueNs, let first = inFlight.first() {
      _ = inFlight.take(first.identifier)
      timedOut(first, input.nowNs, cause)
      settle(first, input.nowNs)
    }
    if input.nowNs >= resumeDueNs {
      resumeDueNs = .max
      counters.pausedUntilMs.set(0)
    }
    if input.nowNs >= clockDueNs {
      clockDueNs = .max
      if due == .none { due = .time }
    }
  }

  /// The channel is open: the session begins.
  @_noLocks @inline(never)
  public mutating func opened(nowNs: Int64) {
    _ = recordChannel(.opened, .none, nowNs)
    // Connecting weighs 2 (web-socket-api.md, "IP limits").
    budget.count(weight: 2, isNewOrder: false, venueMs: clock.milliseconds(nowNs))
    budget.settle(weight: 2, venueMs: clock.milliseconds(nowNs))
    phase = .synchronising
    due = .time
    answeredSentNs = .min
  }

  /// The channel is closed: nothing is known of what was sent and not answered.
  @_noLocks @inline(never)
  public mutating func closed(_ reason: CloseReason, nowNs: Int64) {
    let cause = recordChannel(.closed, reason, nowNs)
    counters.closed.count(reason)
    let wasUp = phase == .up
    phase = .closed
    due = .none
    clockDueNs = .max
    while let first = inFlight.first() {
      _ = inFlight.take(first.identifier)
      lose(first, .noSession, nowNs, cause)
      settle(first, nowNs)
    }
    guard wasUp else { return }
    counters.sessionsDown.add()
    emit(report(.sessionDown, InFlightRequest(), ReceiveStamp(timeNs: nowNs, tsc: 0, cause: cause)))
  }

  /// One message of the channel.
  ///
  /// - Precondition: not larger than `frameLimitBytes`.
  @_noLocks @inline(never)
  public mutating func received(_ text: UnsafeRawBufferPointer, receiveTsc: UInt64, nowNs: Int64) {
    let stamp = ReceiveStamp(timeNs: nowNs, tsc: receiveTsc, cause: recordFrame(text, receiveTsc, nowNs))
    counters.messages.add()
    var message = BinanceOrderMessage()
    guard message.decode(text) == .none else { return counters.decodeErrors.add() }
    switch message.event {
    case .executionReport: handleExecution(message.order, stamp)
    case .accountPosition: handleBalances(message.balances, isWhole: false, stamp)
    case .listStatus: counters.orderLists.add()  // each of its orders is told by a report of its own
    case .streamTerminated, .serverShutdown: closeIsDue = true
    case .unknown: counters.otherEvents.add()
    case .absent: handleReply(message, stamp)
    }
  }

  private mutating func handleReply(_ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    guard message.identifier >= 0, let request = inFlight.take(UInt64(message.identifier)) else {
      return counters.lateReplies.add()
    }
    settle(request, stamp.timeNs)
    answeredSentNs = max(answeredSentNs, request.sentNs)
    observeLimits(message.rateLimits, request, stamp)
    if message.status == 200 {
      succeeded(request, message, stamp)
    } else {
      failed(request, message, stamp)
    }
  }

  /// One answer that stays away while later requests are answered is lost. When nothing is answered any more, the
  /// connection is so far behind that asking again only adds to what the venue has to answer: a new one owes nothing.
  private mutating func timedOut(_ request: InFlightRequest, _ nowNs: Int64, _ cause: UInt64) {
    counters.timeouts.add()
    lose(request, .replyTimeout, nowNs, cause)
    if phase != .up || answeredSentNs < request.sentNs { closeIsDue = true }
    if request.kind == .time, phase == .up { due = .time }
  }

  /// What is known of a request without an answer: nothing.
  private mutating func lose(_ request: InFlightRequest, _ reason: ReportReason, _ nowNs: Int64, _ cause: UInt64) {
    var lost = report(.unknown, request, ReceiveStamp(timeNs: nowNs, tsc: 0, cause: cause))
    lost.reason = reason
    switch request.kind {
    case .place, .amend, .cancel, .queryStatus: emit(lost)
    case .openOrders, .trades:
      lost.kind = .listFailed
      emit(lost)
    case .none, .time, .exchangeInfo, .logOn, .subscribe, .account, .cancelAll: break
    }
  }

  /// The earliest moment at which a request under way is late.
  mutating func updateTimeout() {
    timeoutDueNs = .max
    if let first = inFlight.first() { timeoutDueNs = first.sentNs &+ configuration.replyTimeoutNs }
  }
}
