// WebSocket frames (RFC 6455 section 5): the header as it is read, and a masked frame as it is written.

/// What a frame is (section 5.2). Others are reserved and a violation.
enum WebSocketOpcode {
  static var continuation: UInt8 { 0 }
  static var text: UInt8 { 1 }
  static var binary: UInt8 { 2 }
  static var close: UInt8 { 8 }
  static var ping: UInt8 { 9 }
  static var pong: UInt8 { 10 }
}

/// Why a side closes (section 7.4.1), as far as this client says so itself.
public enum WebSocketCloseCode {
  public static var normal: UInt16 { 1000 }
  public static var protocolError: UInt16 { 1002 }
  public static var invalidText: UInt16 { 1007 }
  public static var tooLarge: UInt16 { 1009 }
  /// The close frame had no code. Never sent.
  public static var none: UInt16 { 1005 }

  /// Whether a peer may send that code: those of the IANA registry that are not reserved for local use, and the
  /// ranges for libraries and applications.
  @_noLocks
  static func isValid(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}

/// The header of a frame from a server.
struct WebSocketFrameHeader {
  enum Parse: UInt8 { case needMore, violation, header }

  /// Two bytes, at most eight of length, and a mask of four.
  static var byteCountLimit: Int { 14 }
  static var controlPayloadLimit: Int { 125 }

  private(set) var isFinal = false
  /// RSV1: the first frame of a compressed message (RFC 7692 section 6).
  private(set) var isCompressed = false
  private(set) var opcode: UInt8 = 0
  private(set) var byteCount = 0
  /// At most 2^63 - 1.
  private(set) var payloadCount = 0

  var isControl: Bool { opcode & 8 != 0 }

  /// Reads the header at the beginning of `bytes`; a server's frame is not masked (section 5.1).
  ///
  /// - Parameter inflates: whether messages may be compressed.
  @_noLocks
  mutating func parse(_ bytes: UnsafeRawBufferPointer, inflates: Bool) -> Parse {
    guard bytes.count >= 2 else { return .needMore }
    opcode = bytes[0] & 0x0f
    isFinal = bytes[0] & 0x80 != 0
    let beginsMessage = opcode == WebSocketOpcode.text || opcode == WebSocketOpcode.binary
    isCompressed = inflates && beginsMessage && bytes[0] & 0x40 != 0
    let hasReservedBits = bytes[0] & (isCompressed ? 0x30 : 0x70) != 0  // extensions' that were not negotiated
    let isMasked = bytes[1] & 0x80 != 0
    let isKnown =
      opcode <= WebSocketOpcode.binary || (opcode >= WebSocketOpcode.close && opcode <= WebSocketOpcode.pong)
    guard !hasReservedBits, !isMasked, isKnown else { return .violation }
    let short = Int(bytes[1])
    if isControl && (!isFinal || short > Self.controlPayloadLimit) { return .violation }
    switch short {
    case ..<126: return finish(2, short)
    case 126: return parseLength(bytes, byteCount: 2, minimum: 126)
    default: return parseLength(bytes, byteCount: 8, minimum: 65536)
    }
  }

  @_noLocks
  private mutating func parseLength(_ bytes: UnsafeRawBufferPointer, byteCount: Int, minimum: UInt64) -> Parse {
    guard bytes.count >= 2 &+ byteCount else { return .needMore }
    var length: UInt64 = 0
    for index in 2..<(2 &+ byteCount) { length = length << 8 | UInt64(bytes[index]) }
    guard length >= minimum, length <= UInt64(Int.max) else { return .violation }
    return finish(2 &+ byteCount, Int(length))
  }

  @_noLocks
  private mutating func finish(_ byteCount: Int, _ payloadCount: Int) -> Parse {
    self.byteCount = byteCount
    self.payloadCount = payloadCount
    return .header
  }
}

/// Writes a final, masked frame; `out` has room for the payload and `WebSocketFrameHeader.byteCountLimit` more.
///
/// - Returns: the bytes written.
@_noLocks
package func writeFrame(
  opcode: UInt8, _ payload: UnsafeRawBufferPointer, mask: UInt32, into out: UnsafeMutableRawPointer
) -> Int {
  out.storeBytes(of: 0x80 | opcode, as: UInt8.self)
  var place = out + 2
  switch payload.count {
  case ..<126:
    (out + 1).storeBytes(of: 0x80 | UInt8(truncatingIfNeeded: payload.count), as: UInt8.self)
  case ..<65536:
    (out + 1).storeBytes(of: 0x80 | 126, as: UInt8.self)
    place.storeBytes(of: UInt16(truncatingIfNeeded: payload.count).bigEndian, as: UInt16.self)
    place += 2
  default:
    (out + 1).storeBytes(of: 0x80 | 127, as: UInt8.self)
    place.storeBytes(of: UInt64(truncatingIfNeeded: payload.count).bigEndian, as: UInt64.self)
    place += 8
  }
  place.storeBytes(of: mask, as: UInt32.self)
  place += 4
  copyMasked(payload, mask, into: place)
  return (place - out) &+ payload.count
}

/// Section 5.3: byte i of the payload is exchanged by its XOR with byte i mod 4 of the mask, here eight at a time.
@_noLocks
private func copyMasked(_ payload: UnsafeRawBufferPointer, _ mask: UInt32, into out: UnsafeMutableRawPointer) {
  guard let start = payload.baseAddress else { return }
  let wide = UInt64(mask) << 32 | UInt64(mask)
  var index = 0
  while index &+ 8 <= payload.count {
    let word = (start + index).loadUnaligned(as: UInt64.self) ^ wide
    (out + index).storeBytes(of: word, as: UInt64.self)
    index &+= 8
  }
  while index < payload.count {
    let shift = UInt32(truncatingIfNeeded: index & 3) &* 8
    (out + index).storeBytes(of: payload[index] ^ UInt8(truncatingIfNeeded: mask >> shift), as: UInt8.self)
    index &+= 1
  }
}
