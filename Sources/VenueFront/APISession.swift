// One caller's state: a WebSocket API connection, or a single REST request.

import Simulation

package final class APISession {
  /// The key that logged on; requests without their own key are its.
  var logonKey: String?
  var authorizedNs: Int64?
  let connectedNs: Int64
  /// What this caller is told times in.
  let timeUnit: TimeUnit
  /// Identifiers of the user data subscriptions on this connection.
  var subscriptions: [Int] = []
  private var nextSubscription = 0
  let isREST: Bool

  package init(connectedNs: Int64, timeUnit: TimeUnit = .millisecond, isREST: Bool = false) {
    self.connectedNs = connectedNs
    self.timeUnit = timeUnit
    self.isREST = isREST
  }

  func subscribe() -> Int {
    defer { nextSubscription += 1 }
    subscriptions.append(nextSubscription)
    return nextSubscription
  }

  /// The `result` of the session requests.
  func statusText(nowNs: Int64, returnRateLimits: Bool) -> String {
    var object = ObjectText()
    object.add("apiKey", raw: logonKey.map(JSONValue.quote) ?? "null")
    object.add("authorizedSince", raw: authorizedNs.map { "\(timeUnit.count($0))" } ?? "null")
    object.add("connectedSince", raw: timeUnit.count(connectedNs))
    object.add("returnRateLimits", raw: returnRateLimits)
    object.add("serverTime", raw: timeUnit.count(nowNs))
    object.add("userDataStream", raw: !subscriptions.isEmpty)
    return object.text
  }
}
