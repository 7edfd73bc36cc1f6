// How the API tells of its rate limits: in `exchangeInfo`, beside each reply, and in the errors of who exceeds them.

import Simulation

extension RateCounters {
  private var ofWeight: (name: String, counter: IntervalCounter) {
    (#""rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1"#, weight)
  }

  private var ofOrders: [(name: String, counter: IntervalCounter)] {
    [
      (#""rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10"#, ordersPerTenSeconds),
      (#""rateLimitType":"ORDERS","interval":"DAY","intervalNum":1"#, ordersPerDay),
    ]
  }

  /// The definitions in `exchangeInfo`.
  var definitions: String {
    "["
      + ([ofWeight] + ofOrders).map { name, counter in #"{\#(name),"limit":\#(counter.limit)}"# }.joined(separator: ",")
      + "]"
  }

  /// The `rateLimits` field of a WebSocket API reply.
  package func status(withOrders: Bool, nowNs: Int64) -> String {
    "["
      + ((withOrders ? ofOrders : []) + [ofWeight]).map { name, counter in
        #"{\#(name),"limit":\#(counter.limit),"count":\#(counter.count(at: nowNs))}"#
      }
      .joined(separator: ",") + "]"
  }
}

extension APIError {
  init(_ refusal: RateRefusal) {
    switch refusal {
    case .tooMuchWeight(let limit, let retryAfterMs): self = .tooMuchWeight(limit, retryAfterMs: retryAfterMs)
    case .tooManyOrders(let limit, let perDay, let retryAfterMs):
      self = .tooManyOrders(limit, per: perDay ? "1 DAY" : "10 SECOND", retryAfterMs: retryAfterMs)
    case .banned(let untilMs): self = .banned(untilMs: untilMs)
    }
  }
}

extension Exchange {
  /// A request of that weight has arrived.
  func count(weight: Int, nowNs: Int64) throws(APIError) {
    do { try rates.addWeight(weight, nowNs: nowNs) } catch { throw APIError(error) }
  }

  /// A new order is about to be placed.
  func countOrder() throws(APIError) {
    do { try rates.addOrder(nowNs: nowNs()) } catch { throw APIError(error) }
  }
}
