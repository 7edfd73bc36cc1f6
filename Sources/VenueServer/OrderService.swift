// The WebSocket API `/ws-api/v3` as a NIO service: each connection with the venue's faults before it.

import NIOCore
import VenueFront

/// The connections that may want user events.
final class UserHub {
  private var services: [OrderService] = []

  func add(_ service: OrderService) { services.append(service) }
  func remove(_ service: OrderService) { services.removeAll { $0 === service } }

  func send(_ event: UserEvent) {
    for service in services { service.sendEvent(event) }
  }

  /// Announces the venue's end to every connection and closes it when the notice is over.
  func announceShutdown(notice: TimeAmount) {
    for service in services { service.announceShutdown(notice: notice) }
  }

  /// Breaks every connection.
  func breakAll() {
    for service in services { service.breakOff() }
  }
}

final class OrderService: WebSocketService {
  /// Where the connection's output goes; nothing once it is closed.
  private final class PeerBox { weak var peer: WebSocketFront? }

  private let connection: FaultyConnection
  private let peers: PeerBox
  private let hub: UserHub
  private let loop: NIOIsolatedEventLoop
  private var wake: Scheduled<Void>?
  /// No frame limit is documented for the WebSocket API: weights and order counts limit it.
  let framesPerSecond = Int.max

  /// - Parameter target: one that `serves` said yes to.
  init(target: String, exchange: VenueFront.Exchange, faults: FaultDesk, hub: UserHub, loop: NIOIsolatedEventLoop) {
    self.hub = hub
    self.loop = loop
    let returnsRateLimits = queryValue(splitTarget(target).query, "returnRateLimits") != "false"
    let timeUnit = (try? timeUnit(of: target)) ?? .millisecond
    let peers = PeerBox()
    let plain = OrderConnection(exchange, returnsRateLimits: returnsRateLimits, timeUnit: timeUnit)
    connection = FaultyConnection(plain, faults) { output in
      switch output {
      case .text(let text): peers.peer?.sendNow(text)
      case .close: peers.peer?.goAway()
      case .broken: peers.peer?.breakOff()
      }
    }
    self.peers = peers
  }

  static func serves(_ target: String) -> Bool {
    splitTarget(target).path == "/ws-api/v3" && (try? timeUnit(of: target)) != nil
  }

  func opened(_ peer: WebSocketFront) {
    peers.peer = peer
    hub.add(self)
  }

  func closed() {
    peers.peer = nil
    connection.clientClosed()
    hub.remove(self)
  }

  func becameWritable() {}

  func received(_ text: [UInt8]) {
    connection.receive(text, nowNs: LoopTime.nowNs)
    schedule()
  }

  func sendEvent(_ event: UserEvent) {
    connection.tell(event, nowNs: LoopTime.nowNs)
    schedule()
  }

  func announceShutdown(notice: TimeAmount) {
    connection.announceShutdown(delayNs: notice.nanoseconds, nowNs: LoopTime.nowNs)
    schedule()
  }

  func breakOff() { connection.breakOff() }

  /// Comes back when the next message under way arrives.
  private func schedule() {
    wake?.cancel()
    wake = nil
    guard connection.nextDueNs < .max else { return }
    let delay = TimeAmount.nanoseconds(max(0, connection.nextDueNs - LoopTime.nowNs))
    wake = loop.scheduleTask(in: delay) { [self] in
      connection.advance(nowNs: LoopTime.nowNs)
      schedule()
    }
  }
}

/// The event loop's time, which faults are timed in.
enum LoopTime {
  static var nowNs: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}
