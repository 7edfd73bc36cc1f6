// What answers and user data events mean: reports to execution, and the session's way from open to up.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  mutating func succeeded(_ request: InFlightRequest, _ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    switch request.kind {
    case .time: handleTime(request, message.serverTimeMs, stamp)
    case .logOn:
      phase = .subscribing
      due = .subscribe
    case .subscribe:
      phase = .loadingBalances
      due = .account
    case .account: handleAccount(message, stamp)
    case .place: handlePlaced(request, message, stamp)
    case .cancel:
      var canceled = report(.canceled, request, stamp)
      fill(&canceled, message.order)
      emit(canceled)
    case .cancelAll: handleCanceledOrders(request, message.orders, stamp)
    case .queryStatus:
      var status = report(.status, request, stamp)
      fill(&status, message.order)
      _ = amount(message.order.executedQuote, &status.quoteAmount)  // stays 0 where the venue has none
      emit(status)
    case .openOrders, .trades, .none: break
    }
  }

  mutating func failed(_ request: InFlightRequest, _ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    let rule = errors.rule(status: message.status, code: message.errorCode, message: message.errorText)
    if rule.reason == .timestampOutsideWindow { due = due == .none ? .time : due }
    if message.status == 429 || message.status == 418 {
      // Nothing more in this minute, cancels included: the venue would answer with a ban.
      budget.countRequest(weight: configuration.limits.weightPerMinute, venueMs: clock.milliseconds(stamp.timeNs))
    }
    var failure = report(.rejected, request, stamp)
    failure.reason = rule.reason
    failure.venueCode = Int32(truncatingIfNeeded: message.errorCode)
    switch request.kind {
    case .place:
      failure.kind = rule.isOutcomeUnknown ? .unknown : .rejected
      counters.rejects.add()
    case .cancel, .cancelAll: failure.kind = rule.isOutcomeUnknown ? .unknown : .cancelRejected
    case .queryStatus:
      failure.kind = rule.reason == .unknownOrder ? .status : .unknown
      failure.orderState = .notFound
    default:
      counters.sessionErrors.add()
      closeIsDue = phase != .up
      return
    }
    emit(failure)
  }

  /// The venue's time: the first answer leads on to the logon.
  private mutating func handleTime(_ request: InFlightRequest, _ serverTimeMs: Int64, _ stamp: ReceiveStamp) {
    _ = clock.update(sentNs: request.sentNs, venueMs: serverTimeMs, receivedNs: stamp.timeNs)
    counters.clockOffsetNs.set(clock.offsetNs)
    counters.clockErrorNs.set(clock.errorNs)
    clockDueNs = stamp.timeNs &+ configuration.clockIntervalNs
    guard phase == .synchronising else { return }
    phase = logsOn ? .loggingOn : .subscribing
    due = logsOn ? .logOn : .subscribe
  }

  private mutating func handleAccount(_ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    handleBalances(message.balances, isWhole: true, stamp)
    guard phase == .loadingBalances else { return }
    phase = .up
    counters.sessionsUp.add()
    emit(report(.sessionUp, InFlightRequest(), stamp))
  }

  /// The answer to a new order, with its immediate fills (`newOrderRespType` FULL).
  private mutating func handlePlaced(
    _ request: InFlightRequest, _ message: BinanceOrderMessage, _ stamp: ReceiveStamp
  ) {
    var outcome = report(.acknowledged, request, stamp)
    fill(&outcome, message.order)
    if message.order.status != .rejected { emit(outcome) }
    if let fills = message.fills { handleFills(fills, outcome, stamp) }
    switch message.order.status {
    case .canceled: outcome.kind = .canceled
    case .expired, .expiredInMatch: outcome.kind = .expired
    case .rejected: outcome.kind = .rejected
    default: return
    }
    if message.order.status == .expiredInMatch { outcome.reason = .selfTradePrevented }
    emit(outcome)
  }

  /// `[{"price":…,"qty":…,"commission":…,"commissionAsset":…,"tradeId":…}]`
  private mutating func handleFills(_ array: JSONScanner, _ order: ExecutionReport, _ stamp: ReceiveStamp) {
    var scanner = array
    var count = 0
    scanner.beginArray()
    while scanner.nextElement(), count < Self.elementLimit {
      var fields = BinanceOrderFields()
      scanner.beginObject()
      while let key = scanner.nextKey() {
        if key.equals("price") {
          fields.lastPrice = scanner.string()
        } else if key.equals("qty") {
          fields.lastQuantity = scanner.string()
        } else if key.equals("commission") {
          fields.commission = scanner.string()
        } else if key.equals("commissionAsset") {
          fields.commissionAsset = scanner.string()
        } else if key.equals("tradeId") {
          fields.trade = scanner.integer()
        } else {
          scanner.skipValue()
        }
      }
      count &+= 1
      emitFill(order, fields, stamp)
    }
  }

  private mutating func handleCanceledOrders(
    _ request: InFlightRequest, _ orders: JSONScanner?, _ stamp: ReceiveStamp
  ) {
    guard var scanner = orders else { return }
    var count = 0
    scanner.beginArray()
    while scanner.nextElement(), count < Self.elementLimit {
      var element = BinanceOrderMessage()
      element.readOrder(&scanner)
      count &+= 1
      guard element.order.order.rawValue != 0 else {
        counters.foreignOrders.add()
        continue
      }
      var about = request
      about.clientOrder = element.order.order
      var canceled = report(.canceled, about, stamp)
      fill(&canceled, element.order)
      emit(canceled)
    }
  }

  /// An execution report of the user stream.
  mutating func handleExecution(_ fields: BinanceOrderFields, _ stamp: ReceiveStamp) {
    var about = InFlightRequest()
    about.clientOrder = fields.order
    about.instrument = instruments.find(fields.symbol)
    guard about.clientOrder.rawValue != 0, about.instrument >= 0 else { return counters.foreignOrders.add() }
    var event = report(.acknowledged, about, stamp)
    fill(&event, fields)
    switch fields.execution {
    case .new: break
    case .trade: return emitFill(event, fields, stamp)
    case .canceled: event.kind = .canceled
    case .expired: event.kind = .expired
    case .rejected:
      event.kind = .rejected
      event.reason = .other
    case .other, .absent:
      guard fields.status == .expiredInMatch else { return }
      event.kind = .expired
    }
    if fields.status == .expiredInMatch { event.reason = .selfTradePrevented }
    emit(event)
  }

  /// `[{"asset" or "a":…,"free" or "f":…,"locked" or "l":…}]`
  ///
  /// - Parameter isWhole: assets that are missing have no balance (`account.status` omits zeros).
  mutating func handleBalances(_ array: JSONScanner?, isWhole: Bool, _ stamp: ReceiveStamp) {
    var told: UInt64 = 0
    if var scanner = array {
      var count = 0
      scanner.beginArray()
      while scanner.nextElement(), count < Self.elementLimit {
        count &+= 1
        handleBalance(&scanner, &told, stamp)
      }
    }
    guard isWhole else { return }
    for i in 0..<assets.count where told & 1 << UInt64(i) == 0 { emitBalance(assets[i], .zero, .zero, stamp) }
  }

  private mutating func handleBalance(_ scanner: inout JSONScanner, _ told: inout UInt64, _ stamp: ReceiveStamp) {
    var name = JSONText.empty
    var free = JSONText.empty
    var locked = JSONText.empty
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("asset") || key.equals("a") {
        name = scanner.string()
      } else if key.equals("free") || key.equals("f") {
        free = scanner.string()
      } else if key.equals("locked") || key.equals("l") {
        locked = scanner.string()
      } else {
        scanner.skipValue()
      }
    }
    var freeAmount = Amount.zero
    var lockedAmount = Amount.zero
    guard let asset = ShortName(name.bytes), amount(free, &freeAmount), amount(locked, &lockedAmount) else {
      return counters.decodeErrors.add()
    }
    for i in 0..<assets.count where assets[i].equals(name) { told |= 1 << UInt64(i) }
    emitBalance(asset, freeAmount, lockedAmount, stamp)
  }
}

// MARK: - Reports

extension BinanceOrderSession {
  /// What every description of an order carries.
  private func fill(_ report: inout ExecutionReport, _ fields: BinanceOrderFields) {
    report.side = fields.side
    report.isMaker = fields.isMaker
    report.venueOrder = fields.venueOrder
    report.orderState = fields.status.venueState
    report.venueTimeNs = nanoseconds(milliseconds: fields.timeMs)
    guard fields.executed.count > 0 else { return }
    let position = instruments.find(report.instrument)
    var lots: Int64 = 0
    if position >= 0, DecimalText.parse(fields.executed.bytes, step: instruments[position].lot, into: &lots) == .exact {
      report.cumulativeQuantity = Quantity(lots: lots)
    }
  }

  /// Reports a fill; one that cannot be read makes its order unknown, so that execution asks for it.
  private mutating func emitFill(_ order: ExecutionReport, _ fields: BinanceOrderFields, _ stamp: ReceiveStamp) {
    let position = instruments.find(order.instrument)
    guard position >= 0 else { return counters.decodeErrors.add() }
    let instrument = instruments[position]
    var level = BookLevel.none
    var fill = order
    guard fields.trade >= 0, instrument.level(fields.lastPrice, fields.lastQuantity, &level) == .none,
      amount(fields.commission, &fill.amount), readQuote(fields, instrument, level, &fill.quoteAmount)
    else {
      counters.decodeErrors.add()
      fill.kind = .unknown
      fill.reason = .other
      return emit(fill)
    }
    fill.kind = .fill
    fill.price = level.price
    fill.quantity = level.quantity
    fill.trade = UInt64(fields.trade)
    fill.asset = ShortName(fields.commissionAsset.bytes) ?? ShortName.empty
    counters.fills.add()
    emit(fill)
  }

  /// The quote amount: the venue's own figure in events; in answers, which carry none, price times quantity, which the
  /// venue's steps make exact.
  private func readQuote(
    _ fields: BinanceOrderFields, _ instrument: Instrument, _ level: BookLevel, _ quote: inout Amount
  ) -> Bool {
    if fields.lastQuote.count > 0 { return amount(fields.lastQuote, &quote) }
    guard let product = notional(level.price, level.quantity, instrument, rounding: .down) else { return false }
    quote = product
    return true
  }

  private mutating func emitBalance(_ asset: ShortName, _ free: Amount, _ locked: Amount, _ stamp: ReceiveStamp) {
    var balance = report(.balance, InFlightRequest(), stamp)
    balance.asset = asset
    balance.amount = free
    balance.lockedAmount = locked
    emit(balance)
  }

  private func amount(_ text: JSONText, _ amount: inout Amount) -> Bool {
    DecimalText.parse(text.bytes, step: amountStep, into: &amount.units) == .exact
  }
}
