// How the order session asks: encoding, the last checks before a send, and what follows when it was sent or refused.

internal import CShims
public import Market
internal import Pipeline
public import Risk

extension BinanceOrderSession {
  /// The session's own next request (time, logon, subscription, balances), if one is due; `sent` follows.
  @_noLocks @inline(never)
  public mutating func messageToSend(nowNs: Int64) -> UnsafeRawBufferPointer? {
    guard due != .none, phase != .closed, inFlight.hasRoom else { return nil }
    let kind = due
    due = .none
    beginDraft(kind, weight: kind == .account ? 20 : 2, nowNs)
    switch kind {
    case .logOn: writeSigned("session.logon", nowNs, isAlwaysSigned: true)
    case .subscribe where logsOn:
      writer.begin(identifier: draft.request.identifier, method: "userDataStream.subscribe")
      draft.text = writer.finish(signer, isSigned: false)
    case .subscribe: writeSigned("userDataStream.subscribe.signature", nowNs, isAlwaysSigned: true)
    case .account:
      beginParameters("account.status")
      writer.add("omitZeroBalances", flag: true)
      endParameters(nowNs)
    default:
      writer.begin(identifier: draft.request.identifier, method: "time")
      draft.text = writer.finish(signer, isSigned: false)
    }
    if draft.text == nil { refuseDraft(.badSignature, nowNs) }
    return draft.text
  }

  /// A cancel or query of execution; nil when it was refused here and now. `sent` follows a text.
  @_noLocks @inline(never)
  public mutating func prepare(
    _ request: GatewayRequest, lane: GatewayLane, nowNs: Int64
  ) -> UnsafeRawBufferPointer? {
    beginDraft(BinanceRequestKind(request.kind), weight: BinanceOrderSession.weight(request.kind), nowNs)
    draft.request.clientOrder = request.clientOrder
    draft.request.cause = request.cause
    draft.request.instrument = request.kind == .queryBalances ? -1 : instruments.find(request.instrument)
    let isKnown = request.kind == .queryBalances || draft.request.instrument >= 0
    guard phase == .up else { return refuseText(.noSession, nowNs) }
    guard isKnown else { return refuseText(.other, nowNs) }
    guard inFlight.hasRoom else { return refuseText(.sendBufferFull, nowNs) }
    guard budget.allowsRequest(weight: draft.weight, venueMs: clock.milliseconds(nowNs)) else {
      return refuseText(.rateLimited, nowNs)
    }
    switch request.kind {
    case .cancel: writeOrderReference("order.cancel", request.clientOrder, nowNs)
    case .queryStatus: writeOrderReference("order.status", request.clientOrder, nowNs)
    case .cancelAll: writeOrderReference("openOrders.cancelAll", .none, nowNs)
    case .queryBalances:
      beginParameters("account.status")
      writer.add("omitZeroBalances", flag: true)
      endParameters(nowNs)
    case .queryOpenOrders, .queryTrades: return refuseText(.other, nowNs)
    }
    return draft.text ?? refuseText(.badSignature, nowNs)
  }

  /// Writes and signs an order, ahead of the look at the halt word; `decide` follows.
  @_noLocks @inline(never)
  public mutating func prepare(_ order: consuming ApprovedOrder, lane: GatewayLane, nowNs: Int64) {
    beginDraft(.place, weight: 1, nowNs)
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
      write(order, instruments[position], nowNs)
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
    let venueMs = clock.milliseconds(input.nowNs)
    if draft.refusal != .none { return refuseText(draft.refusal, input.nowNs) }
    if draft.haltEpoch != haltEpoch { return refuseText(.halted, input.nowNs) }
    if input.nowNs > draft.expiryNs { return refuseText(.tooLate, input.nowNs) }
    if !budget.allowsOrder(venueMs: venueMs) { return refuseText(.rateLimited, input.nowNs) }
    if !inFlight.hasRoom { return refuseText(.sendBufferFull, input.nowNs) }
    return draft.text
  }

  /// The stage handed the prepared text to the channel.
  @_noLocks @inline(never)
  public mutating func sent(accepted: Bool, nowNs: Int64) {
    guard accepted else {
      recordRefusal(nowNs)
      return refuseDraft(.sendBufferFull, nowNs)
    }
    let venueMs = clock.milliseconds(nowNs)
    switch draft.request.kind {
    case .place:
      // Real time, outside of what a replay compares: it goes nowhere but into the histogram.
      if draft.originTsc > 0 {
        let cycles = Double(Int64(bitPattern: apus_tsc() &- draft.originTsc))
        counters.tickToTrade.record(Int64(max(0, min(cycles * nsPerCycle, 1e15))))  // Bounded: it fits.
      }
      counters.ordersSent.add()
      budget.countOrder(venueMs: venueMs)
    case .cancel, .cancelAll:
      counters.cancelsSent.add()
      budget.countRequest(weight: draft.weight, venueMs: venueMs)
    default:
      counters.queriesSent.add()
      budget.countRequest(weight: draft.weight, venueMs: venueMs)
    }
    inFlight.insert(draft.request)
    updateTimeout()
    recordSent(draft.request.cause, nowNs)
  }
}

// MARK: - Encoding

extension BinanceOrderSession {
  private mutating func beginDraft(_ kind: BinanceRequestKind, weight: Int64, _ nowNs: Int64) {
    draft = BinanceDraft()
    draft.weight = weight
    draft.request.identifier = inFlight.takeIdentifier()
    draft.request.kind = kind
    draft.request.sentNs = nowNs
  }

  /// The parameter list of a request that is signed unless the session is logged on.
  private mutating func beginParameters(_ method: StaticString) {
    writer.begin(identifier: draft.request.identifier, method: method)
    if !logsOn { writer.addKey(apiKey) }
  }

  private mutating func endParameters(_ nowNs: Int64) {
    writer.add("recvWindow", number: configuration.recvWindowMs)
    writer.add("timestamp", number: UInt64(clock.milliseconds(nowNs)))
    draft.text = writer.finish(signer, isSigned: !logsOn)
  }

  private mutating func writeSigned(_ method: StaticString, _ nowNs: Int64, isAlwaysSigned: Bool) {
    writer.begin(identifier: draft.request.identifier, method: method)
    writer.addKey(apiKey)
    writer.add("recvWindow", number: configuration.recvWindowMs)
    writer.add("timestamp", number: UInt64(clock.milliseconds(nowNs)))
    draft.text = writer.finish(signer, isSigned: isAlwaysSigned)
  }

  /// `order.cancel`, `order.status` and, with `.none`, `openOrders.cancelAll`.
  private mutating func writeOrderReference(_ method: StaticString, _ order: ClientOrderIdentifier, _ nowNs: Int64) {
    beginParameters(method)
    if order.rawValue != 0 { writer.add("origClientOrderId", order) }
    writer.add("recvWindow", number: configuration.recvWindowMs)
    writer.add("symbol", instruments[draft.request.instrument].symbol)
    writer.add("timestamp", number: UInt64(clock.milliseconds(nowNs)))
    draft.text = writer.finish(signer, isSigned: !logsOn)
  }

  /// `order.place`: parameters in the order of their names.
  private mutating func write(_ order: borrowing ApprovedOrder, _ instrument: Instrument, _ nowNs: Int64) {
    beginParameters("order.place")
    writer.add("newClientOrderId", order.clientOrder)
    writer.add("newOrderRespType", "FULL")
    if order.type != .market { writer.add("price", order.price.ticks, instrument.tick) }
    writer.add("quantity", order.quantity.lots, instrument.lot)
    writer.add("recvWindow", number: configuration.recvWindowMs)
    writer.add("side", order.side == .buy ? "BUY" : "SELL")
    writer.add("symbol", instrument.symbol)
    if order.type == .limit { writer.add("timeInForce", Self.text(order.timeInForce)) }
    writer.add("timestamp", number: UInt64(clock.milliseconds(nowNs)))
    writer.add("type", Self.text(order.type))
    draft.text = writer.finish(signer, isSigned: !logsOn)
  }

  private static func text(_ type: OrderType) -> StaticString {
    switch type {
    case .limit: "LIMIT"
    case .limitMaker: "LIMIT_MAKER"
    case .market: "MARKET"
    }
  }

  private static func text(_ time: TimeInForce) -> StaticString {
    switch time {
    case .goodTilCanceled: "GTC"
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    }
  }

  /// Request weights of web-socket-api.md.
  private static func weight(_ kind: GatewayRequestKind) -> Int64 {
    switch kind {
    case .cancel, .cancelAll: 1
    case .queryStatus: 4
    case .queryBalances, .queryTrades: 20
    case .queryOpenOrders: 6
    }
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
    case .cancel, .cancelAll: kind = .cancelRejected
    case .queryStatus: kind = .unknown
    case .openOrders, .trades: kind = .listFailed
    default:
      closeIsDue = phase != .up  // a session that cannot ask for itself begins anew
      return
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
    case .rateLimited: counters.rateLimited.add()
    case .noSession: counters.noSession.add()
    default: counters.sendsRefused.add()
    }
  }
}

extension BinanceRequestKind {
  init(_ kind: GatewayRequestKind) {
    switch kind {
    case .cancel: self = .cancel
    case .cancelAll: self = .cancelAll
    case .queryStatus: self = .queryStatus
    case .queryBalances: self = .account
    case .queryOpenOrders: self = .openOrders
    case .queryTrades: self = .trades
    }
  }
}
