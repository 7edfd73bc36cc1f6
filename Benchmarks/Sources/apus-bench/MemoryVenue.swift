// The other end of a memory transport: a venue's TLS and WebSocket, and answers to requests, as far as a session needs them.

import CShims
import Foundation
import Pipeline
import Suite

/// A server's end of one WebSocket connection over TLS.
final class VenueConnection {
  let wire = MemoryWire()
  private var session: TLSSession
  private var inbox: [UInt8] = []
  private var isUpgraded = false
  private let plaintext = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 64)

  init(_ context: TLSContext) throws {
    session = TLSSession(context)
    guard session.restart() else { throw BenchmarkError("frame_to_order: no TLS session for the venue") }
  }

  deinit { plaintext.deallocate() }

  var areRecordsDirect: Bool { session.areRecordsDirect }

  /// Takes what the client sent; each of its messages goes to `body`.
  ///
  /// - Returns: whether there was anything.
  func serve(_ body: (ArraySlice<UInt8>) throws -> Void) throws -> Bool {
    var rest = wire.outgoing
    guard !rest.isEmpty else { return false }
    repeat {
      let step = session.read(rest, into: plaintext, outgoing: wire.space)
      guard step.status == .ok else { throw BenchmarkError("frame_to_order: the venue cannot read a record") }
      if step.outgoing > 0 { wire.arrived(step.outgoing) }
      rest = UnsafeRawBufferPointer(rebasing: rest[step.consumed...])
      inbox += plaintext[..<step.plaintext]
    } while !rest.isEmpty || session.hasPending
    wire.state.pointee.sent = 0
    if !isUpgraded { try upgrade() }
    while isUpgraded, let message = takeFrame() { try body(message) }
    return true
  }

  /// Sends a text message.
  func send(_ text: [UInt8]) {
    let space = wire.space
    wire.arrived(seal(text, into: space))
  }

  /// Seals a text message in its frame, without sending it.
  ///
  /// - Returns: the bytes written.
  func seal(_ text: [UInt8], into space: UnsafeMutableRawBufferPointer) -> Int {
    Self.frame(text).withUnsafeBytes { session.write($0, outgoing: space).outgoing }
  }

  /// RFC 6455 section 5.2; a server does not mask (5.1).
  static func frame(_ text: [UInt8]) -> [UInt8] {
    switch text.count {
    case ..<126: [0x81, UInt8(text.count)] + text
    case ..<65_536: [0x81, 126, UInt8(text.count >> 8), UInt8(text.count & 255)] + text
    default: [0x81, 127] + stride(from: 56, through: 0, by: -8).map { UInt8(text.count >> $0 & 255) } + text
    }
  }

  private func upgrade() throws {
    let request = String(decoding: inbox, as: UTF8.self)
    guard request.hasSuffix("\r\n\r\n") else { return }
    let field = "Sec-WebSocket-Key: "
    guard let line = request.split(separator: "\r\n").first(where: { $0.hasPrefix(field) }) else {
      throw BenchmarkError("frame_to_order: the upgrade has no key")
    }
    let text = Array((line.dropFirst(field.count) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    guard apus_sha1(text, text.count, &digest) == 0 else { throw BenchmarkError("frame_to_order: no SHA-1") }
    let answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(Data(digest).base64EncodedString())\r\n\r\n"
    inbox.removeAll(keepingCapacity: true)
    isUpgraded = true
    let space = wire.space
    wire.arrived(Array(answer.utf8).withUnsafeBytes { session.write($0, outgoing: space).outgoing })
  }

  /// The first whole frame of the client's, unmasked in place. Its requests are below 64 KiB.
  private func takeFrame() -> ArraySlice<UInt8>? {
    guard inbox.count >= 8 else { return nil }
    let short = Int(inbox[1] & 0x7f)
    let count = short < 126 ? short : Int(inbox[2]) << 8 | Int(inbox[3])
    let start = short < 126 ? 6 : 8
    guard inbox.count >= start + count else { return nil }
    for i in 0..<count { inbox[start + i] ^= inbox[start - 4 + (i & 3)] }
    let payload = inbox[start..<(start + count)]
    inbox.removeFirst(start + count)
    return payload
  }
}

/// Answers an order session: money without end, and orders that expire at once.
final class OrderDesk {
  /// What came, text by text, and which message of the market it answers; -1 for what answers the snapshot.
  private(set) var orders: [(message: Int, text: [UInt8])] = []

  private static let placeStart = Array(#"{"id":"#.utf8)
  private static let placeMethod = Array(#","method":"order.place""#.utf8)

  /// - Parameter message: the message of the market that was handed over last.
  func answer(_ request: ArraySlice<UInt8>, message: Int, nowNs: Int64) throws -> [UInt8] {
    let digits = request.dropFirst(Self.placeStart.count).prefix { (48...57).contains($0) }
    if request[digits.endIndex...].starts(with: Self.placeMethod) {
      orders.append((message, Array(request)))
      return Array(#"{"id":"#.utf8) + digits
        + Array(
          (#","status":200,"result":{"symbol":"BTCUSDT","orderId":1,"side":"BUY","status":"EXPIRED","#
            + #""executedQty":"0.00000000","fills":[]},"rateLimits":[]}"#).utf8)
    }
    let text = Data(request)
    guard let root = try JSONSerialization.jsonObject(with: text) as? [String: Any],
      let method = root["method"] as? String
    else { throw BenchmarkError("frame_to_order: no request: \(String(decoding: request, as: UTF8.self))") }
    let result =
      switch method {
      case "time": #"{"serverTime":\#(nowNs / 1_000_000)}"#
      case "exchangeInfo": #"{"serverTime":\#(nowNs / 1_000_000),"rateLimits":[],"symbols":[]}"#
      case "session.logon": #"{"apiKey":"x","serverTime":\#(nowNs / 1_000_000)}"#
      case "account.status":
        #"{"balances":[{"asset":"USDT","free":"50000000","locked":"0"},{"asset":"BTC","free":"1000","locked":"0"}]}"#
      case "openOrders.status", "myTrades": "[]"
      default: #"{"subscriptionId":0}"#
      }
    return Array(
      #"{"id":\#(String(decoding: digits, as: UTF8.self)),"status":200,"result":\#(result),"rateLimits":[]}"#.utf8)
  }
}

/// The venue's REST side: one depth snapshot, from the moment on at which it was recorded.
struct MemoryRequests: RequestChannel, ~Copyable {
  final class Answer {
    var isRecorded = false
    let text: [UInt8]
    init(_ text: [UInt8]) { self.text = text }
  }

  private let answer: Answer
  private let content: UnsafeMutableRawBufferPointer
  private var isAsked = false
  let status = 200
  let retryAfterSeconds: Int? = nil
  let closeReason = CloseReason.none
  var body: UnsafeRawBufferPointer { UnsafeRawBufferPointer(content) }

  init(_ answer: Answer) {
    self.answer = answer
    content = .allocate(byteCount: answer.text.count, alignment: 64)
    content.copyBytes(from: answer.text)
  }

  deinit { content.deallocate() }

  mutating func get(_ target: UnsafeRawBufferPointer) -> Bool {
    defer { isAsked = true }
    return !isAsked
  }

  mutating func poll(nowNs: Int64) -> RequestEvent {
    guard isAsked, answer.isRecorded else { return .idle }
    isAsked = false
    return .response
  }
}
