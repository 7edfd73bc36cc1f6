// One entry of `rateLimits`, as answers and exchangeInfo carry it.

/// A limit and how much of it is used: `{"rateLimitType":…,"interval":…,"intervalNum":…,"limit":…,"count":…}`
/// (web-socket-api.md, "How to interpret rate limits"); exchangeInfo has no `count`.
public struct BinanceRateLimit: BitwiseCopyable, Sendable {
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    case ordersPerTenSeconds, ordersPerDay, weightPerMinute
    /// A limit that nothing sent here counts against (connections, raw requests, intervals of tomorrow).
    case other
  }

  /// A figure beyond this is a mistake, not a limit: Binance's largest is 160,000.
  static var largest: Int64 { 1_000_000_000 }

  public var kind = Kind.other
  public var limit: Int64 = 0
  public var count: Int64 = 0

  public init(_ kind: Kind, limit: Int64, count: Int64 = 0) {
    self.kind = kind
    self.limit = limit
    self.count = count
  }

  /// Reads the entry that the scanner stands before; one without a usable limit is of kind `other`.
  init(_ scanner: inout JSONScanner) {
    var type = JSONText.empty
    var interval = JSONText.empty
    var number: Int64 = 0
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("rateLimitType") {
        type = scanner.string()
      } else if key.equals("interval") {
        interval = scanner.string()
      } else if key.equals("intervalNum") {
        number = scanner.integer()
      } else if key.equals("limit") {
        limit = scanner.integer()
      } else if key.equals("count") {
        count = scanner.integer()
      } else {
        scanner.skipValue()
      }
    }
    guard limit > 0, limit <= Self.largest, count >= 0, count <= Self.largest else { return }
    if type.equals("ORDERS"), interval.equals("SECOND"), number == 10 { kind = .ordersPerTenSeconds }
    if type.equals("ORDERS"), interval.equals("DAY"), number == 1 { kind = .ordersPerDay }
    if type.equals("REQUEST_WEIGHT"), interval.equals("MINUTE"), number == 1 { kind = .weightPerMinute }
  }
}
