// The feed stage: a venue's market data channels joined to the feed that reads them. One thread.

public import Market
public import Pipeline

/// Moves what the channels bring into a `BinanceFeed`, and what the feed wants said into the channels.
///
/// One step does at most four things, each with its own input record and each only while the journal's ring has room
/// for all that follows from it: timers, one response, one message of each of two connections. Everything is decided in
/// the feed; this is only the place where live sockets and a replay are exchanged, thin so that it is specialised where
/// it is used.
public struct FeedStage<Stream: StandbyChannel & ~Copyable, Requests: RequestChannel & ~Copyable>: ~Copyable {
  public var feed: BinanceFeed
  @usableFromInline var first: Stream
  @usableFromInline var second: Stream
  @usableFromInline var requests: Requests

  /// - Parameters:
  ///   - first: connection 0, and `second` connection 1: two channels to the same streams.
  public init(
    feed: consuming BinanceFeed, first: consuming Stream, second: consuming Stream, requests: consuming Requests
  ) {
    self.feed = feed
    self.first = first
    self.second = second
    self.requests = requests
    if !self.feed.isWanted(1) { self.second.close(permanently: true) }
  }

  /// Does a bounded amount of work.
  ///
  /// - Returns: how many inputs were handled.
  @inlinable
  public mutating func step(_ input: StepInput) -> Int {
    var work = 0
    if feed.isDue(nowNs: input.nowNs), feed.hasRoom() {
      feed.runTimers(input)
      follow(input.nowNs)
      work &+= 1
    }
    if feed.hasRoom(), feed.awaitsResponse() { work &+= pollRequests(input.nowNs) }
    if feed.hasRoom(), take(0, from: &first, into: &feed, nowNs: input.nowNs) {
      follow(input.nowNs)
      work &+= 1
    }
    if feed.hasRoom(), take(1, from: &second, into: &feed, nowNs: input.nowNs) {
      follow(input.nowNs)
      work &+= 1
    }
    if work > 0 { feed.records.publish() }
    return work
  }

  @inlinable
  mutating func pollRequests(_ nowNs: Int64) -> Int {
    switch requests.poll(nowNs: nowNs) {
    case .idle: return 0
    case .response:
      if requests.body.count <= feed.frameLimitBytes {
        feed.responded(
          status: requests.status, retryAfterSeconds: requests.retryAfterSeconds, requests.body, nowNs: nowNs)
      } else {
        feed.requestFailed(.messageTooLarge, nowNs: nowNs)
      }
    case .failed: feed.requestFailed(requests.closeReason, nowNs: nowNs)
    }
    follow(nowNs)
    return 1
  }

  /// Hands on what the feed wants: what one input brings may concern all channels.
  @inlinable
  mutating func follow(_ nowNs: Int64) {
    serve(0, &first, for: &feed, nowNs: nowNs)
    serve(1, &second, for: &feed, nowNs: nowNs)
    if let target = feed.requestToSend(nowNs: nowNs) {
      feed.requestStarted(accepted: requests.get(target), nowNs: nowNs)
    }
  }
}

/// Takes one event of a connection's channel into the feed.
///
/// - Returns: false when there was none.
@inlinable
func take<Stream: MessageChannel & ~Copyable>(
  _ connection: Int, from stream: inout Stream, into feed: inout BinanceFeed, nowNs: Int64
) -> Bool {
  switch stream.poll(nowNs: nowNs) {
  case .idle: return false
  case .opened: feed.opened(connection, nowNs: nowNs)
  case .closed: feed.closed(connection, stream.closeReason, nowNs: nowNs)
  case .message:
    if stream.message.count <= feed.frameLimitBytes {
      feed.received(connection, stream.message, receiveTsc: stream.messageTsc, nowNs: nowNs)
    } else {
      feed.closed(connection, .messageTooLarge, nowNs: nowNs)
      stream.close(permanently: false)
    }
  }
  return true
}

/// Hands the channel of a connection what the feed wants sent and done.
@inlinable
func serve<Stream: StandbyChannel & ~Copyable>(
  _ connection: Int, _ stream: inout Stream, for feed: inout BinanceFeed, nowNs: Int64
) {
  if let text = feed.messageToSend(connection) {
    feed.sent(connection, accepted: stream.send(text), nowNs: nowNs)
  }
  switch feed.takeCommand(connection) {
  case .none: break
  case .open: stream.open()
  case .reopen: stream.close(permanently: false)
  case .shut: stream.close(permanently: true)
  }
}
