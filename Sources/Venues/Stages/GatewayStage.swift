// The gateway stage: approved orders and requests of execution joined to a venue's order session. One thread.

public import Market
public import Pipeline
public import Risk

/// Moves requests and orders into a `BinanceOrderSession`, what it writes into the channel, and back what the channel
/// brings.
///
/// Lanes in their order: timers and requests (cancels and queries), the session's own requests, new orders, then one
/// message of the channel. Each order is an input of its own, because the halt word is read between its encoding and its
/// sending: an order of another epoch is dropped and reported. Nothing is taken from a ring or the channel unless its
/// consequences find room in the journal's and the report ring.
public struct GatewayStage<Channel: MessageChannel & ~Copyable>: ~Copyable {
  public var session: BinanceOrderSession
  public var channel: Channel
  @usableFromInline var requests: RingConsumer<GatewayRequest>
  @usableFromInline var orders: ApprovedOrderReceiver
  @usableFromInline let control: ControlWords

  /// - Parameter control: the words read before each send; a replay sets its own copy to what was recorded.
  public init(
    session: consuming BinanceOrderSession, channel: consuming Channel,
    requests: consuming RingConsumer<GatewayRequest>, orders: consuming ApprovedOrderReceiver, control: ControlWords
  ) {
    self.session = session
    self.channel = channel
    self.requests = requests
    self.orders = orders
    self.control = control
  }

  /// Does a bounded amount of work.
  ///
  /// - Returns: how many inputs were handled.
  @inlinable
  public mutating func step(_ input: StepInput) -> Int {
    var work = stepRequests(input)
    work &+= stepOrders(input)
    if session.hasRoom() { work &+= pollChannel(input.nowNs) }
    if work > 0 { session.records.publish() }
    return work
  }

  @inlinable
  mutating func stepRequests(_ input: StepInput) -> Int {
    let waiting = min(requests.available(), GatewayBatch.requestLimit)
    guard waiting > 0 || session.isDue(nowNs: input.nowNs), session.hasRoom() else { return 0 }
    session.beginStep(input, requests: waiting)
    for i in 0..<waiting {
      if let text = session.prepare(requests.peek(i).pointee, nowNs: input.nowNs) {
        session.sent(accepted: channel.send(text), nowNs: input.nowNs)
      }
    }
    requests.release(waiting)
    follow(input.nowNs)
    return waiting &+ 1
  }

  @inlinable
  mutating func stepOrders(_ input: StepInput) -> Int {
    let waiting = min(orders.available(), GatewayBatch.orderLimit)
    var taken = 0
    while taken < waiting, session.hasRoom(), let order = orders.receive() {
      session.prepare(order, nowNs: input.nowNs)
      if let text = session.decide(input, haltEpoch: control.haltEpoch) {
        session.sent(accepted: channel.send(text), nowNs: input.nowNs)
      }
      taken &+= 1
    }
    return taken
  }

  @inlinable
  mutating func pollChannel(_ nowNs: Int64) -> Int {
    switch channel.poll(nowNs: nowNs) {
    case .idle: return 0
    case .opened: session.opened(nowNs: nowNs)
    case .closed: session.closed(channel.closeReason, nowNs: nowNs)
    case .message:
      if channel.message.count <= session.frameLimitBytes {
        session.received(channel.message, receiveTsc: channel.messageTsc, nowNs: nowNs)
      } else {
        session.closed(.messageTooLarge, nowNs: nowNs)
        channel.close(permanently: false)
      }
    }
    follow(nowNs)
    return 1
  }

  /// Hands on what the session itself wants sent.
  @inlinable
  mutating func follow(_ nowNs: Int64) {
    if let text = session.messageToSend(nowNs: nowNs) { session.sent(accepted: channel.send(text), nowNs: nowNs) }
    if session.takeClose() { channel.close(permanently: false) }
  }
}

/// Requests and orders of one step: a burst longer than this is spread over steps, so that replies are read between.
/// Apart from the stage, whose type parameter would make each a generic call.
@usableFromInline
enum GatewayBatch {
  @inlinable static var requestLimit: Int { 32 }
  @inlinable static var orderLimit: Int { 16 }
}
