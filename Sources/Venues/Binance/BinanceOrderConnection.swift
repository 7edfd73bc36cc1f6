// One of the two connections of an order session: where it stands, and what it still has to do.

/// Where a connection stands; each phase waits for the answer that leads to the next.
enum BinanceOrderPhase: UInt8, BitwiseCopyable {
  case closed
  /// Asking for the venue's time, without which nothing can be stamped.
  case synchronising
  /// Asking for the venue's limits.
  case loadingLimits
  case loggingOn
  case subscribing
  /// Asking for the balances that trading begins with.
  case loadingBalances
  case up
  /// Its successor has taken over: it only answers what is under way.
  case draining

  /// Logged on and subscribed: a request without an answer is no reason to begin anew.
  var isEstablished: Bool { self == .up || self == .draining }
}

/// A connection of an order session. A session has one, and a second one while it hands over.
struct BinanceOrderConnection: BitwiseCopyable {
  var phase = BinanceOrderPhase.closed
  /// The connection's own next request; `none`: nothing to ask.
  var due = BinanceRequestKind.none
  /// What is to be done with its channel.
  var command = ConnectionCommand.none
  /// Whether its channel is to be open, and to open again when it is lost.
  var isWanted = false
  /// Requests that were sent on it and are not answered.
  var underWay = 0
  /// When the latest of all requests that were answered on it had been sent.
  var answeredSentNs = Int64.min
  /// When a successor is to be connected.
  var handoverDueNs = Int64.max
  /// A successor is to be connected when the connection before this one has ended.
  var awaitsPredecessor = false
  /// Messages handed to the channel so far: what a `sendRefused` record names.
  var sends: UInt32 = 0
}
