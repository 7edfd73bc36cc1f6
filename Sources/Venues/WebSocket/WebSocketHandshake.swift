// The opening handshake of a WebSocket client (RFC 6455 section 4.1).

internal import CShims
internal import Pipeline

/// Writes the upgrade request and checks the answer.
struct WebSocketHandshake: ~Copyable {
  enum Answer: UInt8 { case needMore, accepted, refused }

  private static var keyCount: Int { 24 }
  private static var acceptCount: Int { 28 }
  private static var digestCount: Int { 20 }

  private let head: UnsafeMutableRawBufferPointer
  private let keyOffset: Int
  /// What Sec-WebSocket-Accept has to be: base64 of SHA-1 of the key and the protocol's own GUID.
  private let expected: UnsafeMutableRawPointer
  /// The key, the GUID and their digest.
  private let scratch: UnsafeMutableRawPointer
  private var reader = HTTPHeadReader()
  private var upgrades = false
  private var connects = false
  private var accepts = false
  /// The answer contradicts itself, or accepts what was not offered.
  private var isWrong = false
  private(set) var deflate: DeflateNegotiation
  /// What a refusal's Retry-After says; 0 without one, or when it is a date.
  private(set) var retryAfterSeconds = 0

  /// The status of the answer: not 101 when the server refused.
  var status: Int { reader.status }
  /// Refused for the venue's limits: with 429, or with 418 by Binance for a ban ("IP limits").
  var isRateLimited: Bool { reader.status == 429 || reader.status == 418 }

  init(host: String, target: String, headers: [(name: String, value: String)], compression: WebSocketCompression?) {
    precondition(target.hasPrefix("/") && target.utf8.allSatisfy { $0 > 32 && $0 < 127 }, "a target is visible ASCII")
    var text = "GET \(target) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    for header in headers {
      precondition(isFieldText(header.name) && isFieldText(header.value), "a header is one line of ASCII")
      text += "\(header.name): \(header.value)\r\n"
    }
    if let compression { text += "Sec-WebSocket-Extensions: \(compression.offer)\r\n" }
    deflate = DeflateNegotiation(compression)
    text += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
    keyOffset = text.utf8.count
    text += String(repeating: "=", count: Self.keyCount) + "\r\n\r\n"
    head = .allocate(byteCount: text.utf8.count, alignment: 16)
    head.copyBytes(from: text.utf8)
    expected = .allocate(byteCount: Self.acceptCount, alignment: 16)
    scratch = .allocate(byteCount: 128, alignment: 16)
  }

  deinit {
    head.deallocate()
    expected.deallocate()
    scratch.deallocate()
  }

  /// The request for a new connection, with a key of its own; nil when OpenSSL failed.
  @_noLocks
  mutating func request(_ generator: inout SeededGenerator) -> UnsafeRawBufferPointer? {
    reader = HTTPHeadReader()
    upgrades = false
    connects = false
    accepts = false
    isWrong = false
    retryAfterSeconds = 0
    deflate.reset()
    guard let start = head.baseAddress else { return nil }
    let nonce = (generator.next(), generator.next())
    let key = start + keyOffset
    _ = withUnsafeBytes(of: nonce) { Base64.encode($0, into: key) }
    return computeExpected(key) ? UnsafeRawBufferPointer(head) : nil
  }

  @_noLocks
  private func computeExpected(_ key: UnsafeRawPointer) -> Bool {
    let guid: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    let count = Self.keyCount &+ guid.utf8CodeUnitCount
    scratch.copyMemory(from: key, byteCount: Self.keyCount)
    (scratch + Self.keyCount).copyMemory(from: guid.utf8Start, byteCount: guid.utf8CodeUnitCount)
    let digest = scratch + count
    guard apus_sha1(scratch, count, digest.assumingMemoryBound(to: UInt8.self)) == 0 else { return false }
    _ = Base64.encode(UnsafeRawBufferPointer(start: digest, count: Self.digestCount), into: expected)
    return true
  }

  /// Reads the answer; of a refusal no more than is of use. What follows in the buffer are frames.
  @_noLocks
  mutating func check(_ buffer: inout AssemblyBuffer) -> Answer {
    while true {
      switch reader.next(&buffer) {
      case .needMore: return .needMore
      case .malformed, .tooLarge: return .refused
      case .statusLine:
        if !isRateLimited && (reader.status != 101 || reader.isVersion10) { return .refused }
      case .field where isRateLimited:
        guard equalsIgnoringCase(reader.name, "retry-after") else { continue }
        retryAfterSeconds = retryDelaySeconds(reader.value) ?? 0
        return .refused
      case .end where isRateLimited: return .refused
      case .field:
        readField()
        if isWrong { return .refused }
      case .end: return upgrades && connects && accepts && deflate.isSatisfied ? .accepted : .refused
      }
    }
  }

  @_noLocks
  private mutating func readField() {
    if equalsIgnoringCase(reader.name, "upgrade") {
      upgrades = equalsIgnoringCase(reader.value, "websocket")
    } else if equalsIgnoringCase(reader.name, "connection") {
      connects = listContains(reader.value, "upgrade")
    } else if equalsIgnoringCase(reader.name, "sec-websocket-accept") {
      accepts = !accepts && isExpected(reader.value)  // it stands once (RFC 6455 section 11.3.3)
      isWrong = !accepts
    } else if equalsIgnoringCase(reader.name, "sec-websocket-extensions") {
      isWrong = !deflate.accept(reader.value)
    } else if equalsIgnoringCase(reader.name, "sec-websocket-protocol") {
      isWrong = true  // none was offered
    }
  }

  @_noLocks
  private func isExpected(_ value: UnsafeRawBufferPointer) -> Bool {
    guard value.count == Self.acceptCount, let start = value.baseAddress else { return false }
    return apus_bytes_are_equal(start, expected, Self.acceptCount) != 0
  }
}
