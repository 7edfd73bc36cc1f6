// The HTTP/1.1 client over TLS: REST snapshots and signed queries, one request at a time on a kept connection.

public import Pipeline

/// A request channel over a transport. Thin generic glue: the work is in `SecureConnection` and `HTTPCore`.
///
/// A connection is opened for the first request and kept; when the server ends it between two requests nothing is
/// told. A request whose connection breaks fails with the reason and is never sent twice. One thread.
public struct HTTPChannel<T: Transport & ~Copyable>: RequestChannel, ~Copyable {
  @usableFromInline var connection: SecureConnection<T>
  @usableFromInline var core: HTTPCore

  /// - Parameter port: for the Host header.
  public init(_ transport: consuming T, _ context: TLSContext, _ settings: HTTPSettings, port: UInt16 = 443) {
    connection = SecureConnection(transport, context, settings.connection)
    core = HTTPCore(settings, port: port)
  }

  @inlinable public mutating func get(_ target: UnsafeRawBufferPointer) -> Bool { core.begin(.get, target) }

  /// Begins a request without a body: exchanges take parameters in the query.
  ///
  /// - Returns: false while another request is under way, or when `target` is not "/" and visible ASCII.
  @inlinable
  public mutating func begin(_ method: HTTPMethod, _ target: UnsafeRawBufferPointer) -> Bool {
    core.begin(method, target)
  }

  @inlinable
  public mutating func poll(nowNs: Int64) -> RequestEvent {
    connection.link.isWanted = core.isBusy
    let link = connection.poll(nowNs: nowNs, into: &core.buffer)
    let event = core.step(link, connection.link.closeReason, nowNs: nowNs)
    if core.ending != .none { connection.close(core.ending, nowNs: nowNs) }
    if connection.link.isOpen && core.request.count > 0 && connection.send(core.request) { core.sent() }
    return event
  }

  @inlinable public var status: Int { core.status }
  @inlinable public var body: UnsafeRawBufferPointer { core.body }
  @inlinable public var closeReason: CloseReason { core.failure }
  /// Seconds the server wants us to stay away (Retry-After of a 418, 429 or 503), where it said so.
  @inlinable public var retryAfterSeconds: Int? { core.retryAfterSeconds }
  /// How often the connection ended for that reason.
  @inlinable public func closeCount(_ reason: CloseReason) -> UInt64 { connection.link.closeCount(reason) }
  @inlinable public var certificateProblem: CertificateProblem { connection.link.certificateProblem }
}
