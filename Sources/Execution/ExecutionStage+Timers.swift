// Execution: cancels and queries, sent when they are due and repeated with back-off until they are answered.

import Market
import Pipeline

/// How long execution waits for what. In the session's clock.
enum OrderTiming {
  /// Longer than a gateway waits for a reply (10 s): after it, silence on an order is itself an unknown outcome.
  static var unansweredNs: Int64 { 15_000_000_000 }
  /// First repetition of a cancel or query; doubles each time.
  static var firstRetryNs: Int64 { 20_000_000 }
  static var longestRetryNs: Int64 { 2_000_000_000 }
  /// Cancels before the order's status is asked instead: 20 ms doubling to the longest wait, about 3 s.
  static var cancelAttempts: UInt16 { 8 }
  /// "No such order" is believed after so many queries, and not before the order cannot arrive any more.
  static var notFoundAnswers: UInt16 { 8 }
  /// The venue accepts a stamp that is ahead of its own clock by as much: so much longer an order may be under way
  /// (web-socket-api.md, "Timing security").
  static var stampLeadNs: Int64 { 1_000_000_000 }
  /// How long a request to cancel everything gets before orders are cancelled one by one.
  static var cancelAllGraceNs: Int64 { 250_000_000 }
  /// When a gateway's ring of requests is full.
  static var blockedRetryNs: Int64 { 1_000_000 }

  @inline(always)
  static func retryNs(_ attempts: UInt16) -> Int64 {
    min(longestRetryNs, firstRetryNs << Int64(min(max(1, attempts), 8) &- 1))
  }
}

extension ExecutionStage {
  /// Marks an order to be cancelled; the request goes out in this step. One that is being cancelled already is
  /// cancelled again only to overtake itself.
  @inline(always)
  mutating func want(
    cancelOf order: UnsafeMutablePointer<Order>, cause: UInt64, originTsc: UInt64, isEmergency: Bool = false
  ) {
    if order.pointee.isCancelWanted && (order.pointee.isEmergency || !isEmergency) { return }
    order.pointee.isCancelWanted = true
    order.pointee.isEmergency = isEmergency
    order.pointee.originTsc = originTsc
    if order.pointee.state == .unknown { return }  // its status comes first; then the cancel is taken up
    order.pointee.cause = cause
    order.pointee.attempts = 0
    due(order, atNs: input.nowNs)
  }

  /// Until when an order arrives that the gateway sends at `sentNs` at the latest.
  @inline(always)
  func arrival(sentBy sentNs: Int64) -> Int64 {
    let arrival = sentNs.addingReportingOverflow(requestWindowNs &+ OrderTiming.stampLeadNs)
    return arrival.overflow ? .max : arrival.partialValue
  }

  /// One request for the whole instrument, and each open order marked in case that it is missed.
  @inline(always)
  mutating func cancelEverything(in instrument: Int, cause: UInt64, isEmergency: Bool) {
    guard orders.first(instrument) != nil else { return }
    instruments[instrument].isCancelAllWanted = true
    if isEmergency { instruments[instrument].isCancelAllEmergency = true }
    nextDueNs = min(nextDueNs, input.nowNs)
    var next = orders.first(instrument)
    while let order = next {
      let isRaised = isEmergency && !order.pointee.isEmergency
      if order.pointee.state != .unknown && (!order.pointee.isCancelWanted || isRaised) {
        order.pointee.attempts = 0
        due(order, atNs: input.nowNs &+ OrderTiming.cancelAllGraceNs)
      }
      order.pointee.isCancelWanted = true
      if isEmergency { order.pointee.isEmergency = true }
      next = orders.following(order)
    }
  }

  @inline(always)
  mutating func due(_ order: UnsafeMutablePointer<Order>, atNs time: Int64) {
    order.pointee.dueNs = time
    nextDueNs = min(nextDueNs, time)
  }

  /// Handles what is due, at most `timersPerStep` of it, and works out when the next step is needed.
  @_noLocks
  mutating func handleTimers() {
    guard nextDueNs <= input.nowNs else { return }
    var budget = ExecutionPorts.timersPerStep
    var earliest = handleFlattening()
    for g in 0..<reconciliation.count where reconciliation.venues[g].dueNs <= input.nowNs { reconcile(g, &budget) }
    for i in 0..<instrumentCount where instruments[i].isCancelAllWanted {
      earliest = min(earliest, requestCancelAll(i, &budget))
    }
    for i in 0..<instrumentCount {
      var next = orders.first(i)
      while let order = next {
        next = orders.following(order)  // before it may close
        if order.pointee.dueNs <= input.nowNs && budget > 0 { handleDue(order, &budget) }
        if order.pointee.isOpen { earliest = min(earliest, order.pointee.dueNs) }
      }
    }
    earliest = min(earliest, judgeBalances())
    nextDueNs = min(earliest, reconciliation.nextDueNs)
  }

  /// The next thing to do for one order.
  @inline(always)
  private mutating func handleDue(_ order: UnsafeMutablePointer<Order>, _ budget: inout Int) {
    budget &-= 1
    let gateway = instruments[Int(order.pointee.instrument.rawValue)].gateway
    if order.pointee.isSessionLost {
      order.pointee.isSessionLost = false
      advance(order, .outcomeUnknown, nil)
    } else if order.pointee.state == .pendingNew && !order.pointee.isCancelWanted {
      advance(order, .outcomeUnknown, nil)  // the watchdog
    } else if order.pointee.state != .unknown && order.pointee.attempts >= OrderTiming.cancelAttempts {
      advance(order, .outcomeUnknown, nil)  // cancels lead nowhere: ask
    }
    if !sessions[gateway].isUp {
      order.pointee.dueNs = .max  // the session's return makes it due
    } else if order.pointee.state == .unknown {
      request(.queryStatus, order, gateway, isEmergency: false)
    } else if order.pointee.isCancelWanted {
      request(.cancel, order, gateway, isEmergency: order.pointee.isEmergency)
    } else {
      order.pointee.dueNs = .max
    }
  }

  @inline(always)
  private mutating func request(
    _ kind: GatewayRequestKind, _ order: UnsafeMutablePointer<Order>, _ gateway: Int, isEmergency: Bool
  ) {
    if isBlocked(gateway, isEmergency: isEmergency) {
      counters.requestsBlocked.add()
      order.pointee.dueNs = input.nowNs &+ OrderTiming.blockedRetryNs
      return
    }
    if kind == .cancel { counters.cancelsSent.add() } else { counters.queriesSent.add() }
    order.pointee.attempts &+= 1
    order.pointee.dueNs = input.nowNs &+ OrderTiming.retryNs(order.pointee.attempts)
    send(
      kind, instrument: order.pointee.instrument, order.pointee.clientOrder, cause: order.pointee.cause,
      originTsc: order.pointee.originTsc, gateway, isEmergency: isEmergency)
  }

  /// Whether the lane has no room for what a step may send.
  @inline(always)
  private func isBlocked(_ gateway: Int, isEmergency: Bool) -> Bool {
    input.flags.contains(isEmergency ? .emergencyBlocked(gateway: gateway) : .requestsBlocked(gateway: gateway))
  }

  @inline(always)
  private mutating func requestCancelAll(_ instrument: Int, _ budget: inout Int) -> Int64 {
    let gateway = instruments[instrument].gateway
    guard sessions[gateway].isUp else { return .max }
    guard budget > 0 else { return input.nowNs }
    let isEmergency = instruments[instrument].isCancelAllEmergency
    if isBlocked(gateway, isEmergency: isEmergency) { return input.nowNs &+ OrderTiming.blockedRetryNs }
    budget &-= 1
    instruments[instrument].isCancelAllWanted = false
    instruments[instrument].isCancelAllEmergency = false
    counters.cancelsSent.add()
    send(
      .cancelAll, instrument: instruments[instrument].definition.index, .none, cause: 0, originTsc: 0, gateway,
      isEmergency: isEmergency)
    return .max
  }

  @inline(always)
  mutating func send(
    _ kind: GatewayRequestKind, instrument: InstrumentIndex, _ clientOrder: ClientOrderIdentifier,
    fromTrade: UInt64 = 0, cause: UInt64, originTsc: UInt64, _ gateway: Int, isEmergency: Bool = false
  ) {
    var request = GatewayRequest(
      kind: kind, instrument: instrument, clientOrder: clientOrder, fromTrade: fromTrade, cause: cause,
      originTsc: originTsc)
    let record = write(.request, cause: cause, request)
    request.cause = record
    if isEmergency {
      ports.sendEmergency(request, gateway: gateway)
    } else {
      ports.send(request, gateway: gateway)
    }
  }
}
