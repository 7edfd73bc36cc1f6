// WebSocket messages out of a byte stream, assembled in place; control frames may stand between the fragments.

public import Pipeline

/// What the decoder found next.
public enum WebSocketDecoded: UInt8, BitwiseCopyable, Sendable {
  case needMore
  /// `payload` is a whole message.
  case message
  /// `payload` has to be sent back in a pong.
  case ping
  case pong
  /// The peer closes; `closeCode`.
  case close
  /// The peer broke the protocol: close with `closeCode`.
  case violation
}

/// The receiving side of RFC 6455 for a client without extensions. Deterministic; never traps on input.
///
/// After `.close` or `.violation` it is not asked again until `reset`.
public struct WebSocketDecoder {
  public let messageBytesLimit: Int
  /// In the buffer; valid until its next `makeSpace`.
  public private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)
  public private(set) var closeCode: UInt16 = 0
  /// The message's opcode; 0 between messages.
  private var opcode: UInt8 = 0
  private var isDelivered = false

  public init(messageBytesLimit: Int) { self.messageBytesLimit = messageBytesLimit }

  @_noLocks
  public mutating func reset() { self = WebSocketDecoder(messageBytesLimit: messageBytesLimit) }

  /// Takes the next frames from the buffer, up to the first that means something.
  @_noLocks
  public mutating func next(_ buffer: inout AssemblyBuffer) -> WebSocketDecoded {
    if isDelivered {
      isDelivered = false
      opcode = 0
      buffer.clearAssembled()
    }
    while true {
      var header = WebSocketFrameHeader()
      switch header.parse(buffer.unparsed) {
      case .needMore: return .needMore
      case .violation: return violation(WebSocketCloseCode.protocolError)
      case .header: break
      }
      if !header.isControl, let code = refusal(header, assembled: buffer.assembled.count) { return violation(code) }
      guard buffer.unparsed.count &- header.byteCount >= header.payloadCount else { return .needMore }
      buffer.skip(header.byteCount)
      if header.isControl { return control(header, &buffer) }
      if header.opcode != WebSocketOpcode.continuation { opcode = header.opcode }
      buffer.take(header.payloadCount)
      if header.isFinal { return deliver(buffer) }
    }
  }

  /// The code to close with when this data frame may not come now.
  @_noLocks
  private func refusal(_ header: WebSocketFrameHeader, assembled: Int) -> UInt16? {
    let continues = header.opcode == WebSocketOpcode.continuation
    guard continues == (opcode != 0) else { return WebSocketCloseCode.protocolError }
    return header.payloadCount > messageBytesLimit &- assembled ? WebSocketCloseCode.tooLarge : nil
  }

  @_noLocks
  private mutating func deliver(_ buffer: borrowing AssemblyBuffer) -> WebSocketDecoded {
    payload = buffer.assembled
    if opcode == WebSocketOpcode.text && !isValidUTF8(payload) { return violation(WebSocketCloseCode.invalidText) }
    isDelivered = true
    return .message
  }

  @_noLocks
  private mutating func control(
    _ header: WebSocketFrameHeader, _ buffer: inout AssemblyBuffer
  ) -> WebSocketDecoded {
    payload = UnsafeRawBufferPointer(rebasing: buffer.unparsed[0..<header.payloadCount])
    buffer.skip(header.payloadCount)
    switch header.opcode {
    case WebSocketOpcode.ping: return .ping
    case WebSocketOpcode.pong: return .pong
    default: return close()
    }
  }

  /// A close frame is empty, or a valid code and a reason in UTF-8 (section 5.5.1).
  @_noLocks
  private mutating func close() -> WebSocketDecoded {
    if payload.count == 0 {
      closeCode = WebSocketCloseCode.none
      return .close
    }
    guard payload.count >= 2 else { return violation(WebSocketCloseCode.protocolError) }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard WebSocketCloseCode.isValid(code) else { return violation(WebSocketCloseCode.protocolError) }
    guard isValidUTF8(UnsafeRawBufferPointer(rebasing: payload[2...])) else {
      return violation(WebSocketCloseCode.invalidText)
    }
    closeCode = code
    return .close
  }

  @_noLocks
  private mutating func violation(_ code: UInt16) -> WebSocketDecoded {
    closeCode = code
    return .violation
  }
}
