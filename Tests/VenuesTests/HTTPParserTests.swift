// The HTTP response parser: every way to frame a body, what is refused, and mutations.

import Pipeline
import Testing
import Venues

/// A response as the parser saw it.
private struct Parsed: Equatable {
  var result: HTTPParseResult
  var status = 0
  var body: [UInt8] = []
  var keepsAlive = true
  var retryAfterSeconds: Int?
  var restCount = 0
}

/// Feeds a response in pieces of that size; at its end tells the parser that the connection closed.
private func parse(_ bytes: [UInt8], limit: Int = 1000, piece: Int) -> Parsed {
  var buffer = AssemblyBuffer(maximumBytes: limit)
  var parser = HTTPResponseParser(bodyBytesLimit: limit)
  var offset = 0
  while true {
    var result = parser.next(&buffer)
    if result == .needMore && offset == bytes.count && parser.finish() { result = .complete }
    if result != .needMore || offset == bytes.count {
      return Parsed(
        result: result, status: parser.status, body: Array(buffer.assembled), keepsAlive: parser.keepsAlive,
        retryAfterSeconds: parser.retryAfterSeconds, restCount: buffer.unparsed.count + bytes.count - offset)
    }
    let space = buffer.makeSpace()
    let count = min(piece, bytes.count - offset, space.count)
    space.copyBytes(from: bytes[offset..<(offset + count)])
    buffer.commit(count)
    offset += count
  }
}

private func parse(_ text: String, limit: Int = 1000, piece: Int = 1) -> Parsed {
  parse(Array(text.utf8), limit: limit, piece: piece)
}

private let ok = "HTTP/1.1 200 OK\r\n"

@Suite struct HTTPParserTests {
  @Test(arguments: [1, 2, 3, 7, 64, 4096])
  func bodiesOfEveryKind(piece: Int) {
    let fixed = parse("\(ok)Content-Length: 5\r\n\r\nhello", piece: piece)
    #expect(fixed == Parsed(result: .complete, status: 200, body: Array("hello".utf8)))
    let chunked = parse(
      "\(ok)Transfer-Encoding: Chunked\r\n\r\n3;x=\"1\"\r\nhel\r\n0002 \r\nlo\r\n0\r\nTrailer: x\r\n\r\n", piece: piece)
    #expect(chunked == Parsed(result: .complete, status: 200, body: Array("hello".utf8)))
    let untilEnd = parse("\(ok)\r\nhello", piece: piece)
    #expect(untilEnd == Parsed(result: .complete, status: 200, body: Array("hello".utf8), keepsAlive: false))
    let empty = parse("HTTP/1.1 204 No Content\r\n\r\n", piece: piece)
    #expect(empty == Parsed(result: .complete, status: 204))
    let interim = parse("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\(ok)Content-Length: 0\r\n\r\n", piece: piece)
    #expect(interim == Parsed(result: .complete, status: 200))
    let limited = parse(
      "HTTP/1.1 429\r\nRetry-After: 37\r\nConnection: x, Close\r\nContent-Length:2\r\n\r\n{}", piece: piece)
    #expect(
      limited
        == Parsed(result: .complete, status: 429, body: [123, 125], keepsAlive: false, retryAfterSeconds: 37))
  }

  @Test func whatFollowsIsLeftAlone() {
    let parsed = parse("\(ok)Content-Length: 1\r\n\r\naHTTP/1.1", piece: 100)
    #expect(parsed.result == .complete && parsed.body == [97] && parsed.restCount == 8)
  }

  @Test(arguments: [
    "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
    "ICY 200 OK\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n", "\(ok)No-Colon\r\n\r\n", "\(ok): empty\r\n\r\n",
    "\(ok)Space : x\r\n\r\n",
    "\(ok)Folded: x\r\n y\r\n\r\n", "\(ok)Bell: \u{7}\r\n\r\n", "\(ok)Content-Length: -1\r\n\r\n",
    "\(ok)Content-Length: 1, 1\r\n\r\n", "\(ok)Content-Length:\r\n\r\n",
    "\(ok)Content-Length: 99999999999999999999\r\n\r\n",
    "\(ok)Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "\(ok)Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    "\(ok)Transfer-Encoding: gzip, chunked\r\n\r\n", "\(ok)Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "\(ok)Transfer-Encoding: chunked\r\n\r\n\r\n", "\(ok)Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    "\(ok)Transfer-Encoding: chunked\r\n\r\n1\nb\r\n",
    "\(ok)Transfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n",
  ])
  func malformedIsRefused(text: String) {
    for piece in [1, 5, 1000] { #expect(parse(text, piece: piece).result == .malformed, "pieces of \(piece)") }
  }

  @Test(arguments: [
    "\(ok)Content-Length: 1001\r\n\r\n", "\(ok)Transfer-Encoding: chunked\r\n\r\n3E9\r\n",
    "\(ok)Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\n",
    "\(ok)\r\n" + String(repeating: "x", count: 1001),
    ok + String(repeating: "Field: value\r\n", count: 2000), "\(ok)Long: " + String(repeating: "x", count: 20_000),
  ])
  func tooLargeIsRefused(text: String) { #expect(parse(text, piece: 100).result == .tooLarge) }

  @Test func limitItselfIsAllowed() {
    let body = String(repeating: "x", count: 1000)
    #expect(parse("\(ok)Content-Length: 1000\r\n\r\n\(body)", piece: 333).body.count == 1000)
    #expect(parse("\(ok)Transfer-Encoding: chunked\r\n\r\n3e8\r\n\(body)\r\n0\r\n\r\n", piece: 333).body.count == 1000)
  }

  /// HTTP/1.0 ends its connection with the response, and knows no chunks (RFC 9112 sections 9.3 and 6.1).
  @Test func versionTenKeepsNothingAlive() {
    let old = parse("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab")
    #expect(old == Parsed(result: .complete, status: 200, body: [97, 98], keepsAlive: false))
    #expect(parse("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").result == .malformed)
  }

  @Test func sameLengthTwiceIsOneLength() {
    #expect(parse("\(ok)Content-Length: 2\r\nContent-Length: 2\r\n\r\nab").body == [97, 98])
  }

  /// Mutated responses end in a verdict, the same one however they are cut, and no body is above its limit.
  @Test func mutationsNeverTrap() {
    #if DEBUG
      let rounds = 3000
    #else
      let rounds = 100_000
    #endif
    let originals = [
      "\(ok)Content-Length: 20\r\nConnection: keep-alive\r\n\r\n{\"lastUpdateId\":1234}",
      "HTTP/1.1 429 Too Many\r\nRetry-After: 60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;e\r\n0123456789\r\n0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end",
    ].map { Array($0.utf8) }
    let interesting = Array("\r\n :;0123456789aFx\u{0}".utf8)
    var generator = SeededGenerator(seed: 77)
    var verdicts: [HTTPParseResult: Int] = [:]
    for round in 0..<rounds {
      var bytes = originals[Int(generator.next() % 3)]
      for _ in 0...(generator.next() % 4) {
        let place = Int(generator.next() % UInt64(bytes.count))
        let byte = interesting[Int(generator.next() % UInt64(interesting.count))]
        switch generator.next() % 4 {
        case 0: bytes[place] = byte
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(byte, at: place)
        default: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
        }
      }
      let whole = parse(bytes, limit: 64, piece: 4096)
      let cut = parse(bytes, limit: 64, piece: Int(generator.next() % 20) + 1)
      verdicts[whole.result, default: 0] += 1
      #expect(whole.result == cut.result && whole.status == cut.status && whole.body.count <= 64, "round \(round)")
      if whole.result == .complete { #expect(whole == cut, "round \(round)") }
    }
    #expect(verdicts.count == 4, "each verdict occurs: \(verdicts)")
  }
}
