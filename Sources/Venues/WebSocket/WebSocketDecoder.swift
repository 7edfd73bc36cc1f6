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

/// The receiving side of RFC 6455 for a client, with permessage-deflate (RFC 7692) once it is agreed. Deterministic;
/// never traps on input.
///
/// Payload is taken as it comes, so that text that cannot become UTF-8 is refused at its first bad byte. After `.close`
/// or `.violation` the decoder is not asked again until `reset`.
public struct WebSocketDecoder: ~Copyable {
  public let messageBytesLimit: Int
  /// In the buffer, or the inflated message; valid until the buffer's next `makeSpace`.
  public private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)
  public private(set) var closeCode: UInt16 = 0
  /// Whether the message under way, or the last one, is text.
  public private(set) var isText = false
  private var inflater: MessageInflater
  /// Whether the handshake agreed on compression, and that each message is compressed on its own.
  private var inflates = false
  private var forgetsContext = false
  private var validator = UTF8Validator()
  private var isInMessage = false
  private var isInFrame = false
  private var isFinal = false
  private var isCompressed = false
  private var isDelivered = false
  /// Of the data frame's payload.
  private var remaining = 0

  /// - Parameter offersCompression: whether memory to inflate messages is to be had.
  public init(messageBytesLimit: Int, offersCompression: Bool = false) {
    self.messageBytesLimit = messageBytesLimit
    inflater = MessageInflater(bytesLimit: offersCompression ? messageBytesLimit : nil)
  }

  /// Gets ready for a new connection, without compression.
  @_noLocks
  public mutating func reset() {
    inflates = false
    isInMessage = false
    isInFrame = false
    isDelivered = false
    remaining = 0
    closeCode = 0
    inflater.forget()
  }

  /// What the handshake agreed on, before the first frame.
  @_noLocks
  package mutating func beginInflating(forgetsContext: Bool) {
    inflates = true
    self.forgetsContext = forgetsContext
  }

  /// Takes the next frames from the buffer, up to the first that means something.
  @_noLocks
  public mutating func next(_ buffer: inout AssemblyBuffer) -> WebSocketDecoded {
    if isDelivered {
      isDelivered = false
      isInMessage = false
      buffer.clearAssembled()
    }
    while true {
      if !isInFrame {
        var header = WebSocketFrameHeader()
        switch header.parse(buffer.unparsed, inflates: inflates) {
        case .needMore: return .needMore
        case .violation: return violation(WebSocketCloseCode.protocolError)
        case .header: break
        }
        if header.isControl { return control(header, &buffer) }
        if let code = refusal(header, assembled: buffer.assembled.count) { return violation(code) }
        buffer.skip(header.byteCount)
        begin(header)
      }
      if let code = takePayload(&buffer) { return violation(code) }
      if remaining > 0 { return .needMore }
      isInFrame = false
      if isFinal { return deliver(buffer) }
    }
  }

  /// The code to close with when this data frame may not come now.
  @_noLocks
  private func refusal(_ header: WebSocketFrameHeader, assembled: Int) -> UInt16? {
    let continues = header.opcode == WebSocketOpcode.continuation
    guard continues == isInMessage else { return WebSocketCloseCode.protocolError }
    if header.isCompressed || (continues && isCompressed) { return nil }  // what it inflates to is what counts
    return header.payloadCount > messageBytesLimit &- assembled ? WebSocketCloseCode.tooLarge : nil
  }

  @_noLocks
  private mutating func begin(_ header: WebSocketFrameHeader) {
    isInFrame = true
    isFinal = header.isFinal
    remaining = header.payloadCount
    guard header.opcode != WebSocketOpcode.continuation else { return }
    isInMessage = true
    isText = header.opcode == WebSocketOpcode.text
    isCompressed = header.isCompressed
    validator = UTF8Validator()
    if isCompressed {
      inflater.beginMessage()
      if forgetsContext { inflater.forget() }
    }
  }

  /// Takes what is there of the frame's payload.
  ///
  /// - Returns: the code to close with when it cannot be.
  @_noLocks
  private mutating func takePayload(_ buffer: inout AssemblyBuffer) -> UInt16? {
    let count = min(remaining, buffer.unparsed.count)
    remaining &-= count
    if isCompressed {
      let outcome = inflater.inflate(UnsafeRawBufferPointer(rebasing: buffer.unparsed[0..<count]))
      buffer.skip(count)
      return check(outcome)
    }
    let before = buffer.assembled.count
    buffer.take(count)
    return checkText(UnsafeRawBufferPointer(rebasing: buffer.assembled[before...]))
  }

  /// What came out before the input went wrong is judged first, so that the code does not depend on how it was cut.
  @_noLocks
  private mutating func check(_ outcome: MessageInflater.Outcome) -> UInt16? {
    if let code = checkText(inflater.lastPiece) { return code }
    switch outcome {
    case .good: return nil
    case .corrupt: return WebSocketCloseCode.protocolError
    case .tooLarge: return WebSocketCloseCode.tooLarge
    }
  }

  @_noLocks
  private mutating func checkText(_ piece: UnsafeRawBufferPointer) -> UInt16? {
    isText && !validator.accept(piece) ? WebSocketCloseCode.invalidText : nil
  }

  @_noLocks
  private mutating func deliver(_ buffer: borrowing AssemblyBuffer) -> WebSocketDecoded {
    payload = buffer.assembled
    if isCompressed {
      if let code = check(inflater.finish()) { return violation(code) }
      payload = inflater.message
    }
    if isText && !validator.isComplete { return violation(WebSocketCloseCode.invalidText) }
    isDelivered = true
    return .message
  }

  @_noLocks
  private mutating func control(
    _ header: WebSocketFrameHeader, _ buffer: inout AssemblyBuffer
  ) -> WebSocketDecoded {
    guard buffer.unparsed.count &- header.byteCount >= header.payloadCount else { return .needMore }
    buffer.skip(header.byteCount)
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
