// What the venue says of orders: placed, amended, cancelled, filled, expired; by answer or by user data event.

internal import Market
internal import Pipeline

// MARK: - Answers

extension BinanceOrderSession {
  /// The answer to a new order, with its immediate fills (`newOrderRespType` FULL).
  mutating func handlePlaced(
    _ request: InFlightRequest, _ message: borrowing BinanceOrderMessage, _ stamp: ReceiveStamp
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

  /// An amendment, from its answer or from the user stream: both say the same.
  mutating func handleAmended(_ about: ExecutionReport, _ fields: BinanceOrderFields) {
    var amended = about
    fill(&amended, fields)
    let position = instruments.find(amended.instrument)
    guard position >= 0,
      DecimalText.parse(fields.quantity.bytes, step: instruments[position].lot, into: &amended.quantity.lots) == .exact
    else {
      counters.decodeErrors.add()
      amended.kind = .unknown
      amended.reason = .incomplete
      return emit(amended)
    }
    emit(amended)
  }

  /// An order in an order list takes the whole list with it; the answer is then the list's, each order a report in it.
  mutating func handleCanceled(
    _ request: InFlightRequest, _ message: borrowing BinanceOrderMessage, _ stamp: ReceiveStamp
  ) {
    guard message.orderReports == nil else { return handleCanceledOrders(request, message.orderReports, stamp) }
    var canceled = report(.canceled, request, stamp)
    fill(&canceled, message.order)
    emit(canceled)
  }

  /// `openOrders.cancelAll`: an array of orders and of order lists, each with its `orderReports`.
  mutating func handleCanceledOrders(_ request: InFlightRequest, _ orders: JSONScanner?, _ stamp: ReceiveStamp) {
    guard var scanner = orders else { return }
    var count = 0
    scanner.beginArray()
    while scanner.nextElement(), count < Self.elementLimit {
      var element = BinanceOrderMessage()
      element.readOrder(&scanner)
      count &+= 1
      if let inner = element.orderReports {
        handleCanceledList(request, inner, &count, stamp)
      } else {
        emitCanceled(request, element.order, stamp)
      }
    }
  }

  private mutating func handleCanceledList(
    _ request: InFlightRequest, _ reports: JSONScanner, _ count: inout Int, _ stamp: ReceiveStamp
  ) {
    var scanner = reports
    scanner.beginArray()
    while scanner.nextElement(), count < Self.elementLimit {
      var element = BinanceOrderMessage()
      element.readOrder(&scanner)
      count &+= 1
      emitCanceled(request, element.order, stamp)
    }
  }

  private mutating func emitCanceled(
    _ request: InFlightRequest, _ fields: BinanceOrderFields, _ stamp: ReceiveStamp
  ) {
    guard fields.order.rawValue != 0 else { return counters.foreignOrders.add() }
    var about = request
    about.clientOrder = fields.order
    var canceled = report(.canceled, about, stamp)
    fill(&canceled, fields)
    emit(canceled)
  }
}

// MARK: - User data events

extension BinanceOrderSession {
  /// An execution report.
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
    case .replaced: return handleAmended(report(.amended, about, stamp), fields)
    case .tradePrevention: return handlePrevented(event, fields)
    case .canceled: event.kind = .canceled
    case .expired: event.kind = .expired
    case .rejected:
      event.kind = .rejected
      event.reason = .other
    case .other, .absent:
      // An execution type of tomorrow: whatever it did, the order's state can be asked for.
      counters.otherEvents.add()
      event.kind = .unknown
      event.reason = .other
    }
    if fields.status == .expiredInMatch { event.reason = .selfTradePrevented }
    emit(event)
  }

  /// Self-trade prevention: what it took off the order, and the order's end where nothing is left (faqs/stp_faq.md).
  private mutating func handlePrevented(_ event: ExecutionReport, _ fields: BinanceOrderFields) {
    var prevented = event
    let position = instruments.find(event.instrument)
    prevented.reason = .selfTradePrevented
    prevented.counterOrder = fields.counterOrder
    let isRead =
      position >= 0
      && DecimalText.parse(fields.prevented.bytes, step: instruments[position].lot, into: &prevented.quantity.lots)
        == .exact
    if isRead {
      counters.preventedMatches.add()
      prevented.kind = .prevented
      emit(prevented)
    }
    var end = event
    end.reason = .selfTradePrevented
    switch fields.status {
    case .expiredInMatch, .expired: end.kind = .expired
    default:
      guard !isRead else { return }
      counters.decodeErrors.add()
      end.kind = .unknown
      end.reason = .incomplete
    }
    emit(end)
  }
}

// MARK: - Fields

extension BinanceOrderSession {
  /// What every description of an order carries.
  func fill(_ report: inout ExecutionReport, _ fields: BinanceOrderFields) {
    report.side = fields.side
    report.isMaker = fields.isMaker
    report.venueOrder = fields.venueOrder
    report.orderState = fields.status.venueState
    report.venueTimeNs = fields.time.ns
    guard fields.executed.count > 0 else { return }
    let position = instruments.find(report.instrument)
    var lots: Int64 = 0
    if position >= 0, DecimalText.parse(fields.executed.bytes, step: instruments[position].lot, into: &lots) == .exact {
      report.cumulativeQuantity = Quantity(lots: lots)
    }
  }

  /// Reports a fill; one that cannot be read makes its order unknown, so that execution asks for it.
  private mutating func emitFill(_ order: ExecutionReport, _ fields: BinanceOrderFields, _ stamp: ReceiveStamp) {
    var fill = order
    if readFill(fields, &fill) {
      counters.fills.add()
      fill.kind = .fill
    } else {
      counters.decodeErrors.add()
      fill.kind = .unknown
      fill.reason = .other
    }
    emit(fill)
  }

  /// What a fill carries besides its order; false when a part of it is missing or cannot be expressed.
  func readFill(_ fields: BinanceOrderFields, _ fill: inout ExecutionReport) -> Bool {
    let position = instruments.find(fill.instrument)
    guard position >= 0, fields.trade >= 0 else { return false }
    let instrument = instruments[position]
    var level = BookLevel.none
    guard instrument.level(fields.lastPrice, fields.lastQuantity, &level) == .none,
      amount(fields.commission, &fill.amount), readQuote(fields, instrument, level, &fill.quoteAmount)
    else { return false }
    fill.price = level.price
    fill.quantity = level.quantity
    fill.trade = UInt64(fields.trade)
    fill.asset = ShortName(fields.commissionAsset.bytes) ?? ShortName.empty
    return true
  }

  /// The quote amount: the venue's own figure in events; in answers, which carry none, price times quantity, which the
  /// venue's steps make exact.
  private func readQuote(
    _ fields: BinanceOrderFields, _ instrument: Instrument, _ level: BookLevel, _ quote: inout Amount
  ) -> Bool {
    if fields.lastQuote.count > 0 { return amount(fields.lastQuote, &quote) }
    guard let product = notional(level.price, level.quantity, instrument.denomination, rounding: .down) else {
      return false
    }
    quote = product
    return true
  }

  func amount(_ text: JSONText, _ amount: inout Amount) -> Bool {
    DecimalText.parse(text.bytes, step: amountStep, into: &amount.units) == .exact
  }
}
