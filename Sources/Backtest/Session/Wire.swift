// What is under way on one connection in one direction: messages arrive in the order in which they were sent.

/// A queue of messages with the times at which they arrive. One owner, one thread.
public struct Wire<Message> {
  private var messages: [(message: Message, arrivalNs: Int64)] = []
  /// The first message that has not arrived; those before it are dropped from time to time.
  private var first = 0
  private var lastArrivalNs = Int64.min
  private var latency: WireLatency

  /// - Parameter latency: of its messages; each wire draws its own.
  public init(_ latency: WireLatency) { self.latency = latency }

  public var isEmpty: Bool { first == messages.count }

  /// When the next message arrives; `.max` when none is under way.
  public var nextNs: Int64 { isEmpty ? .max : messages[first].arrivalNs }

  /// Sends a message. It arrives after the wire's latency, and not before the one sent before it: one TCP connection
  /// delivers in order.
  ///
  /// - Parameter timeNs: when it leaves; not before the message sent last.
  public mutating func send(_ message: Message, atNs timeNs: Int64) {
    send(message, arrivingNs: timeNs + latency.latencyNs(at: timeNs))
  }

  /// Sends a message whose arrival is known, by the same rule.
  public mutating func send(_ message: Message, arrivingNs: Int64) {
    lastArrivalNs = max(lastArrivalNs, arrivingNs)
    messages.append((message, lastArrivalNs))
  }

  /// The connection is lost, and everything under way with it; what is sent next is on a new one.
  public mutating func cut() {
    messages.removeAll(keepingCapacity: true)
    first = 0
    lastArrivalNs = .min
  }

  /// Looks at the next message that has arrived by that time.
  public func peek(byNs timeNs: Int64) -> Message? { nextNs <= timeNs ? messages[first].message : nil }

  /// Takes the next message that has arrived by that time.
  public mutating func receive(byNs timeNs: Int64) -> Message? {
    guard nextNs <= timeNs else { return nil }
    defer { dropArrived() }
    first += 1
    return messages[first - 1].message
  }

  private mutating func dropArrived() {
    if isEmpty {
      messages.removeAll(keepingCapacity: true)
    } else if first >= Self.dropCount {
      messages.removeFirst(first)
    } else {
      return
    }
    first = 0
  }

  /// Arrived messages that may stand at the front before the rest moves up.
  private static var dropCount: Int { 1024 }
}
