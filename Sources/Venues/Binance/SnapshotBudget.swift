// When the next REST snapshot may be asked for: the venue's weight limit, and its bans.

/// The feed's share of the venue's request weight, and how long the venue wants to hear nothing.
///
/// Binance allows an address 6000 of weight a minute, REST and WebSocket API together, and a depth request of 5000 levels
/// weighs 250 (rest-api.md, "IP Limits" and "Order book"). A feed takes half of it at most; `BinanceRateBudget` leaves it
/// that half. A request reaches the venue between its sending and its answer, and its place is free again 60 s after the
/// answer: so no interval of 60 s of the venue's holds more, wherever its minutes begin. HTTP 429 asks to stay away for
/// `Retry-After` seconds, 418 is a ban for as long: asking in between makes it longer (2 minutes to 3 days).
package struct SnapshotBudget: BitwiseCopyable {
  /// Nothing is asked for before.
  package private(set) var closedUntilNs = Int64.min
  /// When the last requests were answered, in a circle; far enough in the past at first. One under way stands with the
  /// time of its sending: no other is sent before its answer.
  private var answeredNs = SIMD16<Int64>(repeating: .min / 2)
  private var next = 0

  package init() {}

  private static var windowNs: Int64 { 60_000_000_000 }

  /// The earliest moment at which a request may be sent.
  package var opensNs: Int64 { max(closedUntilNs, answeredNs[next] &+ Self.windowNs) }

  /// A request was sent.
  package mutating func count(_ nowNs: Int64) {
    answeredNs[next] = nowNs
    next = next &+ 1 == BinanceLimits.snapshotsPerMinute ? 0 : next &+ 1
  }

  /// The request under way has its answer, or will have none.
  package mutating func settle(_ nowNs: Int64) {
    answeredNs[next == 0 ? BinanceLimits.snapshotsPerMinute &- 1 : next &- 1] = nowNs
  }

  /// The venue wants no request before that time.
  package mutating func close(untilNs: Int64) { closedUntilNs = max(closedUntilNs, untilNs) }

  /// Weight of the requests in the last minute.
  func weight(_ nowNs: Int64) -> Int64 {
    var requests: Int64 = 0
    for i in 0..<BinanceLimits.snapshotsPerMinute where answeredNs[i] > nowNs &- Self.windowNs { requests &+= 1 }
    return requests &* BinanceLimits.snapshotWeight
  }
}
