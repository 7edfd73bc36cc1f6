// Placing, cancelling and querying orders: text in, engine inputs out.

import Market
import Simulation

extension Exchange {
  func requireInstrument(_ parameters: Parameters) throws(APIError) -> Instrument {
    guard let instrument = instrument(try parameters.required("symbol")) else { throw .invalidSymbol }
    return instrument
  }

  func place(
    _ parameters: Parameters, isTest: Bool, _ unit: TimeUnit, reply: (APIResult) -> Void
  ) throws(APIError) {
    let instrument = try requireInstrument(parameters)
    let request = try readOrder(parameters, instrument)
    let clientOrderId = try parameters.clientOrderId("newClientOrderId")
    let detail = try responseDetail(parameters, request.type)
    if let clientOrderId, !isTest { note(placementOf: clientOrderId) }
    if let clientOrderId, find(clientOrderId: clientOrderId)?.status.isOpen == true { throw .duplicateOrder }
    if isTest {
      if case .refused(_, let refusal)? = apply(.test(request)).first { throw APIError(refusal) }
      return reply(.success("{}"))
    }
    try countOrder()
    let events = apply(.place(request))
    if case .refused(_, let refusal)? = events.first { throw APIError(refusal) }
    guard case .accepted(let accepted)? = events.first, let order = engine.find(orderId: accepted.id) else {
      preconditionFailure("an order is accepted or refused before anything else happens to it")
    }
    name(order, clientOrderId ?? generateId())
    let fills = events.compactMap { event -> VenueFill? in
      if case .filled(let filled, let fill) = event, filled.id == order.id { fill } else { nil }
    }
    reply(.success(named(order, unit).placedText(detail, fills: fills)))
    tell(events)
  }

  func cancel(_ parameters: Parameters, _ unit: TimeUnit, reply: (APIResult) -> Void) throws(APIError) {
    let order = try findOrder(parameters, else: .unknownOrder)
    let cancelId = try parameters.clientOrderId("newClientOrderId") ?? generateId()
    let events = apply(.cancel(orderId: order.id))
    guard case .canceled(let canceled)? = events.first else { throw .unknownOrder }
    reply(.success(named(canceled, unit).canceledText(cancelId: cancelId)))
    tell(events, cancelId: cancelId)
  }

  func cancelAll(_ parameters: Parameters, _ unit: TimeUnit, reply: (APIResult) -> Void) throws(APIError) {
    let events = apply(.cancelAll(try requireInstrument(parameters).index))
    let cancelId = generateId()
    let canceled = events.compactMap { event -> String? in
      if case .canceled(let order) = event { named(order, unit).canceledText(cancelId: cancelId) } else { nil }
    }
    guard !canceled.isEmpty else { throw .unknownOrder }
    reply(.success("[" + canceled.joined(separator: ",") + "]"))
    tell(events, cancelId: cancelId)
  }

  func amend(_ parameters: Parameters, _ unit: TimeUnit, reply: (APIResult) -> Void) throws(APIError) {
    let old = try findOrder(parameters, else: APIError(.notOpen))
    let oldName = named(old).clientOrderId
    let units = try parameters.units("newQty")
    let newName = try parameters.clientOrderId("newClientOrderId") ?? generateId()
    if newName != oldName, find(clientOrderId: newName)?.status.isOpen == true { throw .duplicateOrder }
    let scale = scale(engine.instruments[Int(old.request.instrument.rawValue)])
    guard units % scale.unitsPerLot == 0 else { throw .filter("LOT_SIZE") }
    let events = apply(.amend(orderId: old.id, quantity: Quantity(lots: units / scale.unitsPerLot)))
    if case .amendRefused(_, let refusal)? = events.first { throw APIError(refusal) }
    guard case .amended(let amended)? = events.first else {
      preconditionFailure("an order is amended or not before anything else happens to it")
    }
    rename(amended, newName)
    reply(.success(named(amended, unit).amendedText(originalId: oldName, executionId: lastExecutionId + 1)))
    tell(events, amendedFrom: oldName)
  }

  func openOrdersText(_ parameters: Parameters, _ unit: TimeUnit) throws(APIError) -> String {
    let wanted = parameters["symbol"] == nil ? engine.instruments : [try requireInstrument(parameters)]
    let orders = wanted.flatMap { engine.openOrders($0.index) }.sorted { $0.id < $1.id }
    return "[" + orders.map { named($0, unit).queriedText }.joined(separator: ",") + "]"
  }

  /// The order named by `orderId` or `origClientOrderId`.
  func findOrder(_ parameters: Parameters, else unknown: APIError) throws(APIError) -> VenueOrder {
    let instrument = try requireInstrument(parameters)
    let found: VenueOrder?
    if let id = try parameters.unsigned("orderId") {
      found = engine.find(orderId: id)
    } else if let name = try parameters.clientOrderId("origClientOrderId") {
      found = find(clientOrderId: name)
    } else {
      throw .neitherOrderId
    }
    guard let found, found.request.instrument == instrument.index else { throw unknown }
    return found
  }

  private func readOrder(_ parameters: Parameters, _ instrument: Instrument) throws(APIError) -> PlaceOrder {
    let scale = scale(instrument)
    let side = try readSide(parameters)
    let type = try readType(parameters)
    var request = PlaceOrder(instrument: instrument.index, side: side, type: type, quantity: .zero)
    switch type {
    case .limit: request.timeInForce = try readTimeInForce(parameters)
    case .limitMaker, .market:
      if parameters["timeInForce"] != nil { throw .notRequired("timeInForce") }
    }
    if type == .market {
      if parameters["price"] != nil { throw .notRequired("price") }
      if parameters["quoteOrderQty"] != nil { throw .quoteQuantity }
    } else {
      let price = try parameters.units("price")
      guard price % scale.unitsPerTick == 0 else { throw .filter("PRICE_FILTER") }
      request.price = Price(ticks: price / scale.unitsPerTick)
    }
    let quantity = try parameters.units("quantity")
    guard quantity % scale.unitsPerLot == 0 else { throw .filter("LOT_SIZE") }
    request.quantity = Quantity(lots: quantity / scale.unitsPerLot)
    return request
  }

  private func readSide(_ parameters: Parameters) throws(APIError) -> Side {
    switch try parameters.required("side") {
    case "BUY": return .buy
    case "SELL": return .sell
    default: throw .invalidSide
    }
  }

  private func readType(_ parameters: Parameters) throws(APIError) -> OrderType {
    switch try parameters.required("type") {
    case "LIMIT": return .limit
    case "LIMIT_MAKER": return .limitMaker
    case "MARKET": return .market
    default: throw .invalidOrderType
    }
  }

  private func readTimeInForce(_ parameters: Parameters) throws(APIError) -> TimeInForce {
    switch try parameters.required("timeInForce") {
    case "GTC": return .goodTilCanceled
    case "IOC": return .immediateOrCancel
    case "FOK": return .fillOrKill
    default: throw .invalidTimeInForce
    }
  }

  /// FULL is the default of MARKET and LIMIT orders, ACK of all others (rest-api.md, "New order").
  private func responseDetail(_ parameters: Parameters, _ type: OrderType) throws(APIError) -> ResponseDetail {
    guard let text = parameters["newOrderRespType"] else { return type == .limitMaker ? .acknowledgement : .full }
    guard let detail = ResponseDetail(rawValue: text) else { throw .invalidData("newOrderRespType") }
    return detail
  }
}
