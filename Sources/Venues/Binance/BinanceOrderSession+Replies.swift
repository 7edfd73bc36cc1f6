// What answers mean: the session's way from open to up, and which report a request comes to.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  mutating func succeeded(_ request: InFlightRequest, _ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    switch request.kind {
    case .time: handleTime(request, message.serverTimeMs, stamp)
    case .exchangeInfo:
      observeLimits(message.exchangeLimits, request, stamp)
      phase = logsOn ? .loggingOn : .subscribing
      due = logsOn ? .logOn : .subscribe
    case .logOn:
      phase = .subscribing
      due = .subscribe
    case .subscribe:
      phase = .loadingBalances
      due = .account
    case .account: handleAccount(message, stamp)
    case .place: handlePlaced(request, message, stamp)
    case .amend: handleAmended(report(.amended, request, stamp), message.order)
    case .cancel: handleCanceled(request, message, stamp)
    case .cancelAll: handleCanceledOrders(request, message.list, stamp)
    case .queryStatus: handleStatus(request, message.order, stamp)
    case .openOrders: handleOpenOrders(request, message.list, stamp)
    case .trades: handleTrades(request, message.list, stamp)
    case .none: break
    }
  }

  mutating func failed(_ request: InFlightRequest, _ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    let verdict = errors.verdict(status: message.status, code: message.errorCode, message: message.errorText)
    if verdict.reason == .timestampOutsideWindow { due = due == .none ? .time : due }
    pauseIfAsked(message, stamp)
    let isUnknown = verdict.outcome == .unknown
    var failure = report(.rejected, request, stamp)
    failure.reason = verdict.reason
    failure.venueCode = Int32(truncatingIfNeeded: message.errorCode)
    switch request.kind {
    case .place:
      failure.kind = isUnknown ? .unknown : .rejected
      counters.rejects.add()
    case .amend:
      failure.kind = isUnknown ? .unknown : .amendRejected
      counters.rejects.add()
    case .cancel, .cancelAll: failure.kind = isUnknown ? .unknown : .cancelRejected
    case .queryStatus:
      failure.kind = verdict.reason == .unknownOrder && !isUnknown ? .status : .unknown
      failure.orderState = .notFound
    case .openOrders, .trades: failure.kind = .listFailed
    case .none, .time, .exchangeInfo, .logOn, .subscribe, .account:
      counters.sessionErrors.add()
      closeIsDue = phase != .up
      return
    }
    emit(failure)
  }

  /// The venue's time: the first answer leads on to the limits.
  private mutating func handleTime(_ request: InFlightRequest, _ serverTimeMs: Int64, _ stamp: ReceiveStamp) {
    _ = clock.update(sentNs: request.sentNs, venueMs: serverTimeMs, receivedNs: stamp.timeNs)
    counters.clockOffsetNs.set(clock.offsetNs)
    counters.clockErrorNs.set(clock.errorNs)
    clockDueNs = stamp.timeNs &+ configuration.clockIntervalNs
    guard phase == .synchronising else { return }
    phase = .loadingLimits
    due = .exchangeInfo
  }

  private mutating func handleAccount(_ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    handleBalances(message.balances, isWhole: true, stamp)
    guard phase == .loadingBalances else { return }
    phase = .up
    counters.sessionsUp.add()
    emit(report(.sessionUp, InFlightRequest(), stamp))
  }
}
