// Who subscribes to which market stream, and the sending of each message to them.

import NIOCore
import Simulation

/// A connection to the market streams.
protocol StreamSubscriber: AnyObject {
  var streams: Set<String> { get }
  /// False while the client is slower than the market.
  var isWritable: Bool { get }
  func send(_ line: StreamMessage)
  func flush()
  func breakOff()
  /// Announces the venue's end, and closes the connection when the notice is over.
  func announceShutdown(notice: TimeAmount, venueMs: Int64)
}

/// One message in both of its forms: wrapped, and the bare payload.
struct StreamMessage {
  let stream: String
  let wrapped: ByteBuffer
  let payload: ByteBuffer
}

final class StreamHub {
  private var subscribers: [any StreamSubscriber] = []
  /// Told after a subscription was acknowledged, and when a slow client can take more.
  var onChange: () -> Void = {}

  func add(_ subscriber: any StreamSubscriber) { subscribers.append(subscriber) }

  func remove(_ subscriber: any StreamSubscriber) {
    subscribers.removeAll { $0 === subscriber }
    onChange()
  }

  /// All streams that somebody wants.
  var subscribed: Set<String> { subscribers.reduce(into: []) { $0.formUnion($1.streams) } }

  var allWritable: Bool { subscribers.allSatisfy(\.isWritable) }

  func send(_ message: StreamMessage) {
    for subscriber in subscribers where subscriber.streams.contains(message.stream) { subscriber.send(message) }
  }

  func announceShutdown(notice: TimeAmount, venueMs: Int64) {
    for subscriber in subscribers { subscriber.announceShutdown(notice: notice, venueMs: venueMs) }
  }

  func breakAll() {
    for subscriber in subscribers { subscriber.breakOff() }
  }

  func flush() {
    for subscriber in subscribers { subscriber.flush() }
  }
}
