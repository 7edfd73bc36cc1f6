// How the order session asks: the checks before a send, and what follows when it was sent or refused.

internal import CShims
public import Market
internal import Pipeline
public import Risk

extension BinanceOrderSession {
  /// The connection's own next request, if one is due and the budget has room; `sent` follows.
  @_noLocks @inline(never)
  public mutating func messageToSend(_ connection: Int, nowNs: Int64) -> UnsafeRawBufferPointer? {
    let due = connections[connection].due
    guard due != .none, connections[connection].phase != .closed, inFlight.hasRoom else { return nil }
    let weight = due.weight
    let venueMs = clock.milliseconds(nowNs)
    guard budget.refusal(.query, weight: weight, isNewOrder: false, venueMs: venueMs) == .none else {
      resumeDueNs = clock.sessionNs(milliseconds: budget.nextMs(venueMs: venueMs))
      return nil
    }
    beginDraft(due, weight: weight, on: connection, nowNs)
    connections[connection].due = .none
    writeOwn(nowNs)
    if draft.text == nil { refuseDraft(.badSignature, nowNs) }
    return draft.text
  }

  /// A cancel or query of execution; nil when it was refused here and now. `sent` follows a text.
  @_noLocks @inline(never)
  public mutating func prepare(
    _ request: GatewayRequest, lane: GatewayLane, nowNs: Int64
  ) -> UnsafeRawBufferPointer? {
    let kind = BinanceRequestKind(request.kind)
    beginDraft(kind, weight: kind.weight, on: active, nowNs)
    draft.request.clientOrder = request.clientOrder
    draft.request.cause = request.cause
    draft.request.instrument = request.kind == .queryBalances ? -1 : instruments.find(request.instrument)
    let isKnown = request.kind == .queryBalances || draft.request.instrument >= 0
    guard phase == .up else { return refuseText(.noSession, nowNs) }
    guard isKnown else { return refuseText(.other, nowNs) }
    guard inFlight.hasRoom else { return refuseText(.sendBufferFull, nowNs) }
    let isCancel = request.kind == .cancel || request.kind == .cancelAll
    let priority: BinanceRateBudget.Priority = lane == .emergency ? .emergency : isCancel ? .cancel : .query
    let refusal = budget.refusal(
      priority, weight: draft.weight, isNewOrder: false, venueMs: clock.milliseconds(nowNs))
    guard refusal == .none else { return refuseText(refusal, nowNs) }
    switch request.kind {
    case .cancel: writeOrderReference("order.cancel", request.clientOrder, nowNs)
    case .queryStatus: writeOrderReference("order.status", request.clientOrder, nowNs)
    case .cancelAll: writeOrderReference("openOrders.cancelAll", .none, nowNs)
    case .queryOpenOrders: writeOrderReference("openOrders.status", .none, nowNs)
    case .queryTrades: writeTrades(from: request.fromTrade, nowNs)
    case .queryBalances: writeAccount(nowNs)
    }
    return draft.text ?? refuseText(.badSignature, nowNs)
  }

  /// Writes and signs an order or an amendment, ahead of the look at the halt word; `decide` follows.
  @_noLocks @inline(never)
  public mutating func prepare(_ order: consuming ApprovedOrder, lane: GatewayLane, nowNs: Int64) {
    let kind: BinanceRequestKind = order.action == .amend ? .amend : .place
    beginDraft(kind, weight: kind.weight, on: active, nowNs)
    draft.lane = lane
    draft.request.clientOrder = order.clientOrder
    draft.request.side = order.side
    draft.request.cause = order.cause
    draft.request.instrument = instruments.find(order.instrument)
    draft.haltEpoch = order.haltEpoch
    draft.expiryNs = order.expiryTimeNs
    draft.originTsc = order.originTsc
    let position = draft.request.instrument
    if phase != .up {
      draft.refusal = .noSession
    } else if position < 0 || instruments[position].definitionVersion != order.definitionVersion {
      draft.refusal = .filterFailure
    } else {
      if kind == .amend {
        writeAmend(order, instruments[position], nowNs)
      } else {
        write(order, instruments[position], nowNs)
      }
      if draft.text == nil { draft.refusal = .badSignature }
    }
  }

  /// The last look at a prepared order. Journals the halt word that was just read: it is an input.
  ///
  /// - Returns: the text to send now, `sent` follows; nil when the order was dropped and reported.
  @_noLocks @inline(never)
  public mutating func decide(_ input: StepInput, haltEpoch: UInt32) -> UnsafeRawBufferPointer? {
    var seen = input
    seen.haltEpoch = haltEpoch
    _ = recordStep(seen, draft.lane == .amends ? SIMD4(0, 0, 1, 0) : SIMD4(0, 0, 0, 1))
    if draft.refusal != .none { return refuseText(draft.refusal, input.nowNs) }
    if draft.haltEpoch != haltEpoch { return refuseText(.halted, input.nowNs) }
    if input.nowNs > draft.expiryNs { return refuseText(.tooLate, input.nowNs) }
    let refusal = budget.refusal(
      .order, weight: draft.weight, isNewOrder: draft.request.kind == .place, venueMs: clock.milliseconds(input.nowNs))
    if refusal != .none { return refuseText(refusal, input.nowNs) }
    if !inFlight.hasRoom { return refuseText(.sendBufferFull, input.nowNs) }
    return draft.text
  }

  /// The stage handed the prepared text to the channel of the connection it was prepared for.
  @_noLocks @inline(never)
  public mutating func sent(accepted: Bool, nowNs: Int64) {
    guard accepted else {
      recordRefusal(nowNs)
      return refuseDraft(.sendBufferFull, nowNs)
    }
    let isNewOrder = draft.request.kind == .place
    switch draft.request.kind {
    case .place:
      // Real time, outside of what a replay compares: it goes nowhere but into the histogram.
      if draft.originTsc > 0 {
        let cycles = Double(Int64(bitPattern: apus_tsc() &- draft.originTsc))
        counters.tickToTrade.record(Int64(max(0, min(cycles * nsPerCycle, 1e15))))  // Bounded: it fits.
      }
      counters.ordersSent.add()
    case .amend: counters.amendsSent.add()
    case .cancel, .cancelAll: counters.cancelsSent.add()
    default: counters.queriesSent.add()
    }
    budget.count(weight: draft.weight, isNewOrder: isNewOrder, venueMs: clock.milliseconds(nowNs))
    draft.request.weight = draft.weight
    inFlight.insert(draft.request)
    connections[Int(draft.request.connection)].underWay &+= 1
    updateTimeout()
    recordSent(draft.request.cause, nowNs)
  }

  /// A request under way has its answer, or is not waited for any more.
  mutating func settle(_ request: InFlightRequest, _ nowNs: Int64) {
    budget.settle(weight: request.weight, venueMs: clock.milliseconds(nowNs))
    updateTimeout()
  }

  private mutating func beginDraft(
    _ kind: BinanceRequestKind, weight: Int64, on connection: Int, _ nowNs: Int64
  ) {
    draft = BinanceDraft()
    draft.request.connection = UInt8(truncatingIfNeeded: connection)
    draft.weight = weight
    draft.request.identifier = inFlight.takeIdentifier()
    draft.request.kind = kind
    draft.request.sentNs = nowNs
  }
}

// MARK: - Refusals

extension BinanceOrderSession {
  private mutating func refuseText(_ reason: ReportReason, _ nowNs: Int64) -> UnsafeRawBufferPointer? {
    refuseDraft(reason, nowNs)
    return nil
  }

  /// Reports a request that never left this machine.
  private mutating func refuseDraft(_ reason: ReportReason, _ nowNs: Int64) {
    countRefusal(reason)
    let kind: ReportKind
    switch draft.request.kind {
    case .place: kind = .notSent
    case .amend: kind = .amendRejected
    case .cancel, .cancelAll: kind = .cancelRejected
    case .queryStatus: kind = .unknown
    case .openOrders, .trades: kind = .listFailed
    case .none, .time, .exchangeInfo, .logOn, .subscribe, .account:
      return restart(Int(draft.request.connection))  // it cannot ask for itself
    }
    let stamp = ReceiveStamp(timeNs: nowNs, tsc: 0, cause: draft.request.cause)
    var refusal = report(kind, draft.request, stamp)
    refusal.reason = reason
    emit(refusal)
  }

  private func countRefusal(_ reason: ReportReason) {
    switch reason {
    case .tooLate: counters.tooLate.add()
    case .halted: counters.halted.add()
    case .rateLimited, .backingOff: counters.rateLimited.add()
    case .noSession: counters.noSession.add()
    default: counters.sendsRefused.add()
    }
  }
}
