// The methods of the API, by the names of the WebSocket API; REST routes lead to the same ones.

import Market
import Simulation

/// Who may call a method (web-socket-api.md, "Request security").
enum Security {
  case none
  /// A key and a signature, or a session that is logged on; and a time.
  case userData
  /// The same of a key that may trade.
  case trade
}

package enum Method: String, CaseIterable {
  case ping
  case time
  case exchangeInfo
  case depth
  case logon = "session.logon"
  case status = "session.status"
  case logout = "session.logout"
  case place = "order.place"
  case test = "order.test"
  case query = "order.status"
  case cancel = "order.cancel"
  case amend = "order.amend.keepPriority"
  case openOrders = "openOrders.status"
  case cancelAll = "openOrders.cancelAll"
  case allOrders
  case myTrades
  case account = "account.status"
  case subscribe = "userDataStream.subscribe"
  case subscribeSigned = "userDataStream.subscribe.signature"
  case unsubscribe = "userDataStream.unsubscribe"

  var security: Security {
    switch self {
    case .ping, .time, .exchangeInfo, .depth, .status, .logout, .subscribe, .unsubscribe: .none
    case .logon, .query, .openOrders, .allOrders, .myTrades, .account, .subscribeSigned: .userData
    case .place, .test, .cancel, .cancelAll, .amend: .trade
    }
  }

  /// Request weight, as documented with each request.
  func weight(_ parameters: Parameters) -> Int {
    switch self {
    case .exchangeInfo, .account, .allOrders: 20
    case .myTrades: parameters["orderId"] == nil ? 20 : 5
    case .depth:
      switch parameters["limit"].flatMap(Int.init) ?? 100 {
      case ...100: 5
      case ...500: 25
      case ...1_000: 50
      default: 250
      }
    case .query, .amend: 4
    case .openOrders: parameters["symbol"] == nil ? 80 : 6
    case .logon, .status, .logout, .subscribe, .subscribeSigned, .unsubscribe: 2
    case .ping, .time, .place, .test, .cancel, .cancelAll: 1
    }
  }

  /// Whether the reply's rate limits include the order counts.
  package var countsOrders: Bool { self == .place }
}

/// What a request came to: the result as JSON text.
package typealias APIResult = Result<String, APIError>

extension Exchange {
  /// Handles one request. `reply` is called once: at once, or for `depth` when the market's snapshot has been played.
  /// The events that the request caused are told after its reply.
  package func handle(
    _ method: Method, _ parameters: Parameters, key: String?, session: APISession,
    reply: @escaping (APIResult) -> Void
  ) {
    do throws(APIError) {
      let now = nowNs()
      let unit = session.timeUnit
      try count(weight: method.weight(parameters), nowNs: now)
      try authorize(method, parameters, key: key, session: session, nowNs: now)
      switch method {
      case .depth: try depth(parameters, reply: reply)
      case .place, .test: try place(parameters, isTest: method == .test, unit, reply: reply)
      case .cancel: try cancel(parameters, unit, reply: reply)
      case .cancelAll: try cancelAll(parameters, unit, reply: reply)
      case .amend: try amend(parameters, unit, reply: reply)
      case .query: reply(.success(named(try findOrder(parameters, else: .noSuchOrder), unit).queriedText))
      case .openOrders: reply(.success(try openOrdersText(parameters, unit)))
      case .allOrders: reply(.success(try allOrdersText(parameters, unit)))
      case .myTrades: reply(.success(try myTradesText(parameters, unit)))
      case .account:
        reply(.success(accountText(engine.balances, rates: engine.models.fees.firstTier, time: unit.count(now))))
      case .ping: reply(.success("{}"))
      case .time: reply(.success(#"{"serverTime":\#(unit.count(now))}"#))
      case .exchangeInfo: reply(.success(try exchangeInfo(parameters, unit)))
      case .logon, .status, .logout, .subscribe, .subscribeSigned, .unsubscribe:
        reply(.success(try sessionMethod(method, parameters, key: key, session: session)))
      }
    } catch {
      reply(.failure(error))
    }
  }

  private func authorize(
    _ method: Method, _ parameters: Parameters, key: String?, session: APISession, nowNs: Int64
  ) throws(APIError) {
    guard method.security != .none else { return }
    if method == .logon { try keys.requireLogonKey(try keys.requireKnown(key)) }
    let usesLogon = session.logonKey != nil && key == nil && method != .logon && method != .subscribeSigned
    if !usesLogon { _ = try keys.verify(parameters, by: key) }
    if method.security == .trade { try keys.requireTrading(usesLogon ? session.logonKey : key) }
    try KeyRing.checkTime(parameters, nowNs: nowNs)
  }

  private func sessionMethod(
    _ method: Method, _ parameters: Parameters, key: String?, session: APISession
  ) throws(APIError) -> String {
    guard !session.isREST else { throw .unknownMethod }
    let now = nowNs()
    let returnsLimits = parameters["returnRateLimits"] != "false"
    switch method {
    case .logon:
      session.logonKey = key
      session.authorizedNs = now
    case .logout:
      session.logonKey = nil
      session.authorizedNs = nil
    case .subscribe, .subscribeSigned:
      guard method == .subscribeSigned || session.logonKey != nil else { throw .rejectedKey }
      guard session.subscriptions.isEmpty else { throw .alreadySubscribed }
      return #"{"subscriptionId":\#(session.subscribe())}"#
    case .unsubscribe:
      guard !session.subscriptions.isEmpty else { throw .notSubscribed }
      session.subscriptions = []
      return "{}"
    default: break
    }
    return session.statusText(nowNs: now, returnRateLimits: returnsLimits)
  }

  private func depth(_ parameters: Parameters, reply: @escaping (APIResult) -> Void) throws(APIError) {
    let instrument = try requireInstrument(parameters)
    let limit = Int(clamping: min(try parameters.unsigned("limit") ?? 100, 5_000))
    let current = { [self] () -> String? in
      let market = engine.markets[Int(instrument.index.rawValue)]
      return market.depthUpdateId.map {
        market.depth.snapshotText(scale: scale(instrument), updateId: $0, limit: limit)
      }
    }
    snapshots.request(instrument.symbol.text, current: current) { text in
      reply(text.map { .success($0) } ?? .failure(.noDepth))
    }
  }

  private func exchangeInfo(_ parameters: Parameters, _ unit: TimeUnit) throws(APIError) -> String {
    var wanted = engine.instruments
    if parameters["symbol"] != nil {
      wanted = [try requireInstrument(parameters)]
    } else if let list = parameters["symbols"] {
      guard let names = JSONValue(parsing: list.utf8)?.elements else { throw .invalidData("symbols") }
      wanted = []
      for name in names {
        guard let instrument = name.scalarText.flatMap(instrument) else { throw .invalidSymbol }
        wanted.append(instrument)
      }
    }
    return exchangeInfoText(wanted, limits: rates.definitions, time: unit.count(nowNs()))
  }
}
