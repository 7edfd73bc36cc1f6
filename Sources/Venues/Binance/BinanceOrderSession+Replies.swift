// What answers mean: the session's way from open to up, and which report a request comes to.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  mutating func succeeded(_ request: InFlightRequest, _ message: borrowing BinanceOrderMessage, _ stamp: ReceiveStamp) {
    let connection = Int(request.connection)
    switch request.kind {
    case .time: handleTime(request, message.serverTime, stamp)
    case .exchangeInfo:
      observeLimits(message.exchangeLimits, request, stamp)
      if logsOn { go(connection, to: .loggingOn, .logOn) } else { go(connection, to: .subscribing, .subscribe) }
    case .logOn: go(connection, to: .subscribing, .subscribe)
    case .subscribe: go(connection, to: .loadingBalances, .account)
    case .account: handleAccount(connection, message, stamp)
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

  mutating func failed(_ request: InFlightRequest, _ message: borrowing BinanceOrderMessage, _ stamp: ReceiveStamp) {
    let verdict = errors.verdict(status: message.status, code: message.errorCode, message: message.errorText)
    if verdict.reason == .timestampOutsideWindow, connections[active].due == .none { connections[active].due = .time }
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
      return restart(Int(request.connection))
    }
    emit(failure)
  }

  /// The venue's time: the first answer leads on to the limits.
  private mutating func handleTime(_ request: InFlightRequest, _ time: BinanceTime, _ stamp: ReceiveStamp) {
    _ = clock.update(
      sentNs: request.sentNs, venueNs: time.ns, resolutionNs: time.resolutionNs, receivedNs: stamp.timeNs)
    counters.clockOffsetNs.set(clock.offsetNs)
    counters.clockErrorNs.set(clock.errorNs)
    clockDueNs = stamp.timeNs &+ configuration.clockIntervalNs
    let connection = Int(request.connection)
    guard connections[connection].phase == .synchronising else { return }
    go(connection, to: .loadingLimits, .exchangeInfo)
  }

  private mutating func go(_ connection: Int, to phase: BinanceOrderPhase, _ due: BinanceRequestKind) {
    connections[connection].phase = phase
    connections[connection].due = due
  }

  private mutating func handleAccount(
    _ connection: Int, _ message: borrowing BinanceOrderMessage, _ stamp: ReceiveStamp
  ) {
    handleBalances(message.balances, isWhole: true, stamp)
    guard connections[connection].phase == .loadingBalances, establish(connection) else { return }
    counters.sessionsUp.add()
    emit(report(.sessionUp, InFlightRequest(), stamp))
  }
}
