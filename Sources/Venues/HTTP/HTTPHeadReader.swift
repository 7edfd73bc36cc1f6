// The head of an HTTP/1.1 message, line by line, in place: shared by responses and by the WebSocket upgrade.

internal import Pipeline

/// What the reader found next.
enum HTTPHeadEvent: UInt8 {
  case needMore
  /// `status` stands.
  case statusLine
  /// `name` and `value` stand.
  case field
  /// The empty line behind the fields.
  case end
  case malformed
  case tooLarge
}

/// Reads a status line and fields (RFC 9112 sections 4 and 5), strictly: lines end in CR LF, fields are not folded.
struct HTTPHeadReader {
  /// Of one head, all lines together; well above what exchanges and their caches send.
  static var headBytesLimit: Int { 16 * 1024 }

  private(set) var status = 0
  /// HTTP/1.0: no chunks, no upgrade, and the connection ends with the response (RFC 9112 sections 6.1 and 9.3).
  private(set) var isVersion10 = false
  /// In the buffer, until its next `makeSpace`.
  private(set) var name = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var value = UnsafeRawBufferPointer(start: nil, count: 0)
  private var headBytes = 0
  private var readsFields = false

  /// Begins at the fields: trailers have no status line.
  @_noLocks
  mutating func beginTrailer() {
    self = HTTPHeadReader()
    readsFields = true
  }

  @_noLocks
  mutating func next(_ buffer: inout AssemblyBuffer) -> HTTPHeadEvent {
    let bytes = buffer.unparsed
    let room = Self.headBytesLimit &- headBytes
    guard let count = lineCount(bytes, limit: room) else { return bytes.count >= room ? .tooLarge : .needMore }
    headBytes &+= count &+ 2
    buffer.skip(count &+ 2)
    let line = UnsafeRawBufferPointer(rebasing: bytes[0..<count])
    if !readsFields {
      readsFields = true
      return parseStatus(line) ? .statusLine : .malformed
    }
    if count == 0 { return .end }
    return parseField(line) ? .field : .malformed
  }

  /// Bytes before the first CR LF; nil when there is none yet.
  @_noLocks
  private func lineCount(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Int? {
    let end = min(bytes.count, limit) &- 1
    var index = 0
    while index < end {
      if bytes[index] == 13 && bytes[index &+ 1] == 10 { return index }
      index &+= 1
    }
    return nil
  }

  /// "HTTP/1.1 200 OK": the reason may be missing, its space may not (RFC 9112 section 4), which some servers ignore.
  @_noLocks
  private mutating func parseStatus(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.count >= 12, startsWith(line, "HTTP/1."), line[7] == 48 || line[7] == 49, line[8] == 32 else {
      return false
    }
    guard line.count == 12 || line[12] == 32 else { return false }
    var number = 0
    for index in 9..<12 {
      guard line[index] >= 48 && line[index] <= 57 else { return false }
      number = number &* 10 &+ Int(line[index] &- 48)
    }
    status = number
    isVersion10 = line[7] == 48
    return number >= 100
  }

  @_noLocks
  private mutating func parseField(_ line: UnsafeRawBufferPointer) -> Bool {
    var colon = 0
    while colon < line.count, isTokenCharacter(line[colon]) { colon &+= 1 }
    guard colon > 0, colon < line.count, line[colon] == 58 else { return false }
    var start = colon &+ 1
    var end = line.count
    while start < end, isBlank(line[start]) { start &+= 1 }
    while end > start, isBlank(line[end &- 1]) { end &-= 1 }
    for index in start..<end where (line[index] < 32 && line[index] != 9) || line[index] == 127 { return false }
    name = UnsafeRawBufferPointer(rebasing: line[0..<colon])
    value = UnsafeRawBufferPointer(rebasing: line[start..<end])
    return true
  }
}
