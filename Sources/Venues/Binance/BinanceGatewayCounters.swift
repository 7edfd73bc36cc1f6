// What a Binance order session counts, readable from outside the process.

public import Pipeline

/// The counters of one order session, and the latency it measures.
public struct BinanceGatewayCounters: Sendable {
  public let messages: Counter
  public let ordersSent: Counter
  public let cancelsSent: Counter
  public let queriesSent: Counter
  public let fills: Counter
  /// Orders dropped here, by reason.
  public let tooLate: Counter
  public let halted: Counter
  public let rateLimited: Counter
  public let noSession: Counter
  /// Requests that could not be written, signed or handed to the channel.
  public let sendsRefused: Counter
  public let rejects: Counter
  /// Requests without an answer within the bound.
  public let timeouts: Counter
  /// Answers to requests that nobody waits for any more.
  public let lateReplies: Counter
  public let decodeErrors: Counter
  /// Answers with status 429 and 403, and with 418: the venue wants a pause, or has banned the address.
  public let pauses: Counter
  public let bans: Counter
  /// Until when nothing is sent because of it, in the venue's milliseconds; 0 where there is no pause.
  public let pausedUntilMs: Counter
  /// Request weight used in this minute, ours and, as far as the venue told, others'.
  public let weightUsed: Counter
  /// Amendments sent.
  public let amendsSent: Counter
  /// Quantities taken off own orders because they would have traded with each other.
  public let preventedMatches: Counter
  /// Events of order lists, none of which this bot places.
  public let orderLists: Counter
  /// User data events that say nothing of orders or balances.
  public let otherEvents: Counter
  /// Events of orders that this bot did not place.
  public let foreignOrders: Counter
  /// Polls that took nothing in, because the journal's or the report ring had no room.
  public let stalls: Counter
  public let sessionsUp: Counter
  public let sessionsDown: Counter
  /// Successors connected while a connection still served.
  public let handovers: Counter
  /// Connections that closed or never opened, by reason.
  public let closed: CloseCounters
  /// Logons or subscriptions that the venue refused.
  public let sessionErrors: Counter
  /// The venue's clock against the session's, and the bound of its error, in nanoseconds.
  public let clockOffsetNs: Counter
  public let clockErrorNs: Counter
  /// From the receive stamp of the market data that led to an order to the return of its send.
  public let tickToTrade: LatencyHistogram

  /// - Parameter name: the prefix, "gateway.binance".
  public init(_ file: CounterFile, name: String) {
    messages = file.counter(name + ".messages")
    ordersSent = file.counter(name + ".orders_sent")
    cancelsSent = file.counter(name + ".cancels_sent")
    queriesSent = file.counter(name + ".queries_sent")
    fills = file.counter(name + ".fills")
    tooLate = file.counter(name + ".too_late")
    halted = file.counter(name + ".halted")
    rateLimited = file.counter(name + ".rate_limited")
    noSession = file.counter(name + ".no_session")
    sendsRefused = file.counter(name + ".sends_refused")
    rejects = file.counter(name + ".rejects")
    timeouts = file.counter(name + ".timeouts")
    lateReplies = file.counter(name + ".late_replies")
    decodeErrors = file.counter(name + ".decode_errors")
    pauses = file.counter(name + ".pauses")
    bans = file.counter(name + ".bans")
    pausedUntilMs = file.counter(name + ".paused_until_ms")
    weightUsed = file.counter(name + ".weight_used")
    amendsSent = file.counter(name + ".amends_sent")
    preventedMatches = file.counter(name + ".prevented_matches")
    orderLists = file.counter(name + ".order_lists")
    otherEvents = file.counter(name + ".other_events")
    foreignOrders = file.counter(name + ".foreign_orders")
    stalls = file.counter(name + ".stalls")
    sessionsUp = file.counter(name + ".sessions_up")
    sessionsDown = file.counter(name + ".sessions_down")
    handovers = file.counter(name + ".handovers")
    closed = CloseCounters(file, name: name + ".closed")
    sessionErrors = file.counter(name + ".session_errors")
    clockOffsetNs = file.counter(name + ".clock_offset_ns")
    clockErrorNs = file.counter(name + ".clock_error_ns")
    tickToTrade = file.histogram(name + ".tick_to_trade")
  }
}
