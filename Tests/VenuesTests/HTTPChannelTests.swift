// The HTTP channel over a transport in memory: kept connections, failures and time-outs.

import Pipeline
import Testing
import Venues

private let second: Int64 = 1_000_000_000

private final class Bench {
  let wire = Wire()
  var channel: HTTPChannel<MemoryTransport>
  var nowNs: Int64 = 1_700_000_000 * second
  var events: [RequestEvent] = []

  init() {
    var settings = HTTPSettings(connection: testSettings())
    settings.headers = [("X-MBX-APIKEY", "key")]
    settings.bodyBytesLimit = 1000
    channel = HTTPChannel(MemoryTransport(wire), TestContexts.shared.client, settings)
  }

  func begin(_ method: HTTPMethod, _ target: String) -> Bool {
    Array(target.utf8).withUnsafeBytes { channel.begin(method, $0) }
  }

  func settle() {
    for _ in 0..<20 {
      let event = channel.poll(nowNs: nowNs)
      if event != .idle { events.append(event) }
    }
  }

  /// One whole exchange.
  func ask(_ target: String, _ answer: String) -> Bool {
    guard begin(.get, target) else { return false }
    settle()
    wire.send(answer)
    settle()
    return true
  }

  var body: String { String(decoding: channel.body, as: UTF8.self) }
}

private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

@Suite struct HTTPChannelTests {
  @Test func requestsShareAConnection() {
    let bench = Bench()
    bench.settle()
    #expect(bench.wire.attempts == 0, "nobody asked yet")
    for round in 0..<3 {
      let isDone = bench.ask("/api/v3/time?round=\(round)", answer)
      #expect(isDone)
      let request = bench.wire.takeText()
      #expect(
        request == "GET /api/v3/time?round=\(round) HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: key\r\n\r\n")
      #expect(bench.channel.status == 200 && bench.body == "{}")
    }
    #expect(bench.events == [.response, .response, .response] && bench.wire.attempts == 1)
  }

  @Test(arguments: [(HTTPMethod.post, "POST"), (.delete, "DELETE"), (.put, "PUT")])
  func methodsWithoutABodySaySo(method: HTTPMethod, name: String) {
    let bench = Bench()
    let isBegun = bench.begin(method, "/api/v3/order?a=1")
    bench.settle()
    let request = bench.wire.takeText()
    #expect(isBegun && request.hasPrefix("\(name) /api/v3/order?a=1 HTTP/1.1\r\n"))
    #expect(request.hasSuffix("\r\nContent-Length: 0\r\n\r\n"))
  }

  @Test(arguments: ["", "api", "/a b", "/a\r\nHost: evil", "/\u{e9}", "/" + String(repeating: "x", count: 4096)])
  func whatIsNoTargetIsNotSent(target: String) {
    let bench = Bench()
    let isBegun = bench.begin(.get, target)
    #expect(!isBegun)
  }

  @Test func oneRequestAtATime() {
    let bench = Bench()
    let first = bench.begin(.get, "/1")
    let second = bench.begin(.get, "/2")
    #expect(first && !second)
  }

  @Test func rateLimitTellsWhenToReturn() {
    let bench = Bench()
    _ = bench.ask("/x", "HTTP/1.1 429 Too Many\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n")
    #expect(bench.channel.status == 429 && bench.channel.retryAfterSeconds == 17)
  }

  @Test func connectionThatEndsBetweenRequestsIsOpenedAgain() {
    let bench = Bench()
    _ = bench.ask("/1", answer)
    bench.wire.serverEnded = true
    bench.settle()
    bench.nowNs += second
    let isDone = bench.ask("/2", answer)
    #expect(isDone && bench.events == [.response, .response] && bench.wire.attempts == 2)
  }

  @Test func connectionCloseIsObeyed() {
    let bench = Bench()
    _ = bench.ask("/1", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
    #expect(bench.wire.isClosed && bench.body == "x")
    _ = bench.begin(.get, "/2")
    bench.settle()
    #expect(bench.wire.attempts == 1, "the back-off holds here, too")
    bench.nowNs += second
    bench.settle()
    #expect(bench.wire.attempts == 2)
  }

  @Test func brokenConnectionFailsTheRequestOnce() {
    let bench = Bench()
    _ = bench.begin(.post, "/order")
    bench.settle()
    bench.wire.serverEnded = true
    bench.settle()
    bench.nowNs += 60 * second
    bench.settle()
    #expect(bench.events == [.failed] && bench.channel.closeReason == .peerClosed)
    #expect(bench.wire.attempts == 1, "an order is never sent twice by itself")
  }

  @Test func refusedConnectionFailsTheRequest() {
    let bench = Bench()
    bench.wire.answer = .refuse
    _ = bench.begin(.get, "/1")
    bench.settle()
    #expect(bench.events == [.failed] && bench.channel.closeReason == .connectFailed)
  }

  @Test func silentServerFailsTheRequest() {
    let bench = Bench()
    _ = bench.begin(.get, "/1")
    bench.settle()
    bench.nowNs += 10 * second - 1
    bench.settle()
    #expect(bench.events.isEmpty)
    bench.nowNs += 1
    bench.settle()
    #expect(bench.events == [.failed] && bench.channel.closeReason == .peerSilent && bench.wire.isClosed)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", CloseReason.messageTooLarge),
    ("garbage\r\n\r\n", .protocolError),
  ])
  func badResponsesAreNamed(answer: String, reason: CloseReason) {
    let bench = Bench()
    _ = bench.ask("/1", answer)
    #expect(bench.events == [.failed] && bench.channel.closeReason == reason && bench.wire.isClosed)
  }

  @Test func unaskedBytesEndTheConnectionAndSpareTheBody() {
    let bench = Bench()
    _ = bench.ask("/1", answer + "HTTP/1.1 200 OK\r\n")
    #expect(bench.wire.isClosed && bench.body == "{}")
    bench.nowNs += second
    _ = bench.ask("/2", answer)
    bench.wire.send("HTTP/1.1 408 Timeout\r\n\r\n")
    bench.settle()
    #expect(bench.wire.isClosed && bench.body == "{}" && bench.events == [.response, .response])
  }

  @Test func bodyThatEndsWithTheConnectionIsWhole() {
    let bench = Bench()
    _ = bench.ask("/1", "HTTP/1.1 200 OK\r\n\r\nuntil ")
    bench.wire.send("the end")
    bench.settle()
    bench.wire.serverEnded = true
    bench.settle()
    #expect(bench.events == [.response] && bench.body == "until the end")
  }
}
