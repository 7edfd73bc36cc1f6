// One of a feed's two connections as the feed knows it: where it stands, and what it has brought. One thread.

/// Where a connection is between not wanted and trusted.
enum FeedConnectionPhase: UInt8 {
  /// Not wanted: the spare slot of a feed with one connection.
  case idle
  /// Wanted; the channel connects by itself.
  case connecting
  /// Open; the subscription's answer is awaited.
  case subscribing
  /// Subscribed; not every stream has delivered yet.
  case proving
  /// Every stream has delivered, or has been quiet everywhere until the bound.
  case carrying
}

/// What one connection has brought of one instrument since it opened.
struct StreamArrivals: BitwiseCopyable {
  /// The last update id and trade id; 0 before the first. Ids of a connection only grow: what is below was passed.
  var lastUpdate: UInt64 = 0
  var lastTrade: UInt64 = 0
  /// When the last ticker and trade came; `.min` before the first.
  var tickerNs = Int64.min
  var tradeNs = Int64.min
  /// When the last diff came, or the connection was opened.
  var diffNs: Int64 = 0
  /// When the first ticker or trade came that no diff so far can have answered. `.max` without one.
  var impliedDiffNs = Int64.max
}

/// The state of one connection.
struct FeedConnection: ~Copyable {
  var phase = FeedConnectionPhase.idle
  /// It was told to close, or is not trusted any more: nothing that it still brings is used.
  var isClosing = false
  /// It is to be closed as soon as the other one carries all streams.
  var isRetiring = false
  var subscriptionIsDue = false
  var command = ConnectionCommand.none
  var openedNs: Int64 = 0
  var lastMessageNs: Int64 = 0
  /// When its age makes it retire.
  var retireNs = Int64.max
  /// By when every stream must have delivered.
  var proofNs = Int64.max
  /// Messages in a row whose lag was above the bound.
  var lateMessages = 0
  /// Streams that have delivered, three for each instrument.
  var delivering = 0
  let arrivals: UnsafeMutablePointer<StreamArrivals>
  private let instrumentCount: Int

  init(instrumentCount: Int) {
    self.instrumentCount = instrumentCount
    arrivals = .allocate(capacity: instrumentCount)
    arrivals.initialize(repeating: StreamArrivals(), count: instrumentCount)
  }

  deinit { arrivals.deallocate() }

  /// Whether it may still bring something.
  var isOpen: Bool { phase.rawValue >= FeedConnectionPhase.subscribing.rawValue && !isClosing }
  /// Whether the other connection can be closed for its sake.
  var carries: Bool { phase == .carrying && !isClosing }

  mutating func open(_ nowNs: Int64, retireNs: Int64, proofNs: Int64) {
    openedNs = nowNs
    reset(to: .subscribing)
    lastMessageNs = nowNs
    subscriptionIsDue = true
    self.retireNs = retireNs
    self.proofNs = proofNs
  }

  /// Forgets the connection that was.
  mutating func reset(to newPhase: FeedConnectionPhase) {
    phase = newPhase
    isClosing = false
    isRetiring = false
    subscriptionIsDue = false
    retireNs = .max
    proofNs = .max
    lateMessages = 0
    delivering = 0
    for position in 0..<instrumentCount {
      arrivals[position] = StreamArrivals()
      arrivals[position].diffNs = openedNs
    }
  }

  /// Asks the channel to close; from now on nothing of it is used.
  mutating func close(_ how: ConnectionCommand) {
    isClosing = true
    subscriptionIsDue = false
    command = how
    retireNs = .max
    proofNs = .max
  }
}
