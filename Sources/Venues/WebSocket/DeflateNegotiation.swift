// What client and server agree on about permessage-deflate in the opening handshake (RFC 7692 sections 5 and 7.1).

/// What to ask of a venue that compresses its messages. Messages to the venue are never compressed: requests are short,
/// and the length of text that was compressed together with a secret tells about the secret (the CRIME attack).
public struct WebSocketCompression: Sendable, Equatable {
  /// Whether the venue may refer back to earlier messages, which makes similar ones small.
  public var serverKeepsContext = true
  /// Binary logarithm of the window that the venue may refer back in, in bytes: 8 to 15.
  public var serverWindowBits = 15

  public init() {}

  /// The value of Sec-WebSocket-Extensions. Cold.
  var offer: String {
    precondition(Self.windowBits.contains(serverWindowBits), "a DEFLATE window has 8 to 15 bits")
    // Any limit on a window that is never used can be kept: saying so lets servers agree that insist on one.
    var text = "permessage-deflate; client_max_window_bits"
    if !serverKeepsContext { text += "; server_no_context_takeover" }
    if serverWindowBits < 15 { text += "; server_max_window_bits=\(serverWindowBits)" }
    return text
  }

  static var windowBits: ClosedRange<Int> { 8...15 }
}

/// Reads a server's answer to one offer.
struct DeflateNegotiation: BitwiseCopyable {
  private let isOffered: Bool
  private let offersNoContext: Bool
  private let offeredBits: Int
  private(set) var isAgreed = false
  private var hasServerNoContext = false
  private var hasClientNoContext = false
  private var hasServerBits = false
  private var hasClientBits = false

  init(_ offer: WebSocketCompression?) {
    isOffered = offer != nil
    offersNoContext = offer?.serverKeepsContext == false
    offeredBits = offer?.serverWindowBits ?? 15
  }

  /// Whether each message has to be inflated on its own.
  var forgetsContext: Bool { hasServerNoContext }

  /// Gets ready for another answer.
  @_noLocks
  mutating func reset() {
    isAgreed = false
    hasServerNoContext = false
    hasClientNoContext = false
    hasServerBits = false
    hasClientBits = false
  }

  /// Whether the answer, all of its fields together, keeps to what was asked. Declining is an answer, too.
  var isSatisfied: Bool {
    @_noLocks get { !isAgreed || ((hasServerNoContext || !offersNoContext) && (hasServerBits || offeredBits == 15)) }
  }

  /// Takes one field of extensions (RFC 6455 section 9.1).
  ///
  /// - Returns: false when it accepts what was not offered, or is not understood.
  @_noLocks
  mutating func accept(_ field: UnsafeRawBufferPointer) -> Bool {
    var scanner = FieldScanner(field)
    repeat {
      let name = scanner.token()
      if name.count == 0 { continue }  // empty elements are allowed in a list
      guard isOffered, !isAgreed, equalsIgnoringCase(name, "permessage-deflate") else { return false }
      isAgreed = true
      while scanner.consume(UInt8(ascii: ";")) {
        guard acceptParameter(&scanner) else { return false }
      }
    } while scanner.consume(UInt8(ascii: ","))
    return scanner.isAtEnd
  }

  /// Each parameter stands once, those of a window with their number (section 7.1).
  @_noLocks
  private mutating func acceptParameter(_ scanner: inout FieldScanner) -> Bool {
    let name = scanner.token()
    let hasValue = scanner.consume(UInt8(ascii: "="))
    let value = hasValue ? scanner.value() : UnsafeRawBufferPointer(start: nil, count: 0)
    if equalsIgnoringCase(name, "server_no_context_takeover") {
      return !hasValue && set(&hasServerNoContext)
    } else if equalsIgnoringCase(name, "client_no_context_takeover") {
      return !hasValue && set(&hasClientNoContext)
    } else if equalsIgnoringCase(name, "server_max_window_bits") {
      guard let bits = windowBits(value) else { return false }
      return bits <= offeredBits && set(&hasServerBits)
    } else if equalsIgnoringCase(name, "client_max_window_bits") {
      return windowBits(value) != nil && set(&hasClientBits)
    }
    return false
  }

  @_noLocks
  private func set(_ flag: inout Bool) -> Bool {
    let isFirst = !flag
    flag = true
    return isFirst
  }

  @_noLocks
  private func windowBits(_ value: UnsafeRawBufferPointer) -> Int? {
    guard let bits = decimalNumber(value, limit: 15), bits >= 8, value[0] != UInt8(ascii: "0") else { return nil }
    return bits
  }
}

/// Tokens and separators of a header field's value (RFC 9110 section 5.6), blanks passed over.
private struct FieldScanner {
  private let bytes: UnsafeRawBufferPointer
  private var index = 0

  @_noLocks
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool {
    @_noLocks mutating get {
      skipBlanks()
      return index == bytes.count
    }
  }

  @_noLocks
  mutating func consume(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard index < bytes.count, bytes[index] == byte else { return false }
    index &+= 1
    return true
  }

  /// Empty when none stands here.
  @_noLocks
  mutating func token() -> UnsafeRawBufferPointer {
    skipBlanks()
    let start = index
    while index < bytes.count, isTokenCharacter(bytes[index]) { index &+= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<index])
  }

  /// A token, or one in quotes (RFC 6455 section 9.1).
  @_noLocks
  mutating func value() -> UnsafeRawBufferPointer {
    guard consume(UInt8(ascii: "\"")) else { return token() }
    let quoted = token()
    return consume(UInt8(ascii: "\"")) ? quoted : UnsafeRawBufferPointer(start: nil, count: 0)
  }

  @_noLocks
  private mutating func skipBlanks() {
    while index < bytes.count, isBlank(bytes[index]) { index &+= 1 }
  }
}
