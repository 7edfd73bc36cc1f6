// The state of an HTTP/1.1 client that asks one thing at a time, without its socket. Deterministic.

public import Pipeline

/// The method of a request.
public enum HTTPMethod: UInt8, BitwiseCopyable, Sendable {
  case get, post, put, delete

  @inline(__always)
  var text: StaticString {
    switch self {
    case .get: "GET "
    case .post: "POST "
    case .put: "PUT "
    case .delete: "DELETE "
    }
  }
}

/// Limits and fixed headers of a request channel.
public struct HTTPSettings: Sendable {
  public var connection: ConnectionSettings
  /// Sent with every request, such as ("X-MBX-APIKEY", key).
  public var headers: [(name: String, value: String)] = []
  /// From the request to the end of its response, connecting included.
  public var requestTimeoutNs: Int64 = 10_000_000_000
  public var bodyBytesLimit = 16 << 20

  public init(connection: ConnectionSettings) { self.connection = connection }
}

/// The requests and responses of one connection.
public struct HTTPCore: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  private let place = InPlace()
  private enum Phase: UInt8 { case idle, queued, awaiting }

  /// Of a request's target: the longest signed query is a few hundred.
  private static var targetBytesLimit: Int { 4096 }

  public var buffer: AssemblyBuffer
  private var parser: HTTPResponseParser
  private let requestBytes: UnsafeMutableRawPointer
  private var requestCount = 0
  private let fixedBytes: UnsafeMutableRawBufferPointer
  private let requestTimeoutNs: Int64
  private var phase = Phase.idle
  private var deadlineNs = Int64.max
  private var deadlineIsSet = false
  /// What the connection is to be closed for, after this step.
  public private(set) var ending = CloseReason.none
  public private(set) var failure = CloseReason.none

  init(_ settings: HTTPSettings, port: UInt16) {
    buffer = AssemblyBuffer(maximumBytes: settings.bodyBytesLimit)
    parser = HTTPResponseParser(bodyBytesLimit: settings.bodyBytesLimit)
    requestTimeoutNs = settings.requestTimeoutNs
    var fixed = " HTTP/1.1\r\nHost: \(hostField(settings.connection.hostName, port))\r\n"
    for header in settings.headers {
      precondition(isFieldText(header.name) && isFieldText(header.value), "a header is one line of ASCII")
      fixed += "\(header.name): \(header.value)\r\n"
    }
    fixedBytes = .allocate(byteCount: fixed.utf8.count, alignment: 16)
    fixedBytes.copyBytes(from: fixed.utf8)
    requestBytes = .allocate(byteCount: Self.targetBytesLimit + fixed.utf8.count + 64, alignment: 16)
  }

  deinit {
    fixedBytes.deallocate()
    requestBytes.deallocate()
  }

  public var status: Int {
    @_noLocks get { parser.status }
  }
  public var retryAfterSeconds: Int? {
    @_noLocks get { parser.retryAfterSeconds }
  }
  public var body: UnsafeRawBufferPointer {
    @_noLocks get { buffer.assembled }
  }
  /// A request is under way: a connection is wanted.
  public var isBusy: Bool {
    @_noLocks get { phase != .idle }
  }
  /// The request to send when the connection is open; empty otherwise.
  public var request: UnsafeRawBufferPointer {
    @_noLocks get { UnsafeRawBufferPointer(start: requestBytes, count: phase == .queued ? requestCount : 0) }
  }

  /// - Returns: false while another request is under way, or when the target is no target (RFC 9112 section 3.2:
  ///   visible ASCII) or too long.
  @_noLocks
  public mutating func begin(_ method: HTTPMethod, _ target: UnsafeRawBufferPointer) -> Bool {
    guard phase == .idle, target.count > 0, target.count <= Self.targetBytesLimit, target[0] == 47 else { return false }
    for byte in target where byte <= 32 || byte >= 127 { return false }
    requestCount = 0
    append(method.text)
    append(target)
    append(UnsafeRawBufferPointer(fixedBytes))
    if method != .get { append("Content-Length: 0\r\n") }
    append("\r\n")
    buffer.clearAssembled()
    parser.reset()
    failure = .none
    deadlineIsSet = false
    phase = .queued
    return true
  }

  /// The request went out.
  @_noLocks
  public mutating func sent() { phase = .awaiting }

  /// Handles what the connection told; sets `ending` when it is to be closed.
  @_noLocks
  public mutating func step(_ link: LinkEvent, _ closeReason: CloseReason, nowNs: Int64) -> RequestEvent {
    ending = .none
    if phase != .idle && !deadlineIsSet {
      deadlineNs = nowNs &+ requestTimeoutNs
      deadlineIsSet = true
    }
    switch link {
    case .closed: return connectionClosed(closeReason)
    case .received:
      // Bytes that nobody asked for would be taken for the next response.
      if phase != .awaiting { return fail(.protocolError) }
      return parse()
    case .opened:
      buffer.reset()
      parser.reset()
    case .idle: break
    }
    if phase != .idle && nowNs >= deadlineNs { return fail(phase == .queued ? .connectTimeout : .peerSilent) }
    return .idle
  }

  @_noLocks
  private mutating func parse() -> RequestEvent {
    switch parser.next(&buffer) {
    case .needMore: return .idle
    case .malformed: return fail(.protocolError)
    case .tooLarge: return fail(.messageTooLarge)
    case .complete:
      if !parser.keepsAlive { ending = .requested }
      if buffer.unparsed.count > 0 { ending = .protocolError }
      return complete()
    }
  }

  @_noLocks
  private mutating func complete() -> RequestEvent {
    buffer.hold()
    phase = .idle
    return .response
  }

  @_noLocks
  private mutating func connectionClosed(_ reason: CloseReason) -> RequestEvent {
    if phase == .awaiting && reason == .peerClosed && parser.finish() { return complete() }
    let wasBusy = phase != .idle
    phase = .idle
    if !wasBusy { return .idle }
    buffer.reset()
    failure = reason
    return .failed
  }

  @_noLocks
  private mutating func fail(_ reason: CloseReason) -> RequestEvent {
    ending = reason
    let wasBusy = phase != .idle
    phase = .idle
    guard wasBusy else { return .idle }
    buffer.reset()
    failure = reason
    return .failed
  }

  @_noLocks
  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if let start = bytes.baseAddress { (requestBytes + requestCount).copyMemory(from: start, byteCount: bytes.count) }
    requestCount &+= bytes.count
  }

  @_noLocks
  private mutating func append(_ literal: StaticString) {
    append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }
}

/// The Host field (RFC 9110 section 7.2): the port only where it is not the scheme's own. Cold.
func hostField(_ name: String, _ port: UInt16) -> String {
  let host = name.contains(":") ? "[\(name)]" : name
  return port == 443 ? host : "\(host):\(port)"
}

/// Whether a text can stand in a header without ending its line. Cold.
func isFieldText(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 32 && $0 < 127 } }
