// One connection to the WebSocket API `/ws-api/v3` without its socket: requests by name, one reply each, and user events
// where they are subscribed to.

import Simulation

/// A request as it came in.
package struct OrderRequest {
  let id: JSONValue
  /// Nil: there is no such method.
  package let method: Method?
  /// Nil: the text was no JSON.
  package let parameters: JSONValue?
  /// How long its reply will be under way, where that is settled with the request.
  var replyNs: Int64?
}

package final class OrderConnection {
  private let exchange: Exchange
  private let session: APISession
  private let returnsRateLimits: Bool
  /// Weight of connecting (web-socket-api.md, "IP limits").
  private static let connectWeight = 2

  /// - Parameters:
  ///   - returnsRateLimits: whether replies tell the limits unless their request says otherwise.
  ///   - timeUnit: of every time in replies and events.
  package init(_ exchange: Exchange, returnsRateLimits: Bool = true, timeUnit: TimeUnit = .millisecond) {
    self.exchange = exchange
    self.returnsRateLimits = returnsRateLimits
    session = APISession(connectedNs: exchange.nowNs(), timeUnit: timeUnit)
    // A connection over the limit is not refused: its first request is.
    try? exchange.rates.addWeight(Self.connectWeight, nowNs: exchange.nowNs())
  }

  package func read(_ text: [UInt8]) -> OrderRequest {
    guard let json = JSONValue(parsing: text) else { return OrderRequest(id: .null, method: nil, parameters: nil) }
    var name = json["method"]?.scalarText ?? ""
    if name.hasPrefix("v3/") { name.removeFirst(3) }
    return OrderRequest(id: json["id"] ?? .null, method: Method(rawValue: name), parameters: json["params"] ?? .null)
  }

  /// The key that logged on, if one did.
  var logonKey: String? { session.logonKey }

  /// The key that a request is made with: its own, or the one that logged on.
  func key(of request: OrderRequest) -> String? { request.parameters?["apiKey"]?.scalarText ?? session.logonKey }

  /// Carries a request out. `reply` is called once, before the events that the request leads to; only for `depth` it may
  /// be called later.
  package func answer(_ request: OrderRequest, reply: @escaping (String) -> Void) {
    guard let json = request.parameters else { return reply(text(of: .failure(.invalidJSON), id: .null)) }
    guard let method = request.method else { return reply(text(of: .failure(.unknownMethod), id: request.id)) }
    do throws(APIError) {
      let parameters = try Parameters(json: json)
      let showsLimits = parameters["returnRateLimits"].map { $0 == "true" } ?? returnsRateLimits
      exchange.handle(method, parameters, key: parameters["apiKey"], session: session) { [self] result in
        reply(text(of: result, id: request.id, limitsOf: showsLimits ? method : nil))
      }
    } catch {
      reply(text(of: .failure(error), id: request.id))
    }
  }

  /// The reply that says `error` without anything having been done for it.
  func refusal(_ request: OrderRequest, _ error: APIError) -> String { text(of: .failure(error), id: request.id) }

  /// A refusal that says to come back in `delayNs`.
  func limited(status: Int, forNs delayNs: Int64) -> APIError {
    .limited(status: status, retryAfterMs: (exchange.nowNs() + delayNs) / 1_000_000)
  }

  /// A user event as this connection gets it: once for each subscription.
  package func messages(of event: UserEvent) -> [String] {
    guard !session.subscriptions.isEmpty else { return [] }
    let text = event.text(session.timeUnit)
    return session.subscriptions.map { #"{"subscriptionId":\#($0),"event":\#(text)}"# }
  }

  /// The announcement of the venue's end.
  package var shutdownMessage: String {
    #"{"event":{"e":"serverShutdown","E":\#(session.timeUnit.count(exchange.nowNs()))}}"#
  }

  private func text(of result: APIResult, id: JSONValue, limitsOf method: Method? = nil) -> String {
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
    if let method {
      reply.add("rateLimits", raw: exchange.rates.status(withOrders: method.countsOrders, nowNs: exchange.nowNs()))
    }
    return reply.text
  }

  private func errorText(_ error: APIError) -> String {
    guard let retryAfterMs = error.retryAfterMs else { return error.text }
    let unit = session.timeUnit
    let (now, retryAfter) = (unit.count(exchange.nowNs()), unit.count(retryAfterMs * TimeUnit.millisecond.ns))
    return error.text.dropLast() + #","data":{"serverTime":\#(now),"retryAfter":\#(retryAfter)}}"#
  }
}
