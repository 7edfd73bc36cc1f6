// The WebSocket client over TLS: market streams and order entry.

public import Pipeline

/// A message channel over a transport. Thin generic glue: the work is in `SecureConnection` and `WebSocketCore`.
///
/// It connects at the first `poll` and again after every loss; each failed attempt, too, is told as `.closed` with
/// its reason. Text and binary messages are both delivered; text is sent. One thread.
public struct WebSocketChannel<T: Transport & ~Copyable>: StandbyChannel, ~Copyable {
  @usableFromInline var connection: SecureConnection<T>
  @usableFromInline var core: WebSocketCore

  /// - Parameter port: for the Host header.
  public init(_ transport: consuming T, _ context: TLSContext, _ settings: WebSocketSettings, port: UInt16 = 443) {
    connection = SecureConnection(transport, context, settings.connection)
    connection.link.isWanted = true
    core = WebSocketCore(settings, port: port)
  }

  @inlinable
  public mutating func poll(nowNs: Int64) -> ChannelEvent {
    let link = core.isDrained ? connection.poll(nowNs: nowNs, into: &core.buffer) : .idle
    var event = core.step(link, nowNs: nowNs)
    if core.hasOutgoing && !connection.send(core.takeOutgoing()) { core.fail(.sendBufferFull) }
    if core.ending != .none {
      connection.close(core.ending, nowNs: nowNs)
      core.ended()
      event = .closed
    }
    if event == .closed { connection.link.hold(untilNs: core.heldUntilNs) }
    return event
  }

  @inlinable public var message: UnsafeRawBufferPointer { core.message }
  @inlinable public var messageTsc: UInt64 { connection.receiveTsc }
  @inlinable public var closeReason: CloseReason { connection.link.closeReason }
  @inlinable public var isOpen: Bool { core.isOpen }

  @inlinable
  public mutating func send(_ text: UnsafeRawBufferPointer) -> Bool {
    core.encode(text) && connection.send(core.takeOutgoing())
  }

  @inlinable public mutating func open() { connection.link.isWanted = true }

  @inlinable
  public mutating func close(permanently: Bool) {
    if permanently { connection.link.isWanted = false }
    core.beginClosing()
    if core.hasOutgoing && !connection.send(core.takeOutgoing()) { core.fail(.requested) }
  }

  /// Whether the last message is text; binary otherwise.
  @inlinable public var messageIsText: Bool { core.messageIsText }
  /// Whether the venue agreed to compress its messages.
  @inlinable public var isCompressing: Bool { core.isCompressing }
  /// The code of the last close frame; 0 when the connection ended without one.
  @inlinable public var closeCode: UInt16 { core.closeCode }
  /// The HTTP status of the last answer to an upgrade: 101, or why `.upgradeRefused` or `.rateLimited` (418 and 429).
  @inlinable public var upgradeStatus: Int { core.upgradeStatus }
  /// How often the connection ended, or failed to begin, for that reason.
  @inlinable public func closeCount(_ reason: CloseReason) -> UInt64 { connection.link.closeCount(reason) }
  @inlinable public var certificateProblem: CertificateProblem { connection.link.certificateProblem }
}
