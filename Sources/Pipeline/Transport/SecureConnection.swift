// A TLS connection over a transport: the thin generic glue between the socket and the state machine of the link.

/// One TLS connection at a time that opens itself again while it is wanted. Owned and polled by one stage.
public struct SecureConnection<T: Transport & ~Copyable>: ~Copyable {
  @usableFromInline var transport: T
  public var link: SecureLink

  public init(_ transport: consuming T, _ context: TLSContext, _ settings: ConnectionSettings) {
    self.transport = transport
    link = SecureLink(context, settings)
  }

  /// Advances the connection by at most one TLS record, whose plaintext goes into `buffer`.
  @inlinable
  public mutating func poll(nowNs: Int64, into buffer: inout AssemblyBuffer) -> LinkEvent {
    if link.connectIsDue(nowNs) { transport.connect(to: link.beginConnecting(nowNs)) }
    let event = transport.poll()
    let step = link.step(
      event, transport.closeReason, ciphertext: transport.received, plaintext: buffer.makeSpace(),
      outgoing: transport.sendSpace, nowNs: nowNs)
    if step.consumed > 0 { transport.consume(step.consumed) }
    if step.plaintext > 0 { buffer.commit(step.plaintext) }
    apply(step)
    return step.event
  }

  /// Sends plaintext, whole or not at all.
  ///
  /// - Returns: false when the connection is not open or the send buffer has no room.
  @inlinable
  public mutating func send(_ plaintext: UnsafeRawBufferPointer) -> Bool {
    let count = link.seal(plaintext, outgoing: transport.sendSpace)
    if count > 0 { transport.send(count) }
    return count > 0
  }

  /// Ends the connection with close_notify; it is opened again after the back-off while it is wanted.
  @inlinable
  public mutating func close(_ reason: CloseReason, nowNs: Int64) {
    apply(link.close(reason, outgoing: transport.sendSpace, nowNs: nowNs))
  }

  @inlinable public var receiveTsc: UInt64 { transport.receiveTsc }

  @inlinable
  mutating func apply(_ step: LinkStep) {
    if step.outgoing > 0 { transport.send(step.outgoing) }
    if step.closes { transport.close() }
  }
}
