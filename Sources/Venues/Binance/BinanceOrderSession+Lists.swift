// Answers that tell of orders and trades as the venue holds them: status, open orders, trades.
//
// These are what reconciliation rests on, so they are read strictly: an order or trade that cannot be expressed in
// ticks and lots, or a list beyond its bound, makes the answer a failed one and never a shorter one.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  /// `order.status`.
  mutating func handleStatus(_ request: InFlightRequest, _ fields: BinanceOrderFields, _ stamp: ReceiveStamp) {
    var status = report(.status, request, stamp)
    if !readStatus(fields, &status) {
      counters.decodeErrors.add()
      status.kind = .unknown
      status.reason = .incomplete
    }
    emit(status)
  }

  /// `openOrders.status`.
  mutating func handleOpenOrders(_ request: InFlightRequest, _ list: JSONScanner?, _ stamp: ReceiveStamp) {
    guard var scanner = list else { return endList(.listFailed, request, 0, stamp) }
    var count = 0
    scanner.beginArray()
    while scanner.nextElement() {
      var element = BinanceOrderMessage()
      element.readOrder(&scanner)
      var about = request
      about.clientOrder = element.order.order
      var status = report(.status, about, stamp)
      guard count < Self.listLimit, isOf(request, element.order), readStatus(element.order, &status) else {
        return endList(.listFailed, request, count, stamp)
      }
      count &+= 1
      emit(status)
    }
    endList(.openOrdersListed, request, count, stamp)
  }

  /// `myTrades`.
  mutating func handleTrades(_ request: InFlightRequest, _ list: JSONScanner?, _ stamp: ReceiveStamp) {
    guard var scanner = list else { return endList(.listFailed, request, 0, stamp) }
    var count = 0
    scanner.beginArray()
    while scanner.nextElement() {
      var fields = BinanceOrderFields()
      fields.readTrade(&scanner)
      var trade = report(.fill, request, stamp)
      fill(&trade, fields)
      guard count < Self.listLimit, isOf(request, fields), readFill(fields, &trade) else {
        return endList(.listFailed, request, count, stamp)
      }
      count &+= 1
      emit(trade)
    }
    endList(.tradesListed, request, count, stamp)
  }

  private mutating func endList(
    _ kind: ReportKind, _ request: InFlightRequest, _ count: Int, _ stamp: ReceiveStamp
  ) {
    var end = report(kind, request, stamp)
    end.trade = UInt64(count)
    if kind == .listFailed {
      counters.decodeErrors.add()
      end.reason = .incomplete
    }
    emit(end)
  }

  private func isOf(_ request: InFlightRequest, _ fields: BinanceOrderFields) -> Bool {
    instruments.find(fields.symbol) == request.instrument && fields.venueOrder > 0
  }

  /// Everything that a status report carries; false when a part of it is missing or cannot be expressed.
  private func readStatus(_ fields: BinanceOrderFields, _ status: inout ExecutionReport) -> Bool {
    fill(&status, fields)
    let position = instruments.find(status.instrument)
    guard position >= 0, status.orderState != .none else { return false }
    let instrument = instruments[position]
    var executed: Int64 = 0
    guard DecimalText.parse(fields.executed.bytes, step: instrument.lot, into: &executed) == .exact,
      DecimalText.parse(fields.quantity.bytes, step: instrument.lot, into: &status.quantity.lots) == .exact,
      DecimalText.parse(fields.price.bytes, step: instrument.tick, into: &status.price.ticks) == .exact,
      executed >= 0, status.quantity.lots >= executed, status.price.ticks >= 0
    else { return false }
    // Negative where the venue no longer has the figure (web-socket-api.md, "Query order"): it stays 0 then.
    if !amount(fields.executedQuote, &status.quoteAmount) || status.quoteAmount.units < 0 {
      status.quoteAmount = .zero
    }
    return true
  }
}

extension BinanceOrderFields {
  /// Reads an element of `myTrades` that the scanner stands before.
  mutating func readTrade(_ scanner: inout JSONScanner) {
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("symbol") {
        symbol = scanner.string()
      } else if key.equals("id") {
        trade = scanner.integer()
      } else if key.equals("orderId") {
        venueOrder = scanner.unsigned()
      } else if key.equals("price") {
        lastPrice = scanner.string()
      } else if key.equals("qty") {
        lastQuantity = scanner.string()
      } else if key.equals("quoteQty") {
        lastQuote = scanner.string()
      } else if key.equals("commission") {
        commission = scanner.string()
      } else if key.equals("commissionAsset") {
        commissionAsset = scanner.string()
      } else if key.equals("time") {
        time = BinanceTime(scanner.integer())
      } else if key.equals("isBuyer") {
        side = scanner.boolean() ? .buy : .sell
      } else if key.equals("isMaker") {
        isMaker = scanner.boolean()
      } else {
        scanner.skipValue()
      }
    }
  }
}
