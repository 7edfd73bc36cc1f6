// The control socket itself: real connections, their credentials, and what becomes of rude clients.

import CShims
import Control
import Foundation
import Glibc
import Pipeline
import Testing

/// A listening socket and the messages that came out of it. One thread: the kernel's buffers stand between both ends.
private final class SocketUnderTest {
  let scratch: ScratchDirectory
  let counters: ControlCounters
  var socket: ControlSocket
  var nowNs: Int64 = 1_000_000_000

  init(_ limits: ControlSocketLimits = quick, roles: ControlRoles? = nil) throws {
    scratch = try ScratchDirectory()
    counters = try Scene.counters()
    socket = try ControlSocket(
      path: scratch.path + "/control", roles: try roles ?? Self.ownRoles(), limits: limits, counters: counters)
    #expect(next() != nil, "the first message tells the roles")
  }

  /// Every line at once, so that tests need not let time pass.
  static var quick: ControlSocketLimits {
    var limits = ControlSocketLimits()
    limits.lineIntervalNs = 0
    return limits
  }

  static func ownRoles() throws -> ControlRoles { try ControlRoles(view: [], trade: [], risk: []) }

  var path: String { scratch.path + "/control" }

  func connect() throws -> ControlClient { try ControlClient(path: path, timeoutMs: 5_000) }

  /// The next message, if there is one: accepting takes a poll of its own.
  func next() -> (peer: ControlPeer, text: String)? {
    for _ in 0..<4 where socket.poll(nowNs: nowNs) == .message {
      guard let (peer, text) = ControlPeer.split(socket.message) else { return nil }
      return (peer, String(decoding: text, as: UTF8.self))
    }
    return nil
  }

  func reply(_ text: String, to peer: ControlPeer) -> Bool {
    peer.message(text.utf8).withUnsafeBytes { socket.send($0) }
  }

  func dropped(_ why: ControlDrop) -> Int64 { counters.dropped[why]?.value ?? -1 }
}

@Suite("Control socket")
struct SocketTests {
  @Test("who speaks stands legibly before the text, whatever the text; what is no message is none")
  func peer() {
    let peer = ControlPeer(client: .max, user: .max, group: .max, process: .min)
    let text = [UInt8](" 7 \u{0}".utf8) + [0xff]
    let message = peer.message(text)
    #expect(message.starts(with: "4294967295 4294967295 4294967295 -2147483648 ".utf8))
    let (again, rest) = message.withUnsafeBytes { ControlPeer.split($0) ?? (ControlPeer(client: 0, user: 0), []) }
    #expect(again == peer && rest == text)
    for broken in ["", "1", "1 2 3 4", "1 2 3 x ", "-1 2 3 4 ", "1 2  4 5 "] {
      #expect(Array(broken.utf8).withUnsafeBytes { ControlPeer.split($0) } == nil)
    }
  }

  @Test("a line becomes a message with the credentials that the kernel vouches for, and the reply finds its client")
  func roundTrip() throws {
    let socket = try SocketUnderTest()
    var first = try socket.connect()
    var second = try socket.connect()
    for isSent in [first.send("one"), second.send("two")] { #expect(isSent) }
    let one = try #require(socket.next())
    let two = try #require(socket.next())
    #expect(one.text == "one" && two.text == "two" && one.peer.client != two.peer.client)
    #expect(one.peer.user == getuid() && one.peer.group == getgid() && one.peer.process == getpid())
    #expect(socket.reply("for two", to: two.peer) && socket.reply("for one", to: one.peer))
    #expect(first.receive() == Array("for one".utf8))
    #expect(second.receive() == Array("for two".utf8))
  }

  @Test("the first message tells the roles as the session itself")
  func roles() throws {
    let scratch = try ScratchDirectory()
    let roles = try Scene.roles()
    var socket = try ControlSocket(path: scratch.path + "/c", roles: roles, counters: try Scene.counters())
    #expect(socket.poll(nowNs: 0) == .message)
    let (peer, text) = try #require(ControlPeer.split(socket.message))
    #expect(peer.client == 0 && ControlRoles(text: text) == roles)
    #expect(socket.poll(nowNs: 0) == .idle)
  }

  @Test("half lines wait, lines sent together come one by one, interleaved clients stay apart")
  func fragments() throws {
    let socket = try SocketUnderTest()
    let a = try Raw(socket.path)
    let b = try Raw(socket.path)
    a.send("ha")
    b.send("x\ny\nz")
    #expect(socket.next()?.text == "x")
    #expect(socket.next()?.text == "y")
    #expect(socket.next() == nil)
    b.send("z\n")
    a.send("lf\n")
    let texts = [socket.next()?.text, socket.next()?.text]
    #expect(Set(texts) == ["half", "zz"])
  }

  @Test("bytes of any kind pass as they are")
  func binary() throws {
    let socket = try SocketUnderTest()
    let client = try Raw(socket.path)
    let bytes = (0...255).map { UInt8($0) }.filter { $0 != UInt8(ascii: "\n") }
    client.send(bytes + [UInt8(ascii: "\n")])
    #expect(socket.next() != nil)
    let (_, text) = try #require(ControlPeer.split(socket.socket.message))
    #expect(text == bytes)
  }

  @Test("a line of the longest length passes, one byte more ends the connection with the reason")
  func lineLimit() throws {
    let socket = try SocketUnderTest()
    let limit = SocketUnderTest.quick.lineBytes
    let longest = try Raw(socket.path)
    longest.send([UInt8](repeating: 65, count: limit) + [10])
    #expect(socket.next()?.text.utf8.count == limit)
    var tooLong = try socket.connect()
    let isSent = tooLong.send(String(repeating: "B", count: limit + 1))
    #expect(isSent)
    #expect(socket.next() == nil)
    #expect(socket.dropped(.lineTooLong) == 1)
    #expect(String(decoding: tooLong.receive() ?? [], as: UTF8.self).contains("at most \(limit) bytes"))
    #expect(tooLong.receive() == nil)
    #expect(socket.counters.clients.value == 1)
  }

  @Test("half a line in time or the client goes; a whole one buys ten minutes of silence")
  func silence() throws {
    let socket = try SocketUnderTest()
    let silent = try Raw(socket.path)
    let half = try Raw(socket.path)
    let waiting = try Raw(socket.path)
    for _ in 0..<3 { #expect(socket.next() == nil) }
    half.send("ha")
    waiting.send("line\n")
    #expect(socket.next()?.text == "line")
    #expect(socket.counters.clients.value == 3)
    socket.nowNs += SocketUnderTest.quick.lineTimeNs - 1
    #expect(socket.next() == nil)
    #expect(socket.counters.clients.value == 3)
    socket.nowNs += 1
    #expect(socket.next() == nil)
    #expect(socket.counters.clients.value == 1 && socket.dropped(.silent) == 2)
    #expect(silent.isClosed && half.isClosed)
    socket.nowNs += SocketUnderTest.quick.silenceNs
    #expect(socket.next() == nil)
    #expect(socket.dropped(.silent) == 3 && waiting.isClosed)
  }

  @Test("one user gets so many places and no more, and is told; a place that is left can be taken again")
  func crowded() throws {
    let socket = try SocketUnderTest()
    var clients = try (0..<SocketUnderTest.quick.clientsPerUser).map { _ in try Raw(socket.path) }
    for _ in clients { #expect(socket.next() == nil) }
    var rejected = try socket.connect()
    #expect(socket.next() == nil)
    #expect(socket.dropped(.crowded) == 1)
    #expect(String(decoding: rejected.receive() ?? [], as: UTF8.self).contains("too many connections"))
    clients.removeLast()
    #expect(socket.next() == nil)
    let again = try Raw(socket.path)
    again.send("here\n")
    #expect(socket.next()?.text == "here")
  }

  @Test("users without a role share a few places; those with one are not kept out")
  func strangers() throws {
    var limits = SocketUnderTest.quick
    limits.strangers = 1
    let roles = try ControlRoles(view: [], trade: [], risk: [], owner: User.trader)
    let socket = try SocketUnderTest(limits, roles: roles)
    let first = try Raw(socket.path)
    let second = try Raw(socket.path)
    first.send("first\n")
    second.send("second\n")
    #expect(socket.next()?.text == "first")
    #expect(socket.next() == nil)
    #expect(socket.dropped(.crowded) == 1)
  }

  @Test("a client is asked once in an interval, and connecting anew does not make it more")
  func pace() throws {
    var limits = ControlSocketLimits()
    limits.clientsPerUser = 1
    let socket = try SocketUnderTest(limits)
    var client: Raw? = try Raw(socket.path)
    client?.send("one\ntwo\n")
    #expect(socket.next()?.text == "one")
    #expect(socket.next() == nil)
    socket.nowNs += limits.lineIntervalNs
    #expect(socket.next()?.text == "two")
    socket.nowNs += limits.lineIntervalNs
    client = nil
    #expect(socket.next() == nil)
    let again = try Raw(socket.path)
    again.send("three\n")
    #expect(socket.next()?.text == "three")
  }

  @Test("what was sent whole before the end still counts, half a line does not, and the reply is lost without harm")
  func disconnect() throws {
    let socket = try SocketUnderTest()
    var client: Raw? = try Raw(socket.path)
    client?.send("halt\nha")
    client = nil
    let message = try #require(socket.next())
    #expect(message.text == "halt")
    #expect(socket.next() == nil)
    #expect(socket.counters.clients.value == 0)
    #expect(!socket.reply("late", to: message.peer))
  }

  @Test("a client that does not read is dropped when the kernel's buffer is full")
  func slow() throws {
    let socket = try SocketUnderTest()
    let client = try Raw(socket.path)
    client.send("status\n")
    let message = try #require(socket.next())
    let reply = String(repeating: "s", count: 64 * 1024)
    var replies = 0
    while socket.reply(reply, to: message.peer) {
      replies += 1
      try #require(replies < 1_000, "the kernel's buffer is bounded")
    }
    #expect(socket.dropped(.slow) == 1 && socket.counters.clients.value == 0)
  }

  @Test("only owner and group may connect, whatever the process's mask")
  func mode() throws {
    let socket = try SocketUnderTest()
    let attributes = try FileManager.default.attributesOfItem(atPath: socket.path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o660)
  }

  @Test("a dead process's socket file is replaced, a living one's and any other file are left alone")
  func staleFile() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/control"
    // A listening socket that is closed without its file being removed is what a killed process leaves.
    let abandoned = apus_local_listen(path, 0o660, 1)
    #expect(abandoned >= 0)
    let counters = try Scene.counters()
    #expect(throws: ControlSocketError(path: path, code: EADDRINUSE)) {
      _ = try ControlSocket(path: path, roles: ControlRoles(), counters: counters)
    }
    apus_close(abandoned)
    do {
      _ = try ControlSocket(path: path, roles: ControlRoles(), counters: counters)
    }
    #expect(!FileManager.default.fileExists(atPath: path), "it is removed at the end")
    #expect(FileManager.default.createFile(atPath: path, contents: Data("mine".utf8)))
    #expect(throws: ControlSocketError(path: path, code: EEXIST)) {
      _ = try ControlSocket(path: path, roles: ControlRoles(), counters: counters)
    }
    #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
  }

  @Test("the longest path is taken, a longer one refused with the length that would do")
  func pathLimit() throws {
    let scratch = try ScratchDirectory()
    let limit = apus_local_path_limit()
    let longest = scratch.path + "/" + String(repeating: "p", count: limit - scratch.path.utf8.count - 1)
    let counters = try Scene.counters()
    _ = try ControlSocket(path: longest, roles: ControlRoles(), counters: counters)
    let error = #expect(throws: ControlSocketError.self) {
      _ = try ControlSocket(path: longest + "p", roles: ControlRoles(), counters: counters)
    }
    #expect(error?.description.contains("at most \(limit) bytes") == true)
  }

  @Test("a client learns that no bot listens")
  func noBot() throws {
    let scratch = try ScratchDirectory()
    #expect(throws: ControlSocketError(path: scratch.path + "/control", code: ENOENT)) {
      _ = try ControlClient(path: scratch.path + "/control", timeoutMs: 1_000)
    }
  }
}

/// A client without manners: any bytes, ended when it goes out of scope.
private final class Raw {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = apus_local_connect(path, 5_000)
    guard descriptor >= 0 else { throw ControlSocketError(path: path, code: -descriptor) }
  }

  deinit { apus_socket_close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }
  func send(_ bytes: [UInt8]) { _ = apus_local_send(descriptor, bytes, bytes.count) }

  /// Whether the other end has ended the connection.
  var isClosed: Bool {
    var byte: UInt8 = 0
    return apus_socket_receive(descriptor, &byte, 1) == 0
  }
}
