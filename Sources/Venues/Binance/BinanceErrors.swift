// Binance's error codes and messages, and what each means for an order.
//
// Source: binance-spot-api-docs, errors.md. docs/venues.md prints this table; a test keeps both in step.

public import Market

/// One line of the table: the first line that fits a reply decides.
public struct BinanceErrorRule: BitwiseCopyable, Sendable {
  public let code: Int32
  /// How the message begins; empty fits any.
  public let message: StaticString
  public let reason: ReportReason
  /// Whether the request may have been carried out all the same: the order's state has to be asked for.
  public let isOutcomeUnknown: Bool

  init(_ code: Int32, _ message: StaticString, _ reason: ReportReason, isOutcomeUnknown: Bool = false) {
    self.code = code
    self.message = message
    self.reason = reason
    self.isOutcomeUnknown = isOutcomeUnknown
  }
}

/// The table, in memory taken at start so that the hot path reads it without initialising a global.
public struct BinanceErrors: ~Copyable {
  private let rules: UnsafeMutableBufferPointer<BinanceErrorRule>

  public init() {
    let table = BinanceErrors.table
    rules = .allocate(capacity: table.count)
    _ = rules.initialize(from: table)
  }

  deinit { rules.deallocate() }

  /// What an error reply means. Codes that are not in the table, and every status from 500 on, are unknown outcomes or
  /// plain refusals as web-socket-api.md, "Status codes", says.
  @_noLocks
  func rule(status: Int64, code: Int64, message: JSONText) -> (reason: ReportReason, isOutcomeUnknown: Bool) {
    for i in 0..<rules.count where Int64(rules[i].code) == code && message.begins(with: rules[i].message) {
      return (rules[i].reason, rules[i].isOutcomeUnknown || status >= 500)
    }
    return status >= 500 ? (.venueUnknownOutcome, true) : (.other, false)
  }

  public static var table: [BinanceErrorRule] {
    [
      BinanceErrorRule(-1000, "", .venueUnknownOutcome, isOutcomeUnknown: true),
      BinanceErrorRule(-1001, "", .venueUnknownOutcome, isOutcomeUnknown: true),
      BinanceErrorRule(-1003, "", .rateLimited),
      BinanceErrorRule(-1006, "", .venueUnknownOutcome, isOutcomeUnknown: true),
      BinanceErrorRule(-1007, "", .venueUnknownOutcome, isOutcomeUnknown: true),
      BinanceErrorRule(-1008, "", .venueBusy),
      BinanceErrorRule(-1013, "", .filterFailure),
      BinanceErrorRule(-1015, "", .rateLimited),
      BinanceErrorRule(-1016, "", .venueBusy),
      BinanceErrorRule(-1021, "", .timestampOutsideWindow),
      BinanceErrorRule(-1022, "", .badSignature),
      BinanceErrorRule(-1111, "", .filterFailure),
      BinanceErrorRule(-2010, "Account has insufficient balance", .insufficientBalance),
      BinanceErrorRule(-2010, "Order would immediately match and take.", .wouldTakeLiquidity),
      BinanceErrorRule(-2010, "Duplicate order sent.", .duplicateOrder),
      BinanceErrorRule(-2010, "Market is closed.", .marketClosed),
      BinanceErrorRule(-2010, "Filter failure:", .filterFailure),
      BinanceErrorRule(-2010, "Price * QTY is zero or less.", .filterFailure),
      BinanceErrorRule(-2010, "", .other),
      BinanceErrorRule(-2011, "Unknown order sent.", .unknownOrder),
      BinanceErrorRule(-2011, "", .other),
      BinanceErrorRule(-2013, "", .unknownOrder),
      BinanceErrorRule(-2014, "", .badSignature),
      BinanceErrorRule(-2015, "", .badSignature),
    ]
  }
}
