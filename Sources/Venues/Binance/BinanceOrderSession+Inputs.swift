// What reaches the order session: steps, the channels' events and messages, time.

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
      reconnect()
    }
    if input.nowNs >= clockDueNs {
      clockDueNs = input.nowNs &+ configuration.clockIntervalNs
      if connections[active].due == .none { connections[active].due = .time }
    }
    if input.nowNs >= connections[active].handoverDueNs { beginHandover(input.nowNs) }
  }

  /// A channel is open: its connection begins.
  @_noLocks @inline(never)
  public mutating func opened(_ connection: Int, nowNs: Int64) {
    _ = recordChannel(connection, .opened, .none, nowNs)
    // Connecting weighs 2 (web-socket-api.md, "IP limits").
    budget.count(weight: 2, isNewOrder: false, venueMs: clock.milliseconds(nowNs))
    budget.settle(weight: 2, venueMs: clock.milliseconds(nowNs))
    connections[connection].phase = .synchronising
    connections[connection].due = .time
    connections[connection].answeredSentNs = .min
    connections[connection].handoverDueNs = nowNs &+ configuration.connectionAgeNs
  }

  /// A channel is closed: nothing is known of what was sent on it and not answered.
  @_noLocks @inline(never)
  public mutating func closed(_ connection: Int, _ reason: CloseReason, nowNs: Int64) {
    let cause = recordChannel(connection, .closed, reason, nowNs)
    counters.closed.count(reason)
    let wasServing = connection == active && phase == .up
    while let lost = inFlight.takeFirst(of: connection) {
      lose(lost, .noSession, nowNs, cause)
      settle(lost, nowNs)
    }
    connections[connection].underWay = 0
    abandon(connection)
    holdBack(connection, nowNs)
    if connections[active].awaitsPredecessor { beginHandover(nowNs) }
    guard wasServing else { return }
    counters.sessionsDown.add()
    emit(report(.sessionDown, InFlightRequest(), ReceiveStamp(timeNs: nowNs, tsc: 0, cause: cause)))
  }

  /// One message of a channel.
  ///
  /// - Precondition: not larger than `frameLimitBytes`.
  @_noLocks @inline(never)
  public mutating func received(
    _ connection: Int, _ text: UnsafeRawBufferPointer, receiveTsc: UInt64, nowNs: Int64
  ) {
    let cause = recordFrame(connection, text, receiveTsc, nowNs)
    let stamp = ReceiveStamp(timeNs: nowNs, tsc: receiveTsc, cause: cause)
    counters.messages.add()
    var message = BinanceOrderMessage()
    guard message.decode(text) == .none else { return counters.decodeErrors.add() }
    switch message.event {
    case .executionReport: handleExecution(message.order, stamp)
    case .accountPosition: handleBalances(message.balances, isWhole: false, stamp)
    case .listStatus: counters.orderLists.add()  // each of its orders is told by a report of its own
    case .serverShutdown: announceShutdown(connection, nowNs)
    // Without events an answer could be all that is ever heard of a fill: everything is asked for again.
    case .streamTerminated:
      if connections[connection].phase != .draining { connections[connection].command = .reopen }
    case .unknown: counters.otherEvents.add()
    case .absent: handleReply(connection, message, stamp)
    }
  }

  private mutating func handleReply(
    _ connection: Int, _ message: borrowing BinanceOrderMessage, _ stamp: ReceiveStamp
  ) {
    guard message.identifier >= 0, let request = inFlight.take(UInt64(message.identifier), on: connection) else {
      return counters.lateReplies.add()
    }
    settle(request, stamp.timeNs)
    connections[connection].answeredSentNs = max(connections[connection].answeredSentNs, request.sentNs)
    observeLimits(message.rateLimits, request, stamp)
    if message.status == 200 {
      succeeded(request, message, stamp)
    } else {
      failed(request, message, stamp)
    }
    answered(connection)
  }

  /// One answer that stays away while later requests are answered is lost. When nothing is answered any more, the
  /// connection is so far behind that asking again only adds to what the venue has to answer: a new one owes nothing.
  private mutating func timedOut(_ request: InFlightRequest, _ nowNs: Int64, _ cause: UInt64) {
    let connection = Int(request.connection)
    counters.timeouts.add()
    lose(request, .replyTimeout, nowNs, cause)
    let isSilent = connections[connection].answeredSentNs < request.sentNs
    if !connections[connection].phase.isEstablished || (connections[connection].phase == .up && isSilent) {
      connections[connection].command = .reopen
    }
    if request.kind == .time, connection == active, phase == .up { connections[connection].due = .time }
    answered(connection)
  }

  /// One request less is under way.
  private mutating func answered(_ connection: Int) {
    connections[connection].underWay &-= 1
    shutIfDrained(connection)
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
