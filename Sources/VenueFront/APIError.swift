// Binance's error codes and texts, as errors.md and filters.md document them.

import Simulation

/// An error reply.
package struct APIError: Error, Equatable {
  package var status = 400
  package var code: Int
  package var message: String
  /// For rate limits: when to come back, in milliseconds since 1970.
  package var retryAfterMs: Int64?

  package static let unknownMethod = APIError(status: 404, code: -1020, message: "This operation is not supported.")
  package static let invalidJSON = APIError(code: -1135, message: "Invalid JSON Request")
  package static let outsideWindow = APIError(
    code: -1021, message: "Timestamp for this request is outside of the recvWindow.")
  package static let aheadOfServer = APIError(
    code: -1021, message: "Timestamp for this request was 1000ms ahead of the server's time.")
  package static let invalidSignature = APIError(
    status: 401, code: -1022, message: "Signature for this request is not valid.")
  package static let invalidKeyFormat = APIError(status: 401, code: -2014, message: "API-key format invalid.")
  package static let rejectedKey = APIError(
    status: 401, code: -2015, message: "Invalid API-key, IP, or permissions for action.")
  package static let hmacLogon = APIError(status: 401, code: -4056, message: "HMAC_SHA256 API key is not supported.")
  package static let invalidTimeInForce = APIError(code: -1115, message: "Invalid timeInForce.")
  package static let invalidOrderType = APIError(code: -1116, message: "Invalid orderType.")
  package static let invalidSide = APIError(code: -1117, message: "Invalid side.")
  package static let invalidSymbol = APIError(code: -1121, message: "Invalid symbol.")
  package static let noDepth = APIError(code: -1112, message: "No orders on book for symbol.")
  package static let windowTooLong = APIError(code: -1131, message: "recvWindow must be less than 60000")
  package static let quoteQuantity = APIError(
    code: -2010, message: "Quote order qty market orders are not support for this symbol.")
  package static let duplicateOrder = APIError(code: -2010, message: "Duplicate order sent.")
  package static let unknownOrder = APIError(code: -2011, message: "Unknown order sent.")
  package static let noSuchOrder = APIError(code: -2013, message: "Order does not exist.")
  package static let neitherOrderId = APIError(
    code: -1102, message: "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
  package static let alreadySubscribed = APIError(code: -2035, message: "User Data Stream subscription already active.")
  package static let notSubscribed = APIError(code: -2036, message: "User Data Stream subscription not active.")

  package static let invalidTimeUnit = APIError(
    code: -1194, message: "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
  package static let illegalCombination = APIError(
    code: -1128, message: "Combination of optional parameters invalid.")
  package static let tooManyHours = APIError(code: -1127, message: "More than 24 hours between startTime and endTime.")

  package static func missing(_ name: String) -> APIError {
    APIError(code: -1102, message: "Mandatory parameter '\(name)' was not sent, was empty/null, or malformed.")
  }

  package static func illegalCharacters(_ name: String, legal: String) -> APIError {
    APIError(code: -1100, message: "Illegal characters found in parameter '\(name)'; legal range is '\(legal)'.")
  }

  package static func tooPrecise(_ name: String) -> APIError {
    APIError(code: -1111, message: "Parameter '\(name)' has too much precision.")
  }

  package static func overflow(_ name: String) -> APIError {
    APIError(code: -1108, message: "Parameter '\(name)' overflowed.")
  }

  package static func notRequired(_ name: String) -> APIError {
    APIError(code: -1106, message: "Parameter '\(name)' sent when not required.")
  }

  package static func invalidData(_ name: String) -> APIError {
    APIError(code: -1130, message: "Data sent for parameter '\(name)' is not valid.")
  }

  package static func tooManyOrders(_ limit: Int, per interval: String, retryAfterMs: Int64) -> APIError {
    APIError(
      status: 429, code: -1015, message: "Too many new orders; current limit is \(limit) orders per \(interval).",
      retryAfterMs: retryAfterMs)
  }

  package static func banned(untilMs: Int64) -> APIError { limited(status: 418, retryAfterMs: untilMs) }

  package static func tooMuchWeight(_ limit: Int, retryAfterMs: Int64) -> APIError {
    APIError(
      status: 429, code: -1003,
      message: "Too much request weight used; current limit is \(limit) request weight per 1 MINUTE. "
        + "Please use WebSocket Streams for live updates to avoid polling the API.",
      retryAfterMs: retryAfterMs)
  }

  /// "Send status unknown; execution status unknown" (errors.md).
  package static let backendTimeout = APIError(
    status: 503, code: -1007,
    message: "Timeout waiting for response from backend server. Send status unknown; execution status unknown.")
  package static let unexpectedResponse = APIError(
    status: 500, code: -1006,
    message: "An unexpected response was received from the message bus. Execution status unknown.")

  /// Status 429 (slow down) or 418 (banned).
  package static func limited(status: Int, retryAfterMs: Int64) -> APIError {
    APIError(
      status: status, code: -1003,
      message: "Way too much request weight used; IP banned until \(retryAfterMs). "
        + "Please use WebSocket Streams for live updates to avoid bans.",
      retryAfterMs: retryAfterMs)
  }

  package static func filter(_ name: String) -> APIError {
    APIError(code: -1013, message: "Filter failure: \(name)")
  }

  init(status: Int = 400, code: Int, message: String, retryAfterMs: Int64? = nil) {
    self.status = status
    self.code = code
    self.message = message
    self.retryAfterMs = retryAfterMs
  }

  init(_ refusal: OrderRefusal) {
    switch refusal {
    case .unknownInstrument: self = .invalidSymbol
    case .priceFilter: self = .filter("PRICE_FILTER")
    case .lotSize: self = .filter("LOT_SIZE")
    case .notional: self = .filter("NOTIONAL")
    case .tooManyOpenOrders: self = .filter("MAX_NUM_ORDERS")
    case .marketClosed: self.init(code: -2010, message: "Market is closed.")
    case .insufficientBalance:
      self.init(code: -2010, message: "Account has insufficient balance for requested action.")
    case .wouldTake: self.init(code: -2010, message: "Order would immediately match and take.")
    case .amendIncreases: self.init(code: -2038, message: "Order amend (quantity increase) is not supported.")
    case .amendChangesNothing:
      self.init(code: -2038, message: "The requested action would change no state; rejecting.")
    case .notOpen: self.init(code: -2038, message: "Unknown order sent.")
    case .reduceOnly: self.init(code: -2022, message: "ReduceOnly Order is rejected.")
    }
  }

  /// The object of an error reply.
  package var text: String { #"{"code":\#(code),"msg":\#(JSONValue.quote(message))}"# }
}
