// A channel of the gateway's in simulated time: each connection ends in the venue's own front, without a socket.

import Pipeline
import VenueFront

/// Opens a connection, carries messages and breaks as the faults say; opened again after a while, unless it is to stay
/// closed. One thread.
final class SimulatedChannel: StandbyChannel {
  private enum News {
    case opened
    case message(String)
    case closed(CloseReason)
  }

  private let connect: (@escaping (FaultyConnection.Output) -> Void) -> FaultyConnection
  /// How long until the next connection, drawn each time.
  private let backOffNs: () -> Int64
  private var connection: FaultyConnection?
  /// Closed, with requests still under way to the venue.
  private var closed: [FaultyConnection] = []
  private var news: [News] = []
  private var nextNews = 0
  private var nowNs: Int64 = 0
  private var opensNs = Int64.min
  private var isWanted = true
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
  private(set) var message = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var closeReason = CloseReason.none
  private(set) var isOpen = false
  let messageTsc: UInt64 = 0

  /// Client order identifiers of all orders that were ever sent, and those that were sent again.
  private(set) var ordersSent: Set<Substring> = []
  private(set) var ordersSentAgain: [Substring] = []
  private(set) var connections = 0

  init(
    backOffNs: @escaping () -> Int64,
    connect: @escaping (@escaping (FaultyConnection.Output) -> Void) -> FaultyConnection
  ) {
    self.backOffNs = backOffNs
    self.connect = connect
  }

  deinit { buffer.deallocate() }

  /// Whether nothing is under way in any direction.
  var isQuiet: Bool { nextNews == news.count && closed.isEmpty && connection?.nextDueNs ?? .max == .max }

  func tell(_ event: UserEvent) { connection?.tell(event, nowNs: nowNs) }

  /// Lets time pass on every connection.
  func advance(nowNs: Int64) {
    self.nowNs = nowNs
    for old in closed { old.advance(nowNs: nowNs) }
    closed.removeAll { $0.nextDueNs == .max }
    connection?.advance(nowNs: nowNs)
  }

  func poll(nowNs: Int64) -> ChannelEvent {
    if isWanted, connection == nil, nextNews == news.count, nowNs >= opensNs { begin() }
    guard nextNews < news.count else {
      news.removeAll(keepingCapacity: true)
      nextNews = 0
      return .idle
    }
    defer { nextNews += 1 }
    switch news[nextNews] {
    case .opened:
      isOpen = true
      return .opened
    case .closed(let reason):
      isOpen = false
      closeReason = reason
      return .closed
    case .message(var text):
      let count = text.withUTF8 { bytes in
        precondition(bytes.count <= buffer.count, "a message is larger than the test's buffer")
        buffer.copyBytes(from: bytes)
        return bytes.count
      }
      message = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
      return .message
    }
  }

  func send(_ text: UnsafeRawBufferPointer) -> Bool {
    guard isOpen, let connection else { return false }
    noteOrder(String(decoding: text, as: UTF8.self))
    connection.receive(Array(text), nowNs: nowNs)
    return true
  }

  /// The network breaks the connection.
  func breakOff() { connection?.breakOff() }

  func open() { isWanted = true }

  func close(permanently: Bool) {
    if permanently { isWanted = false }
    guard connection != nil else { return }
    connection?.clientClosed()
    drop(.requested)
  }

  private func begin() {
    connections += 1
    connection = connect { [unowned self] output in
      switch output {
      case .text(let text): news.append(.message(text))
      case .close, .broken: drop(.peerClosed)
      }
    }
    news.append(.opened)
  }

  private func drop(_ reason: CloseReason) {
    if let connection { closed.append(connection) }
    connection = nil
    opensNs = nowNs + backOffNs()
    news.append(.closed(reason))
  }

  private func noteOrder(_ text: String) {
    guard text.contains(#""method":"order.place""#), let name = text.firstRange(of: #""newClientOrderId":""#) else {
      return
    }
    let order = text[name.upperBound...].prefix { $0 != "\"" }
    if !ordersSent.insert(order).inserted { ordersSentAgain.append(order) }
  }
}
