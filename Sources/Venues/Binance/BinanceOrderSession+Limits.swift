// The venue's limits as its answers tell them, and the pauses that it asks for.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  /// The shortest ban (web-socket-api.md, "IP limits": "from 2 minutes to 3 days"): for a 418 that names no end.
  private static var shortestBanMs: Int64 { 120_000 }
  /// The longest: an end beyond it is a mistake.
  private static var longestBanMs: Int64 { 3 * 86_400_000 }
  /// Entries read of one answer: Binance has four kinds of limit.
  private static var figuresPerAnswer: Int { 16 }

  /// Takes over what an answer, or exchangeInfo, tells of the limits.
  mutating func observeLimits(_ array: JSONScanner?, _ request: InFlightRequest, _ stamp: ReceiveStamp) {
    guard var scanner = array else { return }
    let venueMs = clock.milliseconds(stamp.timeNs)
    var count = 0
    scanner.beginArray()
    while scanner.nextElement(), count < Self.figuresPerAnswer {
      count &+= 1
      budget.observe(BinanceRateLimit(&scanner), sentMs: clock.milliseconds(request.sentNs), venueMs: venueMs)
    }
    counters.weightUsed.set(budget.weightUsed(venueMs: venueMs))
  }

  /// After a 429, 418 or 403 nothing is sent until the venue's `retryAfter`, emergency cancels included: a request in a
  /// pause is what turns it into a ban, and a ban stops cancels for minutes to days. Too many orders (-1015) stops new
  /// orders only: that limit does not count cancels.
  mutating func pauseIfAsked(_ message: BinanceOrderMessage, _ stamp: ReceiveStamp) {
    guard message.status == 429 || message.status == 418 || message.status == 403 else { return }
    let venueMs = clock.milliseconds(stamp.timeNs)
    let isBan = message.status == 418
    if isBan { counters.bans.add() } else { counters.pauses.add() }
    let untilMs: Int64
    if message.retryAfterMs > venueMs {
      untilMs = min(message.retryAfterMs, venueMs &+ Self.longestBanMs)
    } else {
      untilMs = isBan ? venueMs &+ Self.shortestBanMs : (venueMs / 60_000 &+ 1) &* 60_000
    }
    let isOfOrders = message.status == 429 && message.errorCode == -1015
    budget.pause(untilMs: untilMs, ordersOnly: isOfOrders)
    guard !isOfOrders else { return }
    counters.pausedUntilMs.set(untilMs)
    resumeDueNs = clock.sessionNs(milliseconds: budget.nextMs(venueMs: venueMs))
  }
}
