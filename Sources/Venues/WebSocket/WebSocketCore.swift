// The life of a WebSocket without its socket: upgrade, messages, keep-alive, close. Deterministic.

public import Pipeline

/// Limits and times of a message channel.
public struct WebSocketSettings: Sendable {
  public var connection: ConnectionSettings
  /// Path and query, such as "/stream?streams=btcusdt@trade".
  public var target: String
  /// Sent with the upgrade.
  public var headers: [(name: String, value: String)] = []
  /// Offered to the venue where it is set. Off by default: inflating costs a message of a hot stream more time than
  /// its bytes cost on the wire of a colocated host.
  public var compression: WebSocketCompression?
  public var upgradeTimeoutNs: Int64 = 5_000_000_000
  /// How long no connection is tried after an upgrade refused with HTTP 429 or 418 that names no `Retry-After`: limits
  /// are counted by the minute, and the shortest ban is 2 minutes (Binance, web-socket-api.md, "IP limits").
  public var rateLimitedHoldNs: Int64 = 60_000_000_000
  public var bannedHoldNs: Int64 = 120_000_000_000
  /// A ping goes out when nothing was received for that long,
  public var pingAfterNs: Int64 = 10_000_000_000
  /// and the connection is given up when nothing was received for that long.
  public var silentAfterNs: Int64 = 20_000_000_000
  /// How long the peer may take to answer our close.
  public var closeTimeoutNs: Int64 = 1_000_000_000
  /// A full-depth snapshot of a large book is several MB.
  public var messageBytesLimit = 16 << 20
  /// Of one message sent: requests of exchanges are below 4 KiB.
  public var sendBytesLimit = 64 * 1024

  public init(connection: ConnectionSettings, target: String) {
    self.connection = connection
    self.target = target
  }
}

/// The WebSocket protocol on one connection at a time.
public struct WebSocketCore: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  private let place = InPlace()
  private enum Phase: UInt8 { case closed, upgrading, open, closing }

  public var buffer: AssemblyBuffer
  private var decoder: WebSocketDecoder
  private var handshake: WebSocketHandshake
  private var generator: SeededGenerator
  private let out: UnsafeMutableRawPointer
  private let outCapacity: Int
  private var outCount = 0
  private let sendBytesLimit: Int
  private let upgradeTimeoutNs: Int64
  private let rateLimitedHoldNs: Int64
  private let bannedHoldNs: Int64
  private let pingAfterNs: Int64
  private let silentAfterNs: Int64
  private let closeTimeoutNs: Int64
  private var phase = Phase.closed
  private var nowNs: Int64 = 0
  private var deadlineNs: Int64 = 0
  private var lastReceiveNs: Int64 = 0
  private var lastPingNs: Int64 = 0
  /// Nothing whole is left in the buffer: the connection is to be polled.
  public private(set) var isDrained = true
  /// What the connection is to be closed for, after this step.
  public private(set) var ending = CloseReason.none
  /// The venue wants no connection before: it refused one with HTTP 429 or 418. The past when it did not.
  public private(set) var heldUntilNs = Int64.min
  /// The code of the peer's close frame, or of ours.
  public private(set) var closeCode: UInt16 = 0

  package init(_ settings: WebSocketSettings, port: UInt16) {
    buffer = AssemblyBuffer(maximumBytes: settings.messageBytesLimit)
    decoder = WebSocketDecoder(
      messageBytesLimit: settings.messageBytesLimit, offersCompression: settings.compression != nil)
    handshake = WebSocketHandshake(
      host: hostField(settings.connection.hostName, port), target: settings.target, headers: settings.headers,
      compression: settings.compression)
    // Another stream than the back-off's, from the same seed.
    generator = SeededGenerator(seed: ~settings.connection.seed)
    sendBytesLimit = settings.sendBytesLimit
    // A message, and what one step may answer: a pong or a close, and a ping.
    outCapacity = settings.sendBytesLimit + 4096
    out = .allocate(byteCount: outCapacity, alignment: 64)
    out.initializeMemory(as: UInt8.self, repeating: 0, count: outCapacity)
    upgradeTimeoutNs = settings.upgradeTimeoutNs
    rateLimitedHoldNs = settings.rateLimitedHoldNs
    bannedHoldNs = settings.bannedHoldNs
    pingAfterNs = settings.pingAfterNs
    silentAfterNs = settings.silentAfterNs
    closeTimeoutNs = settings.closeTimeoutNs
  }

  deinit { out.deallocate() }

  public var isOpen: Bool {
    @_noLocks get { phase == .open }
  }
  public var message: UnsafeRawBufferPointer {
    @_noLocks get { decoder.payload }
  }
  /// Whether the last message is text; binary otherwise.
  public var messageIsText: Bool {
    @_noLocks get { decoder.isText }
  }
  /// Whether the venue agreed to compress.
  public var isCompressing: Bool {
    @_noLocks get { handshake.deflate.isAgreed }
  }
  /// The HTTP status of a refused upgrade.
  public var upgradeStatus: Int {
    @_noLocks get { handshake.status }
  }

  /// Plaintext to send now; given once.
  @_noLocks
  public mutating func takeOutgoing() -> UnsafeRawBufferPointer {
    let bytes = UnsafeRawBufferPointer(start: out, count: outCount)
    outCount = 0
    return bytes
  }

  public var hasOutgoing: Bool {
    @_noLocks get { outCount > 0 }
  }

  /// Handles what the connection told and at most one message of what it received; may set `ending`.
  @_noLocks
  public mutating func step(_ link: LinkEvent, nowNs: Int64) -> ChannelEvent {
    self.nowNs = nowNs
    switch link {
    case .closed:
      if phase == .upgrading && handshake.isRateLimited { _ = refusal() }  // It left before its answer was whole.
      ended()
      return .closed
    case .opened: beginUpgrade()
    case .received:
      lastReceiveNs = nowNs
      isDrained = false
    case .idle: break
    }
    switch phase {
    case .closed: return .idle
    case .upgrading: return upgrade()
    case .open, .closing: return receive()
    }
  }

  /// Puts a text message into `takeOutgoing`.
  @_noLocks
  public mutating func encode(_ text: UnsafeRawBufferPointer) -> Bool {
    guard phase == .open, text.count <= sendBytesLimit else { return false }
    append(WebSocketOpcode.text, text)
    return true
  }

  /// Begins to close from this side: the close frame goes out, and the peer has a moment to answer.
  @_noLocks
  public mutating func beginClosing() {
    switch phase {
    case .closed, .closing: break
    case .upgrading: ending = .requested
    case .open:
      appendClose(WebSocketCloseCode.normal)
      phase = .closing
      deadlineNs = nowNs &+ closeTimeoutNs
    }
  }

  @_noLocks
  public mutating func fail(_ reason: CloseReason) { ending = reason }

  /// The connection is gone.
  @_noLocks
  public mutating func ended() {
    phase = .closed
    ending = .none
    outCount = 0
    isDrained = true
    buffer.reset()
  }

  @_noLocks
  private mutating func beginUpgrade() {
    buffer.reset()
    decoder.reset()
    closeCode = 0
    phase = .upgrading
    deadlineNs = nowNs &+ upgradeTimeoutNs
    guard let request = handshake.request(&generator), let start = request.baseAddress, request.count <= outCapacity
    else { return fail(.upgradeRefused) }
    out.copyMemory(from: start, byteCount: request.count)
    outCount = request.count
  }

  @_noLocks
  private mutating func upgrade() -> ChannelEvent {
    if !isDrained {
      switch handshake.check(&buffer) {
      case .needMore: isDrained = true
      case .refused: fail(refusal())
      case .accepted:
        buffer.clearAssembled()
        if handshake.deflate.isAgreed { decoder.beginInflating(forgetsContext: handshake.deflate.forgetsContext) }
        phase = .open
        lastReceiveNs = nowNs
        lastPingNs = nowNs
        return .opened
      }
    } else if nowNs >= deadlineNs {
      fail(handshake.isRateLimited ? refusal() : .connectTimeout)
    }
    return .idle
  }

  /// The name of a refused upgrade; one for the venue's limits holds the next connection back. Asking in between is what
  /// turns a limit into a ban, and makes a ban longer.
  @_noLocks
  private mutating func refusal() -> CloseReason {
    guard handshake.isRateLimited else { return .upgradeRefused }
    let unspecifiedNs = handshake.status == 418 ? bannedHoldNs : rateLimitedHoldNs
    heldUntilNs =
      nowNs
      &+ (handshake.retryAfterSeconds > 0
        ? Int64(handshake.retryAfterSeconds) &* 1_000_000_000 : unspecifiedNs)
    return .rateLimited
  }

  @_noLocks
  private mutating func receive() -> ChannelEvent {
    if isDrained {
      checkTimes()
      return .idle
    }
    switch decoder.next(&buffer) {
    case .needMore:
      isDrained = true
      checkTimes()
    case .message: return phase == .open ? .message : .idle
    case .ping: if phase == .open { append(WebSocketOpcode.pong, decoder.payload) }
    case .pong: break
    case .close:
      closeCode = decoder.closeCode
      let isAnswer = phase == .closing
      if !isAnswer { appendClose(closeCode) }
      fail(isAnswer ? .requested : .peerClosed)
    case .violation:
      closeCode = decoder.closeCode
      if phase == .open { appendClose(closeCode) }
      fail(closeCode == WebSocketCloseCode.tooLarge ? .messageTooLarge : .protocolError)
    }
    return .idle
  }

  @_noLocks
  private mutating func checkTimes() {
    if phase == .closing {
      if nowNs >= deadlineNs { fail(.requested) }
      return
    }
    let silence = nowNs &- lastReceiveNs
    if silence >= silentAfterNs {
      fail(.peerSilent)
    } else if silence >= pingAfterNs && nowNs &- lastPingNs >= pingAfterNs {
      lastPingNs = nowNs
      append(WebSocketOpcode.ping, UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  /// A close frame with that code; 1005 stands for none and is never sent (section 7.4.1).
  @_noLocks
  private mutating func appendClose(_ code: UInt16) {
    let bytes = code.bigEndian
    let count = code == WebSocketCloseCode.none ? 0 : 2
    let place = reserve(count)
    let mask = nextMask()
    outCount &+= withUnsafeBytes(of: bytes) {
      writeFrame(
        opcode: WebSocketOpcode.close, UnsafeRawBufferPointer(rebasing: $0[0..<count]), mask: mask, into: place)
    }
  }

  @_noLocks
  private mutating func append(_ opcode: UInt8, _ payload: UnsafeRawBufferPointer) {
    let place = reserve(payload.count)
    outCount &+= writeFrame(opcode: opcode, payload, mask: nextMask(), into: place)
  }

  /// Where a frame with so much payload goes.
  @_noLocks
  private func reserve(_ payloadCount: Int) -> UnsafeMutableRawPointer {
    precondition(payloadCount &+ WebSocketFrameHeader.byteCountLimit <= outCapacity &- outCount)
    return out + outCount
  }

  @_noLocks
  private mutating func nextMask() -> UInt32 { UInt32(truncatingIfNeeded: generator.next() >> 32) }
}
