// The WebSocket client through the case list of Tests/conformance, against `websockets`, `aiohttp`, `wsproto` and
// hand-made frames: the server judges what the client does, and the client has to tell the right end.
//
// Needs APUS_PYTHON: a Python with what `scripts/setup` installs.

import CShims
import Foundation
import Glibc
import MallocCounter
import Pipeline
import Testing
import Venues

/// What the server says of its cases: see `Case` in websocket_case.py.
private struct CaseList: Decodable {
  struct Offer: Decodable {
    let context: Bool
    let bits: Int
  }
  struct Case: Decodable {
    let number, name, server, reason: String
    let code: UInt16
    let offer: Offer?
    let compresses: Bool
    let limit: Int

    /// "1. framing" …
    var chapter: String {
      let number = number.prefix { $0 != "." }
      let names = [
        "1": "framing", "2": "pings and pongs", "3": "reserved bits", "4": "opcodes", "5": "fragmentation",
        "6": "UTF-8", "7": "closing", "8": "opening handshake", "9": "limits", "10": "longest text",
        "12": "compression by libraries", "13": "compression by hand",
      ]
      return "\(number). \(names[String(number)] ?? "?")"
    }
  }
  let ports: [String: UInt16]
  let cases: [Case]
}

private struct Verdict: Decodable {
  let number: String
  let passed: Bool
  let detail: String
}

/// A concrete channel whose poll the compiler has checked.
private struct Client: ~Copyable {
  var channel: WebSocketChannel<SocketTransport>

  @_noLocks @inline(never)
  mutating func poll(_ nowNs: Int64) -> ChannelEvent { channel.poll(nowNs: nowNs) }
}

/// How a connection went, as the client tells it.
private struct Ending {
  var reason = ""
  var code: UInt16 = 0
  var compresses = false
  /// Calls to malloc while the connection was open.
  var mallocs: UInt64 = 0
}

@Suite(.enabled(if: python != nil, "APUS_PYTHON names no Python with websockets, aiohttp and wsproto"))
struct WebSocketConformanceTests {
  /// Whether the first chapter stands before the second: "9." before "10.".
  private static func precedes(_ a: String, _ b: String) -> Bool {
    a.compare(b, options: .numeric) == .orderedAscending
  }

  @Test func everyCase() throws {
    let peer = try PeerProcess("websocket_servers.py")
    let list = try peer.read(CaseList.self)
    let context = try peer.context()
    var counts: [String: (passed: Int, all: Int)] = [:]
    for (index, item) in list.cases.enumerated() {
      let port = try #require(list.ports[item.server])
      let outcome = try play(item, index, peer.settings(port: port), context)
      let verdict = try peer.read(Verdict.self)
      try #require(verdict.number == item.number, "the verdict of another case")
      var problems = verdict.passed ? [] : [verdict.detail]
      if outcome.reason != item.reason || outcome.code != item.code {
        problems.append("ended with \(outcome.reason) \(outcome.code) instead of \(item.reason) \(item.code)")
      }
      if outcome.compresses != item.compresses { problems.append("compression: \(outcome.compresses)") }
      if outcome.mallocs > 0 { problems.append("\(outcome.mallocs) allocations") }
      counts[item.chapter, default: (0, 0)].all += 1
      if problems.isEmpty { counts[item.chapter, default: (0, 0)].passed += 1 }
      #expect(problems.isEmpty, "\(item.number) \(item.name): \(problems.joined(separator: "; "))")
    }
    for (chapter, count) in counts.sorted(by: { Self.precedes($0.key, $1.key) }) {
      print("websocket conformance: \(chapter): \(count.passed) of \(count.all) passed")
    }
    let passed = counts.values.reduce(0) { $0 + $1.passed }
    print("websocket conformance: \(passed) of \(list.cases.count) passed, none skipped")
    #expect(list.cases.count >= 600)
  }

  /// Opens the case's connection and answers until it ends.
  private func play(
    _ item: CaseList.Case, _ index: Int, _ connection: ConnectionSettings, _ context: TLSContext
  ) throws -> Ending {
    var settings = WebSocketSettings(connection: connection, target: "/\(index)")
    settings.messageBytesLimit = item.limit
    if let offer = item.offer {
      var compression = WebSocketCompression()
      compression.serverKeepsContext = offer.context
      compression.serverWindowBits = offer.bits
      settings.compression = compression
    }
    var client = Client(channel: WebSocketChannel(SocketTransport(), context, settings, port: 9443))
    var outcome = Ending()
    let start = monotonicNs()
    while true {
      let nowNs = monotonicNs()
      if nowNs - start > 60_000_000_000 { throw NothingHappened() }
      let before = malloc_counter_value()
      let event = client.poll(nowNs)
      if client.channel.isOpen && event != .opened { outcome.mallocs += malloc_counter_value() - before }
      switch event {
      case .idle: sched_yield()
      case .opened: outcome.compresses = client.channel.isCompressing
      case .message: answer(&client.channel)
      case .closed:
        outcome.reason = "\(client.channel.closeReason)"
        outcome.code = client.channel.closeCode
        return outcome
      }
    }
  }

  /// A text of up to 64 KiB goes back as it came, everything else as a digest; one text asks for the end.
  private func answer(_ channel: inout WebSocketChannel<SocketTransport>) {
    let message = channel.message
    if channel.messageIsText && message.elementsEqual("please close".utf8) {
      channel.close(permanently: true)
    } else if channel.messageIsText && message.count <= 65_536 {
      let isSent = channel.send(message)
      #expect(isSent)
    } else {
      var digest = [UInt8](repeating: 0, count: 20)
      #expect(apus_sha1(message.baseAddress, message.count, &digest) == 0)
      let text = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      let answer = "\(channel.messageIsText ? "text" : "binary") \(message.count) \(text)"
      let isSent = Array(answer.utf8).withUnsafeBytes { channel.send($0) }
      #expect(isSent)
    }
  }
}
