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

/// One message in all of its forms: wrapped, the bare payload, and in SBE.
final class StreamMessage {
  let stream: String
  let wrapped: ByteBuffer
  let payload: ByteBuffer
  private let timeNs: Int64
  /// Made when the first client wants it; nil for what the SBE streams have not.
  private(set) lazy var event: ByteBuffer? = JSONValue(parsing: payload.readableBytesView)
    .flatMap { SBEEvent($0, timeNs: timeNs) }.map { ByteBuffer(bytes: $0.bytes) }

  init(_ line: MarketLine, stream: String) {
    self.stream = stream
    timeNs = line.timeNs
    wrapped = ByteBuffer(bytes: line.text)
    payload = wrapped.getSlice(at: line.payload.lowerBound, length: line.payload.count) ?? wrapped
  }
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
