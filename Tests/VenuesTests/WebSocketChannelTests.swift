// The WebSocket channel over a transport in memory: opening, keep-alive, closing and every way to fail.

import Foundation
import Pipeline
import Testing
import Venues

private let second: Int64 = 1_000_000_000

@Suite struct WebSocketChannelTests {
  @Test func opensWithAFreshKeyAndCarriesMessages() {
    let bench = WebSocketBench()
    bench.settle()
    let request = bench.wire.takeText()
    #expect(request.hasPrefix("GET /ws/test HTTP/1.1\r\nHost: localhost:9443\r\n"))
    #expect(request.contains("\r\nX-Test: 1\r\n") && request.contains("\r\nSec-WebSocket-Version: 13\r\n"))
    #expect(!request.contains("Sec-WebSocket-Extensions"))
    // The first message comes in the same record as the answer.
    bench.wire.send(Array(upgradeAnswer(to: request).utf8) + frame(1, Array("first".utf8)))
    bench.settle()
    #expect(bench.events == [.opened, .message])
    #expect(bench.messages == [Array("first".utf8)])
    let isSent = bench.send("{\"id\":1}")
    #expect(isSent)
    #expect(unmask(bench.wire.take()) == frame(1, Array("{\"id\":1}".utf8)))
  }

  @Test func everyConnectionHasItsOwnKeyAndMasks() {
    let bench = WebSocketBench()
    bench.settle()
    let first = bench.wire.takeText()
    bench.wire.serverEnded = true
    bench.settle()
    bench.nowNs += second
    bench.settle()
    let other = bench.wire.takeText()
    #expect(first != other && other.hasPrefix("GET "))
    bench.wire.send(upgradeAnswer(to: first))  // to the other key: refused
    bench.settle()
    #expect(bench.reason == .upgradeRefused)
    bench.nowNs += 2 * second
    bench.open()
    _ = bench.send("same")
    let one = bench.wire.take()
    _ = bench.send("same")
    #expect(one != bench.wire.take())
  }

  @Test func pingIsAnsweredWithItsPayload() {
    let bench = WebSocketBench()
    bench.open()
    bench.wire.send(frame(9, Array("1700000000".utf8)))
    bench.settle()
    #expect(unmask(bench.wire.take()) == frame(10, Array("1700000000".utf8)))
  }

  @Test func largeMessagesArriveWhole() {
    let bench = WebSocketBench()
    bench.open()
    let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) & 0x7f }
    bench.wire.send(frame(1, large) + frame(2, [1], final: false) + frame(0, [2]))
    bench.settle()
    #expect(bench.events == [.opened, .message, .message])
    let isSame = bench.messages == [large, [1, 2]]
    #expect(isSame)
  }

  @Test func closeOfThePeerIsAnsweredAndToldOnce() {
    let bench = WebSocketBench()
    bench.open()
    bench.wire.send(frame(8, [0x03, 0xe9]))
    bench.settle()
    #expect(unmask(bench.wire.take()) == frame(8, [0x03, 0xe9]))
    #expect(bench.events == [.opened, .closed])
    #expect(bench.reason == .peerClosed && bench.channel.closeCode == 1001 && bench.wire.isClosed)
  }

  @Test func ownCloseWaitsForTheAnswerAndThenForTheBackoff() {
    let bench = WebSocketBench()
    bench.open()
    bench.channel.close(permanently: false)
    #expect(unmask(bench.wire.take()) == frame(8, [0x03, 0xe8]))
    let isSent = bench.send("late")
    #expect(!isSent)
    bench.wire.send(frame(1, [65]) + frame(8, [0x03, 0xe8]))
    bench.settle()
    #expect(bench.events == [.opened, .closed] && bench.reason == .requested)
    #expect(bench.wire.attempts == 1)
    bench.nowNs += second
    bench.open()
    #expect(bench.wire.attempts == 2 && bench.isOpen)
  }

  @Test func ownCloseGivesUpOnASilentPeerAndStaysClosed() {
    let bench = WebSocketBench()
    bench.open()
    bench.channel.close(permanently: true)
    bench.settle()
    #expect(bench.events == [.opened])
    bench.nowNs += second
    bench.settle()
    #expect(bench.events == [.opened, .closed] && bench.reason == .requested)
    bench.nowNs += 1000 * second
    bench.settle()
    #expect(bench.wire.attempts == 1)
  }

  @Test func silenceIsPingedAndThenEnds() {
    let bench = WebSocketBench()
    bench.open()
    bench.nowNs += 10 * second - 1
    bench.settle()
    #expect(bench.wire.take().isEmpty)
    bench.nowNs += 1
    bench.settle()
    #expect(unmask(bench.wire.take()) == frame(9, []))
    bench.wire.send(frame(10, []))
    bench.settle()
    bench.nowNs += 19 * second
    bench.settle()
    #expect(bench.isOpen)
    bench.nowNs += second
    bench.settle()
    #expect(bench.events == [.opened, .closed] && bench.reason == .peerSilent)
    #expect(bench.channel.closeCount(.peerSilent) == 1)
  }

  @Test(
    arguments: [
      (frame(1, [0xff]), CloseReason.protocolError, [0x03, 0xef]), ([0xc1, 0], .protocolError, [0x03, 0xea]),
      ([0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1], .messageTooLarge, [0x03, 0xf1]),
    ] as [([UInt8], CloseReason, [UInt8])])
  func violationsCloseWithTheirCode(bytes: [UInt8], reason: CloseReason, code: [UInt8]) {
    let bench = WebSocketBench()
    bench.open()
    bench.wire.send(bytes)
    bench.settle()
    #expect(unmask(bench.wire.take()) == frame(8, code))
    #expect(bench.events == [.opened, .closed] && bench.reason == reason)
  }

  @Test(arguments: [
    "HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
  ])
  func refusedUpgradesAreNamed(answer: String) {
    let bench = WebSocketBench()
    bench.settle()
    bench.wire.send(answer)
    bench.settle()
    #expect(bench.events == [.closed] && bench.reason == .upgradeRefused)
    #expect(!answer.contains("403") || bench.channel.upgradeStatus == 403)
  }

  /// What the answer says, byte for byte, and how long no connection is tried after it; nil: the back-off's while.
  @Test(
    arguments: [
      ("HTTP/1.1 429 Too Many Requests\r\nServer: x\r\nRetry-After: 17\r\nX: y\r\n\r\n", 17),
      ("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", 60),
      ("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\n\r\n", 60),
      ("HTTP/1.1 429 Too Many Requests\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n", 60),
      ("HTTP/1.0 418 I'm a teapot\r\nretry-after: 259200\r\n\r\n", 259_200),
      ("HTTP/1.1 418 I'm a teapot\r\nRetry-After: 259201\r\n\r\n", 120),
      ("HTTP/1.1 418 I'm a teapot\r\n\r\n", 120),
      ("HTTP/1.1 429 Too Many Requests\r\nRetry After: 17\r\n\r\n", 60),
    ] as [(String, Int64)])
  func anUpgradeRefusedForTheVenuesLimitsHoldsTheChannelBack(answer: String, seconds: Int64) {
    // All at once, and byte by byte.
    for pieces in [[Array(answer.utf8)], answer.utf8.map { [$0] }] {
      let bench = WebSocketBench()
      bench.settle()
      for piece in pieces where bench.events.isEmpty {
        bench.wire.send(piece)
        bench.settle()
      }
      #expect(bench.events == [.closed] && bench.reason == .rateLimited)
      #expect(bench.channel.closeCount(.rateLimited) == 1 && bench.channel.closeCount(.upgradeRefused) == 0)
      bench.nowNs += seconds * second - 1
      bench.settle()
      #expect(bench.wire.attempts == 1)
      bench.nowNs += 1
      bench.open()
      #expect(bench.wire.attempts == 2 && bench.isOpen, "the back-off was over long before")
    }
  }

  /// A venue that sends the status and then leaves, or nothing more, has refused all the same.
  @Test(arguments: [true, false])
  func aRefusalThatIsNotWholeHoldsTheChannelBack(leaves: Bool) {
    let bench = WebSocketBench()
    bench.settle()
    bench.wire.send("HTTP/1.1 418 I'm a teapot\r\nRetry-Af")
    bench.settle()
    if leaves { bench.wire.serverEnded = true } else { bench.nowNs += 5 * second }
    bench.settle()
    #expect(bench.events == [.closed] && bench.reason == (leaves ? .peerClosed : .rateLimited))
    bench.nowNs += 120 * second - 1
    bench.settle()
    #expect(bench.wire.attempts == 1)
    bench.nowNs += 1
    bench.settle()
    #expect(bench.wire.attempts == 2)
  }

  @Test func anyOtherRefusalIsTriedAgainAfterTheBackOff() {
    let bench = WebSocketBench()
    bench.settle()
    bench.wire.send("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 600\r\n\r\n")
    bench.settle()
    #expect(bench.reason == .upgradeRefused)
    bench.nowNs += 30 * second
    bench.settle()
    #expect(bench.wire.attempts == 2)
  }

  @Test(arguments: [
    "Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
  ])
  func whatWasNotOfferedOrContradictsIsRefused(field: String) {
    let bench = WebSocketBench()
    bench.settle()
    let answer = upgradeAnswer(to: bench.wire.takeText())
    bench.wire.send(answer.replacingOccurrences(of: "\r\n\r\n", with: "\r\n\(field)\r\n\r\n"))
    bench.settle()
    #expect(bench.reason == .upgradeRefused)
  }

  @Test func everyStepOfConnectingHasATimeout() {
    let bench = WebSocketBench()
    bench.wire.answer = .silence
    bench.settle()
    bench.nowNs += 5 * second
    bench.settle()
    #expect(bench.events == [.closed] && bench.reason == .connectTimeout)
    bench.wire.answer = .accept  // connects, and the upgrade is never answered
    bench.nowNs += second
    bench.settle()
    bench.nowNs += 5 * second
    bench.settle()
    #expect(bench.events == [.closed, .closed] && bench.reason == .connectTimeout)
  }

  @Test func wrongHostIsACertificateProblem() {
    let bench = WebSocketBench()
    bench.wire.context = TestContexts.shared.wrongHost
    bench.settle()
    #expect(bench.events == [.closed] && bench.reason == .certificateRejected)
    #expect(bench.channel.certificateProblem == .wrongHost)
    #expect(bench.wire.take().isEmpty, "no request is sent to a stranger")
  }

  @Test func garbageInsteadOfTLSIsNamed() {
    let bench = WebSocketBench()
    _ = bench.channel.poll(nowNs: bench.nowNs)
    bench.wire.sendRaw(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
    bench.settle()
    #expect(bench.events == [.closed] && bench.reason == .tlsFailed)
  }

  @Test func refusedConnectionsAreTriedAgainLaterAndLater() {
    let bench = WebSocketBench()
    bench.wire.answer = .refuse
    var attemptsNs: [Int64] = []
    for _ in 0..<400_000 where attemptsNs.count < 10 {
      let before = bench.wire.attempts
      _ = bench.channel.poll(nowNs: bench.nowNs)
      if bench.wire.attempts > before { attemptsNs.append(bench.nowNs) }
      bench.nowNs += second / 1000
    }
    let waits = zip(attemptsNs.dropFirst(), attemptsNs).map { $0 - $1 }
    let delays: [Int64] = [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].map { $0 * second / 1000 }
    #expect(waits.count == delays.count)
    for (wait, delay) in zip(waits, delays) { #expect(wait >= delay / 2 && wait <= delay + 2 * second / 1000) }
    #expect(bench.channel.closeCount(.connectFailed) == 10)
  }

  @Test func messagesAreSentWholeOrNotAtAll() {
    let bench = WebSocketBench { $0.sendBytesLimit = 100 }
    let early = bench.send("too early")
    bench.open()
    let atLimit = bench.send(String(repeating: "x", count: 100))
    let tooLong = bench.send(String(repeating: "x", count: 101))
    #expect(!early && atLimit && !tooLong)
    _ = bench.wire.take()
    bench.wire.sendRoom = 64  // the peer takes nothing: the socket's buffer is full
    let noRoom = bench.send("x")
    #expect(!noRoom && bench.wire.take().isEmpty)
    bench.wire.send(frame(9, []))
    bench.settle()
    #expect(bench.reason == .sendBufferFull, "a pong that cannot be sent ends the connection")
  }

  /// What a server may answer to an offer (RFC 7692 section 7.1).
  @Test(arguments: [
    ("permessage-deflate", true), ("permessage-deflate; server_no_context_takeover", true),
    ("permessage-deflate;client_no_context_takeover ; server_max_window_bits=\"9\"", true),
    ("permessage-deflate; client_max_window_bits=8; server_max_window_bits=15", true), (", permessage-deflate ,", true),
    ("", true), ("permessage-deflate; client_max_window_bits", false),
    ("permessage-deflate; server_max_window_bits", false),
    ("permessage-deflate; server_max_window_bits=7", false), ("permessage-deflate; server_max_window_bits=16", false),
    ("permessage-deflate; server_max_window_bits=09", false), ("permessage-deflate; server_max_window_bits=\"9", false),
    ("permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", false),
    ("permessage-deflate; server_no_context_takeover=1", false), ("permessage-deflate; unknown", false),
    ("permessage-deflate; ", false), ("permessage-deflate, permessage-deflate", false),
    ("x-webkit-deflate-frame", false),
    ("permessage-deflate x", false),
    ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", false),
  ])
  func answersToAnOfferOfCompression(answer: String, isAccepted: Bool) {
    let bench = WebSocketBench { $0.compression = WebSocketCompression() }
    bench.settle()
    let request = bench.wire.takeText()
    #expect(request.contains("\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"))
    let field = "\r\nSec-WebSocket-Extensions: \(answer)\r\n\r\n"
    bench.wire.send(upgradeAnswer(to: request).replacingOccurrences(of: "\r\n\r\n", with: field))
    bench.settle()
    #expect(bench.isOpen == isAccepted && (isAccepted || bench.reason == .upgradeRefused))
    if isAccepted { #expect(bench.channel.isCompressing == answer.contains("permessage")) }
  }

  @Test(arguments: [
    ("permessage-deflate; server_no_context_takeover; server_max_window_bits=10", true),
    ("permessage-deflate; server_no_context_takeover; server_max_window_bits=9", true), ("", true),
    ("permessage-deflate; server_no_context_takeover; server_max_window_bits=11", false),
    ("permessage-deflate; server_no_context_takeover", false), ("permessage-deflate; server_max_window_bits=10", false),
  ])
  func whatWasAskedOfTheServerHasToBeAgreed(answer: String, isAccepted: Bool) {
    let bench = WebSocketBench {
      $0.compression = WebSocketCompression()
      $0.compression?.serverKeepsContext = false
      $0.compression?.serverWindowBits = 10
    }
    bench.settle()
    let request = bench.wire.takeText()
    #expect(request.contains("; server_no_context_takeover; server_max_window_bits=10\r\n"))
    let field = "\r\nSec-WebSocket-Extensions: \(answer)\r\n\r\n"
    bench.wire.send(upgradeAnswer(to: request).replacingOccurrences(of: "\r\n\r\n", with: field))
    bench.settle()
    #expect(bench.isOpen == isAccepted)
  }

  /// The agreement is the connection's: the next one, whose server declines, refuses RSV1.
  @Test func compressionIsAgreedAnewWithEachConnection() {
    let bench = WebSocketBench { $0.compression = WebSocketCompression() }
    bench.settle()
    let answer = upgradeAnswer(to: bench.wire.takeText())
    bench.wire.send(
      answer.replacingOccurrences(of: "\r\n\r\n", with: "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"))
    let hello: [UInt8] = [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    bench.wire.send(hello)
    bench.settle()
    #expect(bench.messages == [Array("Hello".utf8)] && bench.channel.messageIsText)
    bench.wire.serverEnded = true
    bench.settle()
    bench.nowNs += second
    bench.open()
    bench.wire.send(hello)
    bench.settle()
    #expect(bench.messages.count == 1 && bench.reason == .protocolError)
  }
}
