// The feed stage: a venue's market data channels joined to the feed that reads them. One thread.

public import Market
public import Pipeline

/// Moves what the channels bring into a `BinanceFeed`, and what the feed wants said into the channels.
///
/// One step does at most three things, each with its own input record and each only while the journal's ring has room
/// for all that follows from it: timers, one response, one message. Everything is decided in the feed; this is only the
/// place where live sockets and a replay are exchanged, thin so that it is specialised where it is used.
public struct FeedStage<Stream: MessageChannel & ~Copyable, Requests: RequestChannel & ~Copyable>: ~Copyable {
  public var feed: BinanceFeed
  public var stream: Stream
  public var requests: Requests

  public init(feed: consuming BinanceFeed, stream: consuming Stream, requests: consuming Requests) {
    self.feed = feed
    self.stream = stream
    self.requests = requests
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
    if feed.hasRoom() { work &+= pollStream(input.nowNs) }
    if work > 0 { feed.records.publish() }
    return work
  }

  @inlinable
  mutating func pollRequests(_ nowNs: Int64) -> Int {
    switch requests.poll(nowNs: nowNs) {
    case .idle: return 0
    case .response:
      if requests.body.count <= feed.frameLimitBytes {
        feed.responded(status: requests.status, requests.body, nowNs: nowNs)
      } else {
        feed.requestFailed(.messageTooLarge, nowNs: nowNs)
      }
    case .failed: feed.requestFailed(requests.closeReason, nowNs: nowNs)
    }
    follow(nowNs)
    return 1
  }

  @inlinable
  mutating func pollStream(_ nowNs: Int64) -> Int {
    switch stream.poll(nowNs: nowNs) {
    case .idle: return 0
    case .opened: feed.opened(nowNs: nowNs)
    case .closed: feed.closed(stream.closeReason, nowNs: nowNs)
    case .message:
      if stream.message.count <= feed.frameLimitBytes {
        feed.received(stream.message, receiveTsc: stream.messageTsc, nowNs: nowNs)
      } else {
        feed.closed(.messageTooLarge, nowNs: nowNs)
        stream.close(permanently: false)
      }
    }
    follow(nowNs)
    return 1
  }

  /// Hands on what the feed wants sent.
  @inlinable
  mutating func follow(_ nowNs: Int64) {
    if let text = feed.messageToSend() { feed.sent(accepted: stream.send(text), nowNs: nowNs) }
    if let target = feed.requestToSend(nowNs: nowNs) {
      feed.requestStarted(accepted: requests.get(target), nowNs: nowNs)
    }
    if feed.takeClose() { stream.close(permanently: false) }
  }
}
