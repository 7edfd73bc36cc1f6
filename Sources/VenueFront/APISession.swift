// One caller's state: a WebSocket API connection, or a single REST request.

import Simulation

package final class APISession {
  /// The key that logged on; requests without their own key are its.
  var logonKey: String?
  var authorizedMs: Int64?
  let connectedMs: Int64
  /// Identifiers of the user data subscriptions on this connection.
  var subscriptions: [Int] = []
  private var nextSubscription = 0
  let isREST: Bool

  package init(connectedMs: Int64, isREST: Bool = false) {
    self.connectedMs = connectedMs
    self.isREST = isREST
  }

  func subscribe() -> Int {
    defer { nextSubscription += 1 }
    subscriptions.append(nextSubscription)
    return nextSubscription
  }

  /// The `result` of the session requests.
  func statusText(nowMs: Int64, returnRateLimits: Bool) -> String {
    var object = ObjectText()
    object.add("apiKey", raw: logonKey.map(JSONValue.quote) ?? "null")
    object.add("authorizedSince", raw: authorizedMs.map(String.init) ?? "null")
    object.add("connectedSince", raw: connectedMs)
    object.add("returnRateLimits", raw: returnRateLimits)
    object.add("serverTime", raw: nowMs)
    object.add("userDataStream", raw: !subscriptions.isEmpty)
    return object.text
  }
}
