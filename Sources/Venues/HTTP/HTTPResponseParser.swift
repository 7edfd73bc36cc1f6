// HTTP/1.1 responses out of a byte stream: the head, then a body of fixed length, in chunks, or up to the end.

public import Pipeline

/// How far a response came.
public enum HTTPParseResult: UInt8, BitwiseCopyable, Sendable {
  case needMore
  /// The whole body stands in the buffer's `assembled`.
  case complete
  /// Not HTTP/1.1, or ambiguous about its length.
  case malformed
  /// The head or the body is above its limit.
  case tooLarge
}

/// Parses one response after another (RFC 9112), assembling the body in place. Deterministic; never traps on input.
///
/// Interim responses (1xx) are skipped. A response with both Content-Length and Transfer-Encoding, with two different
/// lengths or with another coding than `chunked` is malformed: guessing its end would misread the next one.
public struct HTTPResponseParser {
  private enum Phase: UInt8 { case head, body, untilEnd, chunkSize, chunk, chunkEnd, trailer, done }

  /// "FFFFFFFF" and extensions.
  private static var chunkLineLimit: Int { 256 }

  public let bodyBytesLimit: Int
  public private(set) var status = 0
  /// Seconds of Retry-After; nil without one, or when it is a date.
  public private(set) var retryAfterSeconds: Int?
  /// Whether the connection can carry another request.
  public private(set) var keepsAlive = true
  private var phase = Phase.head
  private var reader = HTTPHeadReader()
  private var remaining = 0
  private var length: Int?
  private var isChunked = false

  public init(bodyBytesLimit: Int) { self.bodyBytesLimit = bodyBytesLimit }

  /// Gets ready for the next response.
  @_noLocks
  public mutating func reset() { self = HTTPResponseParser(bodyBytesLimit: bodyBytesLimit) }

  /// Goes on with what is unparsed in the buffer.
  @_noLocks
  public mutating func next(_ buffer: inout AssemblyBuffer) -> HTTPParseResult {
    while true {
      var result: HTTPParseResult?
      switch phase {
      case .head: result = readHead(&buffer)
      case .body: result = readBody(&buffer)
      case .untilEnd: result = readUntilEnd(&buffer)
      case .chunkSize: result = readChunkSize(&buffer)
      case .chunk: result = readChunk(&buffer)
      case .chunkEnd: result = readChunkEnd(&buffer)
      case .trailer: result = readTrailer(&buffer)
      case .done: result = .complete
      }
      if let result { return result }
    }
  }

  /// Whether the connection's end completes the response: only where nothing else tells its length.
  @_noLocks
  public mutating func finish() -> Bool { phase == .untilEnd || phase == .done }

  // Every function below returns nil to go on with the next phase.

  @_noLocks
  private mutating func readHead(_ buffer: inout AssemblyBuffer) -> HTTPParseResult? {
    switch reader.next(&buffer) {
    case .needMore: return .needMore
    case .malformed: return .malformed
    case .tooLarge: return .tooLarge
    case .statusLine:
      status = reader.status
      keepsAlive = !reader.isVersion10
      return nil
    case .field: return readField()
    case .end: return endHead()
    }
  }

  @_noLocks
  private mutating func readField() -> HTTPParseResult? {
    if equalsIgnoringCase(reader.name, "content-length") {
      guard let value = decimalNumber(reader.value, limit: 1 << 48) else { return .malformed }
      guard length == nil || length == value else { return .malformed }
      length = value
    } else if equalsIgnoringCase(reader.name, "transfer-encoding") {
      guard !isChunked, !reader.isVersion10, equalsIgnoringCase(reader.value, "chunked") else { return .malformed }
      isChunked = true
    } else if equalsIgnoringCase(reader.name, "connection") {
      if listContains(reader.value, "close") { keepsAlive = false }
    } else if equalsIgnoringCase(reader.name, "retry-after") {
      retryAfterSeconds = retryDelaySeconds(reader.value)
    }
    return nil
  }

  @_noLocks
  private mutating func endHead() -> HTTPParseResult? {
    if status < 200 {
      guard status != 101 else { return .malformed }  // nobody asked for another protocol
      reset()
      return nil
    }
    if isChunked && length != nil { return .malformed }
    if status == 204 || status == 304 {
      phase = .done
    } else if isChunked {
      phase = .chunkSize
    } else if let length {
      guard length <= bodyBytesLimit else { return .tooLarge }
      remaining = length
      phase = .body
    } else {
      keepsAlive = false
      phase = .untilEnd
    }
    return nil
  }

  @_noLocks
  private mutating func readBody(_ buffer: inout AssemblyBuffer) -> HTTPParseResult? {
    takeRemaining(&buffer)
    guard remaining == 0 else { return .needMore }
    phase = .done
    return nil
  }

  @_noLocks
  private mutating func readUntilEnd(_ buffer: inout AssemblyBuffer) -> HTTPParseResult? {
    let count = buffer.unparsed.count
    guard count <= bodyBytesLimit &- buffer.assembled.count else { return .tooLarge }
    buffer.take(count)
    return .needMore
  }

  @_noLocks
  private mutating func readChunkSize(_ buffer: inout AssemblyBuffer) -> HTTPParseResult? {
    let bytes = buffer.unparsed
    let limit = min(bytes.count, Self.chunkLineLimit)
    var size = 0
    var index = 0
    while index < limit, let digit = hexValue(bytes[index]) {
      guard size <= bodyBytesLimit else { return .tooLarge }
      size = size &* 16 &+ digit
      index &+= 1
    }
    if index == limit { return bytes.count >= Self.chunkLineLimit ? .malformed : .needMore }
    guard index > 0, bytes[index] == 13 || bytes[index] == 59 || isBlank(bytes[index]) else { return .malformed }
    while index < limit, bytes[index] != 13 { index &+= 1 }  // extensions mean nothing to us
    guard index &+ 1 < limit else { return bytes.count >= Self.chunkLineLimit ? .malformed : .needMore }
    guard bytes[index &+ 1] == 10 else { return .malformed }
    guard size <= bodyBytesLimit &- buffer.assembled.count else { return .tooLarge }
    buffer.skip(index &+ 2)
    remaining = size
    phase = size == 0 ? .trailer : .chunk
    if size == 0 { reader.beginTrailer() }
    return nil
  }

  @_noLocks
  private mutating func readChunk(_ buffer: inout AssemblyBuffer) -> HTTPParseResult? {
    takeRemaining(&buffer)
    guard remaining == 0 else { return .needMore }
    phase = .chunkEnd
    return nil
  }

  @_noLocks
  private mutating func readChunkEnd(_ buffer: inout AssemblyBuffer) -> HTTPParseResult? {
    let bytes = buffer.unparsed
    guard bytes.count >= 2 else { return .needMore }
    guard bytes[0] == 13, bytes[1] == 10 else { return .malformed }
    buffer.skip(2)
    phase = .chunkSize
    return nil
  }

  @_noLocks
  private mutating func readTrailer(_ buffer: inout AssemblyBuffer) -> HTTPParseResult? {
    switch reader.next(&buffer) {
    case .needMore: return .needMore
    case .malformed, .statusLine: return .malformed
    case .tooLarge: return .tooLarge
    case .field: return nil
    case .end:
      phase = .done
      return nil
    }
  }

  @_noLocks
  private mutating func takeRemaining(_ buffer: inout AssemblyBuffer) {
    let count = min(remaining, buffer.unparsed.count)
    buffer.take(count)
    remaining &-= count
  }

  @inline(__always)
  private func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case 48...57: Int(byte &- 48)
    case 65...70: Int(byte &- 55)
    case 97...102: Int(byte &- 87)
    default: nil
    }
  }
}
