// The WebSocket API `/ws-api/v3`: requests by name, one reply each, and user events on the connections that subscribed.

import NIOCore
import Simulation

/// The connections that may want user events.
final class UserHub {
  private var services: [OrderService] = []

  func add(_ service: OrderService) { services.append(service) }
  func remove(_ service: OrderService) { services.removeAll { $0 === service } }

  func send(_ event: String) {
    for service in services { service.sendEvent(event) }
  }
}

final class OrderService: WebSocketService {
  private let exchange: Exchange
  private let hub: UserHub
  private let session: APISession
  private let returnsRateLimits: Bool
  private var peer: WebSocketFront?
  /// No frame limit is documented for the WebSocket API: weights and order counts limit it.
  let framesPerSecond = Int.max
  /// Weight of connecting (web-socket-api.md, "IP limits").
  private static let connectWeight = 2

  init(target: String, exchange: Exchange, hub: UserHub) {
    self.exchange = exchange
    self.hub = hub
    session = APISession(connectedMs: exchange.nowNs() / 1_000_000)
    returnsRateLimits = queryValue(splitTarget(target).query, "returnRateLimits") != "false"
  }

  static func serves(_ target: String) -> Bool { splitTarget(target).path == "/ws-api/v3" }

  func opened(_ peer: WebSocketFront) {
    self.peer = peer
    hub.add(self)
    // A connection over the limit is not refused: its first request is.
    try? exchange.rates.addWeight(Self.connectWeight, nowNs: exchange.nowNs())
  }

  func closed() {
    peer = nil
    hub.remove(self)
  }

  func becameWritable() {}

  func sendEvent(_ event: String) {
    for id in session.subscriptions { peer?.sendNow(#"{"subscriptionId":\#(id),"event":\#(event)}"#) }
  }

  func received(_ text: [UInt8]) {
    guard let request = JSONValue(parsing: text) else { return send(.failure(.invalidJSON), id: .null) }
    let id = request["id"] ?? .null
    var name = request["method"]?.scalarText ?? ""
    if name.hasPrefix("v3/") { name.removeFirst(3) }
    guard let method = Method(rawValue: name) else { return send(.failure(.unknownMethod), id: id) }
    do throws(APIError) {
      let parameters = try Parameters(json: request["params"])
      let showsLimits = parameters["returnRateLimits"].map { $0 == "true" } ?? returnsRateLimits
      exchange.handle(method, parameters, key: parameters["apiKey"], session: session) { [weak self] result in
        self?.send(result, id: id, limitsOf: showsLimits ? method : nil)
      }
    } catch {
      send(.failure(error), id: id)
    }
  }

  private func send(_ result: APIResult, id: JSONValue, limitsOf method: Method? = nil) {
    var reply = ObjectText()
    reply.add("id", raw: id.text)
    switch result {
    case .success(let text):
      reply.add("status", raw: 200)
      reply.add("result", raw: text)
    case .failure(let error):
      reply.add("status", raw: error.status)
      reply.add("error", raw: errorText(error))
    }
    if let method { reply.add("rateLimits", raw: exchange.rates.status(withOrders: method.countsOrders)) }
    peer?.sendNow(reply.text)
  }

  private func errorText(_ error: APIError) -> String {
    guard let retryAfterMs = error.retryAfterMs else { return error.text }
    return error.text.dropLast()
      + #","data":{"serverTime":\#(exchange.nowNs() / 1_000_000),"retryAfter":\#(retryAfterMs)}}"#
  }
}
