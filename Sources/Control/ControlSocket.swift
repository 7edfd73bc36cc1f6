// The live end of the control plane: a Unix stream socket that turns lines of several clients into messages. One thread.

import CShims
import Glibc
public import Pipeline

/// Why the socket cannot be opened.
public struct ControlSocketError: Error, Equatable, CustomStringConvertible {
  public var path: String
  /// errno, positive.
  public var code: Int32

  package init(path: String, code: Int32) {
    self.path = path
    self.code = code
  }

  public var description: String {
    switch code {
    case ENAMETOOLONG: "\(path): a socket's path has at most \(apus_local_path_limit()) bytes"
    case EADDRINUSE: "\(path): another process listens there: is this bot running already?"
    case EEXIST: "\(path): there is a file, and it is no socket"
    default: "\(path): \(String(cString: apus_error_text(code)))"
    }
  }
}

/// Bounds of a control socket. Times are in the session's clock.
public struct ControlSocketLimits: Sendable {
  public var clients = 16
  /// Of the same user: no one can take all places.
  public var clientsPerUser = 4
  /// Of users without any role together.
  public var strangers = 4
  public var lineBytes = 4_096
  /// From the connection, or from a line's first byte, to the line's end.
  public var lineTimeNs: Int64 = 2_000_000_000
  /// Since the last line: long enough to wait for the end of what it set going.
  public var silenceNs: Int64 = 600_000_000_000
  /// Between two lines of a client, and before its place is given to another: what a user can make the journal grow by.
  public var lineIntervalNs: Int64 = 50_000_000

  public init() {}
}

/// A message channel over all clients of the control socket; each message is a `ControlPeer` and a line's text.
///
/// The first message is the session's own and tells the roles. A client that is slow, silent, too long-winded or one
/// too many is dropped and counted. Nothing blocks: replies go whole into the kernel's buffer, or the client goes.
public struct ControlSocket: MessageChannel, ~Copyable {
  private let listening: Int32
  private let path: String
  private let roles: ControlRoles
  private let limits: ControlSocketLimits
  private let counters: ControlCounters
  private var places: [ControlPlace]
  private var turn = 0
  private var lastClient: UInt32 = 0
  private var hasToldRoles = false
  private let content: UnsafeMutableRawBufferPointer
  public private(set) var message = UnsafeRawBufferPointer(start: nil, count: 0)
  public private(set) var messageTsc: UInt64 = 0

  /// Listens at `path`, which owner and group may use (mode 0660). A socket file without a process is replaced.
  public init(
    path: String, roles: ControlRoles, limits: ControlSocketLimits = ControlSocketLimits(), counters: ControlCounters
  ) throws(ControlSocketError) {
    let listening = apus_local_listen(path, 0o660, Int32(limits.clients))
    guard listening >= 0 else { throw ControlSocketError(path: path, code: -listening) }
    self.listening = listening
    self.path = path
    self.roles = roles
    self.limits = limits
    self.counters = counters
    places = Array(repeating: ControlPlace(), count: limits.clients)
    content = .allocate(
      byteCount: ControlPeer.byteLimit + max(limits.lineBytes, roles.text.utf8.count), alignment: 16)
  }

  deinit {
    for place in places where place.isTaken { apus_socket_close(place.descriptor) }
    apus_close(listening)
    _ = apus_remove(path)
    content.deallocate()
  }

  public mutating func poll(nowNs: Int64) -> ChannelEvent {
    if !hasToldRoles {
      hasToldRoles = true
      keep(.session, roles.text.utf8)
      return .message
    }
    accept(nowNs)
    for _ in places.indices {
      turn = (turn + 1) % places.count
      if let line = nextLine(turn, nowNs) {
        keep(places[turn].peer, line)
        return .message
      }
    }
    return .idle
  }

  public var closeReason: CloseReason { .none }
  public var isOpen: Bool { true }

  /// Sends a reply to the client that the message names.
  ///
  /// - Returns: false when the client is gone, or did not read and is dropped.
  public mutating func send(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let (peer, reply) = ControlPeer.split(text),
      let i = places.firstIndex(where: { $0.isTaken && $0.peer.client == peer.client })
    else { return false }
    if places[i].send(reply) { return true }
    drop(i, .slow)
    return false
  }

  /// Ends all connections.
  public mutating func close(permanently: Bool) { for i in places.indices where places[i].isTaken { free(i) } }

  private mutating func keep(_ peer: ControlPeer, _ text: some Sequence<UInt8>) {
    let bytes = peer.message(text)
    content.copyBytes(from: bytes)
    message = UnsafeRawBufferPointer(rebasing: content[..<bytes.count])
    messageTsc = apus_tsc()
  }

  /// Takes one new connection, if there is one and a place for it.
  private mutating func accept(_ nowNs: Int64) {
    var credentials = apus_peer()
    let descriptor = apus_local_accept(listening, &credentials)
    guard descriptor >= 0 else { return }
    lastClient = max(1, lastClient &+ 1)  // 0 is the session itself
    let peer = ControlPeer(
      client: lastClient, user: credentials.user, group: credentials.group, process: credentials.process)
    counters.accepted.add()
    guard let free = places.firstIndex(where: { !$0.isHeld(nowNs: nowNs) }), isAdmitted(peer.user, nowNs) else {
      ControlPlace.refuse(descriptor, "too many connections: try again")
      counters.dropped[.crowded]?.add()
      return
    }
    places[free].take(descriptor, peer, nowNs: nowNs, limits)
    counters.clients.add()
  }

  private func isAdmitted(_ user: UInt32, _ nowNs: Int64) -> Bool {
    let held = places.filter { $0.isHeld(nowNs: nowNs) }
    if roles.roles(of: user).isEmpty, held.count(where: { roles.roles(of: $0.peer.user).isEmpty }) >= limits.strangers {
      return false
    }
    return held.count { $0.peer.user == user } < limits.clientsPerUser
  }

  private mutating func nextLine(_ i: Int, _ nowNs: Int64) -> [UInt8]? {
    guard places[i].isTaken else { return nil }
    switch places[i].poll(nowNs: nowNs, limits) {
    case .nothing: break
    case .line(let line): return line
    case .ended: free(i)
    case .fault(let why): drop(i, why)
    }
    return nil
  }

  private mutating func drop(_ i: Int, _ why: ControlDrop) {
    counters.dropped[why]?.add()
    if why == .lineTooLong { _ = places[i].send(Array(ControlPlace.tooLong(limits).utf8)) }
    free(i)
  }

  private mutating func free(_ i: Int) {
    places[i].close()
    counters.clients.add(-1)
  }
}
