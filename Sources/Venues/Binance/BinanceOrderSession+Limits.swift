// The venue's limits as its answers tell them, and the pauses that it asks for.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
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

  /// Keeps to the pause that an error asks for.
  mutating func pauseIfAsked(_ message: borrowing BinanceOrderMessage, _ stamp: ReceiveStamp) {
    let venueMs = clock.milliseconds(stamp.timeNs)
    guard
      let pause = budget.obey(
        status: message.status, errorCode: message.errorCode, retryAfterMs: message.retryAfterMs, venueMs: venueMs)
    else { return }
    if message.status == 418 { counters.bans.add() } else { counters.pauses.add() }
    guard !pause.isOfOrders else { return }
    counters.pausedUntilMs.set(pause.untilMs)
    resumeDueNs = clock.sessionNs(milliseconds: budget.nextMs(venueMs: venueMs))
  }
}
