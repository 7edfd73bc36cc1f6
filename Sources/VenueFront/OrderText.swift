// Orders, fills and balances in the words of Binance's JSON.

import Market
import Simulation

/// Writes one JSON object. Values given as `raw` are JSON already.
package struct ObjectText {
  private var members: [String] = []

  package init() {}

  package mutating func add(_ key: String, raw value: some CustomStringConvertible) {
    members.append("\"\(key)\":\(value)")
  }
  package mutating func add(_ key: String, _ value: String) { members.append("\"\(key)\":\(JSONValue.quote(value))") }
  package var text: String { "{" + members.joined(separator: ",") + "}" }
}

extension VenueOrder {
  var typeText: String {
    switch request.type {
    case .limit: "LIMIT"
    case .limitMaker: "LIMIT_MAKER"
    case .market: "MARKET"
    }
  }

  var timeInForceText: String {
    switch request.timeInForce {
    case .goodTilCanceled: "GTC"
    case .immediateOrCancel: "IOC"
    case .fillOrKill: "FOK"
    }
  }

  var sideText: String { request.side == .buy ? "BUY" : "SELL" }

  var statusText: String {
    switch status {
    case .new: "NEW"
    case .partiallyFilled: "PARTIALLY_FILLED"
    case .filled: "FILLED"
    case .canceled: "CANCELED"
    case .expired: "EXPIRED"
    case .expiredInMatch: "EXPIRED_IN_MATCH"
    }
  }

  var priceOrZero: Price { request.type == .market ? Price(ticks: 0) : request.price }
}

/// An order with the texts that the engine does not know.
package struct NamedOrder {
  package var order: VenueOrder
  package var symbol: String
  package var clientOrderId: String
  var scale: MoneyScale
  /// What the client is told times in.
  var timeUnit: TimeUnit

  /// The fields that replies to placing and cancelling share.
  func addDetails(to object: inout ObjectText) {
    object.add("price", scale.text(order.priceOrZero))
    object.add("origQty", scale.text(order.request.quantity))
    object.add("executedQty", scale.text(order.executed))
    object.add("origQuoteOrderQty", CoinText.text(0))
    object.add("cummulativeQuoteQty", CoinText.text(order.quoteExecuted.units))
    object.add("status", order.statusText)
    object.add("timeInForce", order.timeInForceText)
    object.add("type", order.typeText)
    object.add("side", order.sideText)
  }

  /// The reply to `order.place`: ACK stops after the time, FULL adds the fills.
  func placedText(_ detail: ResponseDetail, fills: [VenueFill]) -> String {
    var object = ObjectText()
    object.add("symbol", symbol)
    object.add("orderId", raw: order.id)
    object.add("orderListId", raw: -1)
    object.add("clientOrderId", clientOrderId)
    object.add("transactTime", raw: timeUnit.count(order.updatedNs))
    guard detail != .acknowledgement else { return object.text }
    addDetails(to: &object)
    object.add("workingTime", raw: timeUnit.count(order.createdNs))
    if detail == .full { object.add("fills", raw: "[" + fills.map(fillText).joined(separator: ",") + "]") }
    object.add("selfTradePreventionMode", "EXPIRE_TAKER")
    return object.text
  }

  private func fillText(_ fill: VenueFill) -> String {
    var object = ObjectText()
    object.add("price", scale.text(fill.price))
    object.add("qty", scale.text(fill.quantity))
    object.add("commission", CoinText.text(fill.commission.units))
    object.add("commissionAsset", fill.commissionAsset.text)
    object.add("tradeId", raw: fill.tradeId)
    return object.text
  }

  /// The reply to `order.cancel`, and one element of that to `openOrders.cancelAll`.
  func canceledText(cancelId: String) -> String {
    var object = ObjectText()
    object.add("symbol", symbol)
    object.add("origClientOrderId", clientOrderId)
    object.add("orderId", raw: order.id)
    object.add("orderListId", raw: -1)
    object.add("clientOrderId", cancelId)
    object.add("transactTime", raw: timeUnit.count(order.updatedNs))
    addDetails(to: &object)
    object.add("selfTradePreventionMode", "EXPIRE_TAKER")
    return object.text
  }

  /// The reply to `order.status`, and one element of that to `openOrders.status`.
  package var queriedText: String {
    var object = ObjectText()
    object.add("symbol", symbol)
    object.add("orderId", raw: order.id)
    object.add("orderListId", raw: -1)
    object.add("clientOrderId", clientOrderId)
    addDetails(to: &object)
    object.add("stopPrice", CoinText.text(0))
    object.add("icebergQty", CoinText.text(0))
    object.add("time", raw: timeUnit.count(order.createdNs))
    object.add("updateTime", raw: timeUnit.count(order.updatedNs))
    object.add("isWorking", raw: true)
    object.add("workingTime", raw: timeUnit.count(order.createdNs))
    object.add("selfTradePreventionMode", "EXPIRE_TAKER")
    return object.text
  }

  /// The event `executionReport` (user-data-stream.md).
  func executionReport(
    _ execution: String, fill: VenueFill? = nil, id: String, originalId: String, prevention: Prevention? = nil,
    executionId: UInt64, nowNs: Int64
  ) -> String {
    var object = ObjectText()
    object.add("e", "executionReport")
    object.add("E", raw: timeUnit.count(nowNs))
    object.add("s", symbol)
    object.add("c", id)
    object.add("S", order.sideText)
    object.add("o", order.typeText)
    object.add("f", order.timeInForceText)
    object.add("q", scale.text(order.request.quantity))
    object.add("p", scale.text(order.priceOrZero))
    object.add("P", CoinText.text(0))
    object.add("F", CoinText.text(0))
    object.add("g", raw: -1)
    object.add("C", originalId)
    object.add("x", execution)
    object.add("X", order.statusText)
    object.add("r", "NONE")
    object.add("i", raw: order.id)
    object.add("l", scale.text(fill?.quantity ?? .zero))
    object.add("z", scale.text(order.executed))
    object.add("L", scale.text(fill?.price ?? Price(ticks: 0)))
    object.add("n", fill.map { CoinText.text($0.commission.units) } ?? "0")
    object.add("N", raw: fill.map { JSONValue.quote($0.commissionAsset.text) } ?? "null")
    object.add("T", raw: timeUnit.count(order.updatedNs))
    object.add("t", raw: fill.map { Int64($0.tradeId) } ?? -1)
    object.add("I", raw: executionId)
    object.add("w", raw: order.status.isOpen)
    object.add("m", raw: fill?.isMaker ?? false)
    object.add("M", raw: false)
    object.add("O", raw: timeUnit.count(order.createdNs))
    object.add("Z", CoinText.text(order.quoteExecuted.units))
    object.add("Y", CoinText.text(fill?.notional.units ?? 0))
    object.add("Q", CoinText.text(0))
    object.add("W", raw: timeUnit.count(order.createdNs))
    object.add("V", "EXPIRE_TAKER")
    if let prevention { add(prevention, to: &object) }
    return object.text
  }

  /// What self-trade prevention adds to a report (user-data-stream.md, "Conditional Fields in Execution Report").
  private func add(_ prevention: Prevention, to object: inout ObjectText) {
    object.add("v", raw: prevention.matchId)
    object.add("A", scale.text(prevention.quantity))
    object.add("B", scale.text(prevention.quantity))
    object.add("u", raw: prevention.counterOrderId)
    object.add("U", raw: prevention.counterOrderId)
    object.add("Cs", symbol)
    object.add("pl", scale.text(prevention.quantity))
    object.add("pL", scale.text(prevention.price))
    object.add("pY", CoinText.text(scale.notional(prevention.price, prevention.quantity)?.units ?? 0))
  }

  /// The reply to `order.amend.keepPriority`.
  func amendedText(originalId: String, executionId: UInt64) -> String {
    var object = ObjectText()
    object.add("symbol", symbol)
    object.add("orderId", raw: order.id)
    object.add("orderListId", raw: -1)
    object.add("origClientOrderId", originalId)
    object.add("clientOrderId", clientOrderId)
    object.add("price", scale.text(order.request.price))
    object.add("qty", scale.text(order.request.quantity))
    object.add("executedQty", scale.text(order.executed))
    object.add("preventedQty", CoinText.text(0))
    object.add("quoteOrderQty", CoinText.text(0))
    object.add("cumulativeQuoteQty", CoinText.text(order.quoteExecuted.units))
    object.add("status", order.statusText)
    object.add("timeInForce", order.timeInForceText)
    object.add("type", order.typeText)
    object.add("side", order.sideText)
    object.add("workingTime", raw: timeUnit.count(order.createdNs))
    object.add("selfTradePreventionMode", "EXPIRE_TAKER")
    let time = timeUnit.count(order.updatedNs)
    return #"{"transactTime":\#(time),"executionId":\#(executionId),"amendedOrder":\#(object.text)}"#
  }
}

/// An element of the reply to `myTrades`.
package func tradeText(
  _ fill: VenueFill, symbol: String, scale: MoneyScale, _ unit: TimeUnit = .millisecond
) -> String {
  var object = ObjectText()
  object.add("symbol", symbol)
  object.add("id", raw: fill.tradeId)
  object.add("orderId", raw: fill.orderId)
  object.add("orderListId", raw: -1)
  object.add("price", scale.text(fill.price))
  object.add("qty", scale.text(fill.quantity))
  object.add("quoteQty", CoinText.text(fill.notional.units))
  object.add("commission", CoinText.text(fill.commission.units))
  object.add("commissionAsset", fill.commissionAsset.text)
  object.add("time", raw: unit.count(fill.timeNs))
  object.add("isBuyer", raw: fill.side == .buy)
  object.add("isMaker", raw: fill.isMaker)
  object.add("isBestMatch", raw: true)
  return object.text
}

/// `newOrderRespType`.
enum ResponseDetail: String {
  case acknowledgement = "ACK"
  case result = "RESULT"
  case full = "FULL"
}

/// The event `outboundAccountPosition`.
///
/// - Parameter time: now, in the client's unit.
func accountPosition(_ balances: [AssetBalance], time: Int64) -> String {
  let list = balances.map {
    #"{"a":"\#($0.asset.text)","f":"\#(CoinText.text($0.free.units))","l":"\#(CoinText.text($0.locked.units))"}"#
  }
  return #"{"e":"outboundAccountPosition","E":\#(time),"u":\#(time),"B":[\#(list.joined(separator: ","))]}"#
}

/// The reply to `account.status`.
///
/// - Parameter time: now, in the client's unit.
func accountText(_ balances: [AssetBalance], rates: FeeTier, time: Int64) -> String {
  let list = balances.map {
    #"{"asset":"\#($0.asset.text)","free":"\#(CoinText.text($0.free.units))","#
      + #""locked":"\#(CoinText.text($0.locked.units))"}"#
  }
  // The old integer fields count in parts of 10^-4.
  let (maker, taker) = (rates.maker / 10_000, rates.taker / 10_000)
  return #"{"makerCommission":\#(maker),"takerCommission":\#(taker),"buyerCommission":0,"sellerCommission":0,"#
    + #""commissionRates":{"maker":"\#(CoinText.text(rates.maker))","taker":"\#(CoinText.text(rates.taker))","#
    + #""buyer":"0.00000000","seller":"0.00000000"},"canTrade":true,"canWithdraw":false,"canDeposit":false,"#
    + #""brokered":false,"requireSelfTradePrevention":false,"preventSor":false,"updateTime":\#(time),"#
    + #""accountType":"SPOT","balances":[\#(list.joined(separator: ","))],"permissions":["SPOT"],"uid":1}"#
}
