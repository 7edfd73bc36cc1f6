// Channels that tests play: what is put in comes out of the next polls, what is sent is kept.

import Pipeline

/// A message channel without a socket.
final class ScriptedStream: StandbyChannel {
  enum Event {
    case opened
    case closed(CloseReason)
    case message([UInt8], tsc: UInt64)
  }

  var events: [Event] = []
  var sent: [String] = []
  /// How many of the next sends are refused.
  var refusals = 0
  var opens = 0
  var closes = 0
  /// The last close was for good.
  private(set) var isShut = false
  private var current: [UInt8] = []
  private var place = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 21, alignment: 8)
  private(set) var messageTsc: UInt64 = 0
  private(set) var closeReason = CloseReason.none
  private(set) var isOpen = false
  private(set) var message = UnsafeRawBufferPointer(start: nil, count: 0)

  deinit { place.deallocate() }

  func add(_ text: String, tsc: UInt64 = 0) { events.append(.message(Array(text.utf8), tsc: tsc)) }

  func poll(nowNs: Int64) -> ChannelEvent {
    guard !events.isEmpty else { return .idle }
    switch events.removeFirst() {
    case .opened:
      isOpen = true
      return .opened
    case .closed(let reason):
      isOpen = false
      closeReason = reason
      return .closed
    case .message(let bytes, let tsc):
      place.copyBytes(from: bytes)
      message = UnsafeRawBufferPointer(rebasing: place[0..<bytes.count])
      messageTsc = tsc
      return .message
    }
  }

  func send(_ text: UnsafeRawBufferPointer) -> Bool {
    guard refusals == 0 else {
      refusals -= 1
      return false
    }
    sent.append(String(decoding: text, as: UTF8.self))
    return true
  }

  func open() {
    opens += 1
    isShut = false
  }

  func close(permanently: Bool) {
    closes += 1
    isShut = permanently
  }
}

/// A request channel without a socket.
final class ScriptedRequests: RequestChannel {
  var targets: [String] = []
  var refusals = 0
  /// What the next poll answers; nil keeps the request waiting.
  var answer: (status: Int, body: [UInt8])?
  var failure: CloseReason?
  private(set) var status = 0
  private(set) var closeReason = CloseReason.none
  var retryAfterSeconds: Int?
  private var place = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 21, alignment: 8)
  private(set) var body = UnsafeRawBufferPointer(start: nil, count: 0)

  deinit { place.deallocate() }

  func get(_ target: UnsafeRawBufferPointer) -> Bool {
    guard refusals == 0 else {
      refusals -= 1
      return false
    }
    targets.append(String(decoding: target, as: UTF8.self))
    return true
  }

  func poll(nowNs: Int64) -> RequestEvent {
    if let failure {
      self.failure = nil
      closeReason = failure
      return .failed
    }
    guard let answer else { return .idle }
    self.answer = nil
    status = answer.status
    place.copyBytes(from: answer.body)
    body = UnsafeRawBufferPointer(rebasing: place[0..<answer.body.count])
    return .response
  }
}
