// The life of a TLS connection without its socket: connect, handshake, open, lost, back-off. Deterministic.

/// What a secure connection did in one poll.
public enum LinkEvent: UInt8, BitwiseCopyable, Sendable {
  case idle = 0
  /// The handshake is done and the certificate verified.
  case opened = 1
  /// Plaintext arrived.
  case received = 2
  /// Lost, or never came to be.
  case closed = 3
}

/// Where and how patiently to connect.
public struct ConnectionSettings: Sendable {
  /// The name or address that the server's certificate must carry.
  public var hostName: String
  /// Tried in turn.
  public var addresses: [SocketAddress]
  /// For the TCP connection and the TLS handshake together.
  public var connectTimeoutNs: Int64 = 5_000_000_000
  public var backoffMinimumNs: Int64 = 250_000_000
  public var backoffMaximumNs: Int64 = 30_000_000_000
  /// Of jitter and masks: the same seed and the same bytes give the same connection.
  public var seed: UInt64

  public init(hostName: String, addresses: [SocketAddress], seed: UInt64 = SeededGenerator.systemSeed()) {
    self.hostName = hostName
    self.addresses = addresses
    self.seed = seed
  }
}

/// What the owner of the socket has to do after a step.
public struct LinkStep: BitwiseCopyable, Sendable {
  public var event = LinkEvent.idle
  /// Bytes of ciphertext that were taken.
  public var consumed = 0
  /// Bytes of plaintext that were written to the space.
  public var plaintext = 0
  /// Bytes of ciphertext that were written to `outgoing`: send them.
  public var outgoing = 0
  /// After sending: close the socket.
  public var closes = false
}

/// The state machine of one TLS connection at a time, and of the pauses between them.
public struct SecureLink: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  private let place = InPlace()
  private enum Phase: UInt8 { case down, connecting, handshaking, open }

  private var session: TLSSession
  private let addresses: UnsafeMutableBufferPointer<SocketAddress>
  private let counts: UnsafeMutableBufferPointer<UInt64>
  private let connectTimeoutNs: Int64
  private let stableNs: Int64
  private var backoff: Backoff
  private var addressIndex = 0
  private var phase = Phase.down
  private var notBeforeNs = Int64.min
  private var deadlineNs: Int64 = 0
  private var openedNs: Int64 = 0
  /// While it is false a lost connection is not opened again.
  public var isWanted = false
  public private(set) var closeReason = CloseReason.none

  public init(_ context: TLSContext, _ settings: ConnectionSettings) {
    precondition(!settings.addresses.isEmpty, "a connection needs an address")
    session = TLSSession(context, hostName: settings.hostName)
    addresses = .allocate(capacity: settings.addresses.count)
    _ = addresses.initialize(from: settings.addresses)
    counts = .allocate(capacity: CloseReason.allCases.count)
    counts.initialize(repeating: 0)
    connectTimeoutNs = settings.connectTimeoutNs
    // A connection that lasted this long was a good one; a shorter one does not shorten the back-off.
    stableNs = settings.backoffMaximumNs
    backoff = Backoff(
      minimumNs: settings.backoffMinimumNs, maximumNs: settings.backoffMaximumNs, seed: settings.seed)
  }

  deinit {
    addresses.deallocate()
    counts.deallocate()
  }

  public var isOpen: Bool {
    @_noLocks get { phase == .open }
  }

  /// How often a connection ended, or failed to begin, for that reason.
  @_noLocks
  public func closeCount(_ reason: CloseReason) -> UInt64 { counts[Int(reason.rawValue)] }

  /// Why the last `.certificateRejected` was told.
  public var certificateProblem: CertificateProblem {
    @_noLocks get { session.certificateProblem }
  }
  /// For people; cold.
  public var certificateText: String { session.certificateText }
  /// "TLSv1.3" and the cipher's name, and whether records are direct; cold.
  public var protocolText: String {
    "\(session.version) \(session.cipher)\(session.areRecordsDirect ? ", direct records" : "")"
  }

  /// No connection is begun before that time, whatever the back-off says.
  @_noLocks
  public mutating func hold(untilNs: Int64) { notBeforeNs = max(notBeforeNs, untilNs) }

  /// Whether a connection is to be begun now.
  @_noLocks
  public func connectIsDue(_ nowNs: Int64) -> Bool { phase == .down && isWanted && nowNs >= notBeforeNs }

  /// Begins a connection.
  ///
  /// - Returns: the address to connect to.
  @_noLocks
  public mutating func beginConnecting(_ nowNs: Int64) -> SocketAddress {
    phase = .connecting
    deadlineNs = nowNs &+ connectTimeoutNs
    let address = addresses[addressIndex]
    addressIndex = addressIndex &+ 1 == addresses.count ? 0 : addressIndex &+ 1
    return address
  }

  /// Handles what the transport told.
  ///
  /// - Parameters:
  ///   - reason: of the transport's `.closed`.
  ///   - plaintext: room for a TLS record.
  @_noLocks
  public mutating func step(
    _ event: TransportEvent, _ reason: CloseReason, ciphertext: UnsafeRawBufferPointer,
    plaintext: UnsafeMutableRawBufferPointer, outgoing: UnsafeMutableRawBufferPointer, nowNs: Int64
  ) -> LinkStep {
    guard phase != .down else { return LinkStep() }
    // A peer that leaves in the middle of the handshake did not like it, whether or not its alert got through.
    if event == .closed { return end(phase == .handshaking ? .tlsFailed : reason, nowNs) }
    if phase != .open && nowNs >= deadlineNs { return end(.connectTimeout, nowNs) }
    switch event {
    case .connected:
      phase = .handshaking
      guard session.restart() else { return end(.tlsFailed, nowNs) }
      return read(UnsafeRawBufferPointer(start: nil, count: 0), plaintext, outgoing, nowNs)
    case .received:
      return read(ciphertext, plaintext, outgoing, nowNs)
    case .idle, .closed:
      guard phase == .open, session.hasPending else { return LinkStep() }
      return read(UnsafeRawBufferPointer(start: nil, count: 0), plaintext, outgoing, nowNs)
    }
  }

  /// Seals plaintext into `outgoing`.
  ///
  /// - Returns: the bytes to send; 0 when the connection is not open or there is no room, and nothing was sealed.
  @_noLocks
  public mutating func seal(_ plaintext: UnsafeRawBufferPointer, outgoing: UnsafeMutableRawBufferPointer) -> Int {
    guard phase == .open, plaintext.count > 0, outgoing.count >= TLSSession.sealedBytes(plaintext.count) else {
      return 0
    }
    let progress = session.write(plaintext, outgoing: outgoing)
    return progress.status == .ok ? progress.outgoing : 0
  }

  /// Ends the connection from this side, with close_notify.
  @_noLocks
  public mutating func close(
    _ reason: CloseReason, outgoing: UnsafeMutableRawBufferPointer, nowNs: Int64
  ) -> LinkStep {
    guard phase != .down else { return LinkStep() }
    let count = phase == .open ? session.close(outgoing: outgoing).outgoing : 0
    var step = end(reason, nowNs)
    step.outgoing = count
    return step
  }

  @_noLocks
  private mutating func read(
    _ ciphertext: UnsafeRawBufferPointer, _ plaintext: UnsafeMutableRawBufferPointer,
    _ outgoing: UnsafeMutableRawBufferPointer, _ nowNs: Int64
  ) -> LinkStep {
    let progress = session.read(ciphertext, into: plaintext, outgoing: outgoing)
    var step = LinkStep()
    switch progress.status {
    case .ok: step.event = progress.plaintext > 0 ? .received : .idle
    case .peerClosed: step = end(.peerClosed, nowNs)
    case .failed: step = end(.tlsFailed, nowNs)
    case .certificateRejected: step = end(.certificateRejected, nowNs)
    }
    step.consumed = progress.consumed
    step.plaintext = progress.plaintext
    step.outgoing = progress.outgoing
    if phase == .handshaking && session.isEstablished {
      phase = .open
      openedNs = nowNs
      step.event = .opened
    }
    return step
  }

  @_noLocks
  private mutating func end(_ reason: CloseReason, _ nowNs: Int64) -> LinkStep {
    if phase == .open && nowNs &- openedNs >= stableNs { backoff.reset() }
    phase = .down
    closeReason = reason
    counts[Int(reason.rawValue)] &+= 1
    notBeforeNs = nowNs &+ backoff.nextNs()
    return LinkStep(event: .closed, closes: true)
  }
}
