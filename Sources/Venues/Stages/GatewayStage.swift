// The gateway stage: approved orders and requests of execution joined to a venue's order session. One thread.

public import Market
public import Pipeline
public import Risk

/// Moves requests and orders into a `BinanceOrderSession`, what it writes into the channel, and back what the channel
/// brings.
///
/// Lanes in their order: timers and emergency cancels, cancels and queries, the session's own requests, amends, new
/// orders, then one message of each channel. Each order is an input of its own, because the halt word is read between
/// its encoding and its sending: an order of another epoch is dropped and reported. Nothing is taken from a ring or the
/// channel unless its consequences find room in the journal's and the report ring.
public struct GatewayStage<Channel: StandbyChannel & ~Copyable>: ~Copyable {
  public var session: BinanceOrderSession
  @usableFromInline var first: Channel
  @usableFromInline var second: Channel
  @usableFromInline var lanes: GatewayLanes
  @usableFromInline let control: ControlWords

  /// - Parameters:
  ///   - first, second: to the same address; the second one stays closed until the session hands over to it, and so on in
  ///     turn.
  ///   - control: the words read before each send; a replay sets its own copy to what was recorded.
  public init(
    session: consuming BinanceOrderSession, first: consuming Channel, second: consuming Channel,
    lanes: consuming GatewayLanes, control: ControlWords
  ) {
    self.session = session
    self.first = first
    self.second = second
    self.second.close(permanently: true)
    self.lanes = lanes
    self.control = control
  }

  /// Does a bounded amount of work.
  ///
  /// - Returns: how many inputs were handled.
  @inlinable
  public mutating func step(_ input: StepInput) -> Int {
    var work = stepRequests(input)
    work &+= stepAmends(input)
    work &+= stepOrders(input)
    if session.hasRoom(), take(0, from: &first, into: &session, nowNs: input.nowNs) {
      follow(input.nowNs)
      work &+= 1
    }
    if session.hasRoom(), take(1, from: &second, into: &session, nowNs: input.nowNs) {
      follow(input.nowNs)
      work &+= 1
    }
    if work > 0 { session.records.publish() }
    return work
  }

  @inlinable
  mutating func stepRequests(_ input: StepInput) -> Int {
    let urgent = min(lanes.emergency.available(), GatewayBatch.requestLimit)
    let ordinary = min(lanes.requests.available(), GatewayBatch.requestLimit)
    guard urgent &+ ordinary > 0 || session.isDue(nowNs: input.nowNs), session.hasRoom() else { return 0 }
    session.beginStep(input, emergency: urgent, requests: ordinary)
    for i in 0..<urgent { send(lanes.emergency.peek(i).pointee, .emergency, input.nowNs) }
    lanes.emergency.release(urgent)
    for i in 0..<ordinary { send(lanes.requests.peek(i).pointee, .requests, input.nowNs) }
    lanes.requests.release(ordinary)
    follow(input.nowNs)
    return urgent &+ ordinary &+ 1
  }

  @inlinable
  mutating func send(_ request: GatewayRequest, _ lane: GatewayLane, _ nowNs: Int64) {
    if let text = session.prepare(request, lane: lane, nowNs: nowNs) {
      session.sent(accepted: transmit(text), nowNs: nowNs)
    }
  }

  @inlinable
  mutating func stepAmends(_ input: StepInput) -> Int {
    let waiting = min(lanes.amends.available(), GatewayBatch.orderLimit)
    var taken = 0
    while taken < waiting, session.hasRoom(), let amend = lanes.amends.receive() {
      send(amend, .amends, input)
      taken &+= 1
    }
    return taken
  }

  @inlinable
  mutating func stepOrders(_ input: StepInput) -> Int {
    let waiting = min(lanes.orders.available(), GatewayBatch.orderLimit)
    var taken = 0
    while taken < waiting, session.hasRoom(), let order = lanes.orders.receive() {
      send(order, .orders, input)
      taken &+= 1
    }
    return taken
  }

  @inlinable
  mutating func send(_ order: consuming ApprovedOrder, _ lane: GatewayLane, _ input: StepInput) {
    session.prepare(order, lane: lane, nowNs: input.nowNs)
    if let text = session.decide(input, haltEpoch: control.haltEpoch) {
      session.sent(accepted: transmit(text), nowNs: input.nowNs)
    }
  }

  /// Hands a text to the channel of the active connection.
  @inlinable
  mutating func transmit(_ text: UnsafeRawBufferPointer) -> Bool {
    session.active == 0 ? first.send(text) : second.send(text)
  }

  /// Hands on what the session itself wants: what one input brings may concern both channels.
  @inlinable
  mutating func follow(_ nowNs: Int64) {
    serve(0, &first, for: &session, nowNs: nowNs)
    serve(1, &second, for: &session, nowNs: nowNs)
  }
}

/// Takes one event of a connection's channel into the session.
///
/// - Returns: false when there was none.
@inlinable
func take<Channel: StandbyChannel & ~Copyable>(
  _ connection: Int, from channel: inout Channel, into session: inout BinanceOrderSession, nowNs: Int64
) -> Bool {
  switch channel.poll(nowNs: nowNs) {
  case .idle: return false
  case .opened: session.opened(connection, nowNs: nowNs)
  case .closed: session.closed(connection, channel.closeReason, nowNs: nowNs)
  case .message:
    if channel.message.count <= session.frameLimitBytes {
      session.received(connection, channel.message, receiveTsc: channel.messageTsc, nowNs: nowNs)
    } else {
      session.closed(connection, .messageTooLarge, nowNs: nowNs)
      channel.close(permanently: false)
    }
  }
  return true
}

/// Hands the channel of a connection what the session wants sent and done.
@inlinable
func serve<Channel: StandbyChannel & ~Copyable>(
  _ connection: Int, _ channel: inout Channel, for session: inout BinanceOrderSession, nowNs: Int64
) {
  if let text = session.messageToSend(connection, nowNs: nowNs) {
    session.sent(accepted: channel.send(text), nowNs: nowNs)
  }
  switch session.takeCommand(connection) {
  case .none: break
  case .open: channel.open()
  case .reopen: channel.close(permanently: false)
  case .shut: channel.close(permanently: true)
  }
}
