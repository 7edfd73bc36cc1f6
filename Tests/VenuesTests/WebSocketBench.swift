// A WebSocket channel on a wire in memory, and what a client sent on it as a server reads it.

import Pipeline
import Testing
import Venues

/// A channel, its wire and a clock that only the test moves.
final class WebSocketBench {
  let wire = Wire()
  var channel: WebSocketChannel<MemoryTransport>
  var nowNs: Int64 = 1_700_000_000_000_000_000
  var events: [ChannelEvent] = []
  var messages: [[UInt8]] = []

  init(_ change: (inout WebSocketSettings) -> Void = { _ in }) {
    var settings = WebSocketSettings(connection: testSettings(), target: "/ws/test")
    settings.headers = [("X-Test", "1")]
    change(&settings)
    channel = WebSocketChannel(MemoryTransport(wire), TestContexts.shared.client, settings, port: 9443)
  }

  /// Polls until nothing happens any more.
  func settle() {
    var idle = 0
    while idle < 8 {
      let event = channel.poll(nowNs: nowNs)
      if event == .message { messages.append(Array(channel.message)) }
      if event != .idle { events.append(event) }
      idle = event == .idle && !wire.hasWaiting ? idle + 1 : 0
    }
  }

  func open() {
    settle()
    wire.send(upgradeAnswer(to: wire.takeText()))
    settle()
  }

  func send(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { channel.send($0) } }
  var reason: CloseReason { channel.closeReason }
  var isOpen: Bool { channel.isOpen }
}

/// The frames a client sent, unmasked by the test's own reading of section 5.3.
func unmask(_ bytes: [UInt8]) -> [UInt8] {
  var frames: [UInt8] = []
  var rest = bytes[...]
  while rest.count >= 6 {
    let start = rest.startIndex
    let head: Int
    let count: Int
    switch rest[start + 1] & 0x7f {
    case 126: (head, count) = (4, Int(rest[start + 2]) << 8 | Int(rest[start + 3]))
    case 127: (head, count) = (10, rest[(start + 2)..<(start + 10)].reduce(0) { $0 << 8 | Int($1) })
    case let short: (head, count) = (2, Int(short))
    }
    let mask = Array(rest[(start + head)..<(start + head + 4)])
    let masked = rest[(start + head + 4)..<(start + head + 4 + count)]
    frames += [rest[start], rest[start + 1] & 0x7f] + rest[(start + 2)..<(start + head)]
    frames += masked.enumerated().map { $1 ^ mask[$0 % 4] }
    rest = rest[(start + head + 4 + count)...]
  }
  return frames
}
