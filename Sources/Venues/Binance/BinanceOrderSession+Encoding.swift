// Requests in the venue's words: each writes the draft's text, parameters in the order of their names.
//
// Source: binance-spot-api-docs, web-socket-api.md, the section of each method; faqs/order_amend_keep_priority.md.

internal import Market
internal import Risk

extension BinanceOrderSession {
  /// What the session asks for itself.
  mutating func writeOwn(_ nowNs: Int64) {
    switch draft.request.kind {
    case .logOn: writeAuthenticated("session.logon", nowNs)
    case .subscribe where logsOn:
      writer.begin(identifier: draft.request.identifier, method: "userDataStream.subscribe")
      draft.text = writer.finish(signer, isSigned: false)
    case .subscribe: writeAuthenticated("userDataStream.subscribe.signature", nowNs)
    case .account: writeAccount(nowNs)
    case .exchangeInfo:
      // The limits are the venue's, not a symbol's; naming one keeps the answer short.
      writer.begin(identifier: draft.request.identifier, method: "exchangeInfo")
      writer.add("symbol", instruments[0].symbol)
      draft.text = writer.finish(signer, isSigned: false)
    default:
      writer.begin(identifier: draft.request.identifier, method: "time")
      draft.text = writer.finish(signer, isSigned: false)
    }
  }

  mutating func writeAccount(_ nowNs: Int64) {
    beginParameters("account.status")
    writer.add("omitZeroBalances", flag: true)
    endParameters(nowNs)
  }

  /// `order.cancel` and `order.status`; with `.none` `openOrders.cancelAll` and `openOrders.status`.
  mutating func writeOrderReference(_ method: StaticString, _ order: ClientOrderIdentifier, _ nowNs: Int64) {
    beginParameters(method)
    if order.rawValue != 0 { writer.add("origClientOrderId", order) }
    endParameters(nowNs, symbol: instruments[draft.request.instrument].symbol)
  }

  /// `myTrades`: a page from a trade on, or without one the latest page.
  mutating func writeTrades(from trade: UInt64, _ nowNs: Int64) {
    beginParameters("myTrades")
    if trade > 0 { writer.add("fromId", number: trade) }
    writer.add("limit", number: UInt64(GatewayRequest.tradesPerPage))
    endParameters(nowNs, symbol: instruments[draft.request.instrument].symbol)
  }

  /// `order.amend.keepPriority`: the order keeps its identifier, too.
  mutating func writeAmend(_ order: borrowing ApprovedOrder, _ instrument: Instrument, _ nowNs: Int64) {
    beginParameters("order.amend.keepPriority")
    writer.add("newClientOrderId", order.clientOrder)
    writer.add("newQty", order.quantity.lots, instrument.lot)
    writer.add("origClientOrderId", order.clientOrder)
    endParameters(nowNs, symbol: instrument.symbol)
  }

  /// `order.place`.
  mutating func write(_ order: borrowing ApprovedOrder, _ instrument: Instrument, _ nowNs: Int64) {
    beginParameters("order.place")
    writer.add("newClientOrderId", order.clientOrder)
    writer.add("newOrderRespType", "FULL")
    if order.type != .market { writer.add("price", order.price.ticks, instrument.tick) }
    writer.add("quantity", order.quantity.lots, instrument.lot)
    writer.add("recvWindow", number: configuration.recvWindowMs)
    if let mode = configuration.selfTradePrevention { writer.add("selfTradePreventionMode", mode.text) }
    writer.add("side", order.side == .buy ? "BUY" : "SELL")
    writer.add("symbol", instrument.symbol)
    if order.type == .limit { writer.add("timeInForce", Self.text(order.timeInForce)) }
    writer.add("timestamp", number: UInt64(clock.milliseconds(nowNs)))
    writer.add("type", Self.text(order.type))
    draft.text = writer.finish(signer, isSigned: !logsOn)
  }

  /// The parameter list of a request that is signed unless the session is logged on.
  private mutating func beginParameters(_ method: StaticString) {
    writer.begin(identifier: draft.request.identifier, method: method)
    if !logsOn { writer.addKey(apiKey) }
  }

  private mutating func endParameters(_ nowNs: Int64, symbol: ShortName? = nil) {
    writer.add("recvWindow", number: configuration.recvWindowMs)
    if let symbol { writer.add("symbol", symbol) }
    writer.add("timestamp", number: UInt64(clock.milliseconds(nowNs)))
    draft.text = writer.finish(signer, isSigned: !logsOn)
  }

  /// Requests that are signed in a logged-on session, too.
  private mutating func writeAuthenticated(_ method: StaticString, _ nowNs: Int64) {
    writer.begin(identifier: draft.request.identifier, method: method)
    writer.addKey(apiKey)
    writer.add("recvWindow", number: configuration.recvWindowMs)
    writer.add("timestamp", number: UInt64(clock.milliseconds(nowNs)))
    draft.text = writer.finish(signer, isSigned: true)
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
}
