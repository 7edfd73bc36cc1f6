// HTTP responses and JSON.

import CShims
import Foundation
import Pipeline
import Venues

/// Sec-WebSocket-Accept (RFC 6455 section 4.2.2).
enum WebSocketKey {
  static func accept(_ key: Substring) -> String {
    let text = Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    precondition(apus_sha1(text, text.count, &digest) == 0, "OpenSSL has no SHA-1")
    return Data(digest).base64EncodedString()
  }
}

/// Responses; an input's first byte is the size of the pieces that they come in.
final class HTTPTarget: FuzzTarget {
  let name = "http"
  let seeds: [[UInt8]]
  private static let limit = 2048
  private var buffer = AssemblyBuffer(maximumBytes: limit)

  init(_ recorded: Recordings) {
    let body = recorded.messages.first ?? Array("{}".utf8)
    let texts = [
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n\(String(decoding: body, as: UTF8.self))",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"1\"\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 37\r\nConnection: x, close\r\nContent-Length: 2\r\n\r\n{}",
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.0 200\r\n\r\nto the end",
    ]
    seeds = texts.map { [5] + Array($0.utf8) }
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: bytes[1...])
    let whole = parse(stream, piece: max(1, stream.count))
    let cut = parse(stream, piece: Int(first) % 64 + 1)
    require(whole == cut, "pieces of \(Int(first) % 64 + 1) bytes parse to something else")
  }

  private func parse(_ stream: UnsafeRawBufferPointer, piece: Int) -> [Int] {
    var parser = HTTPResponseParser(bodyBytesLimit: Self.limit)
    buffer.reset()
    var offset = 0
    while true {
      let result = parser.next(&buffer)
      if result == .needMore, offset < stream.count {
        let space = buffer.makeSpace()
        let count = min(piece, stream.count - offset, space.count)
        space.copyMemory(from: UnsafeRawBufferPointer(rebasing: stream[offset..<offset + count]))
        buffer.commit(count)
        offset += count
        continue
      }
      require(buffer.assembled.count <= Self.limit, "a body above the limit")
      let isWhole = result == .complete || (result == .needMore && parser.finish())
      let body = isWhole ? buffer.assembled.reduce(0) { ($0 &* 31) &+ Int($1) } : 0
      return [Int(result.rawValue), isWhole ? parser.status : 0, body, isWhole ? parser.retryAfterSeconds ?? -1 : 0]
    }
  }
}

/// JSON: walked by its structure, and skipped as a whole; both find the same end.
final class JSONTarget: FuzzTarget {
  let name = "json"
  let seeds: [[UInt8]]

  init(_ recorded: Recordings) {
    let texts = [
      #"{"a":[1,-2.5e3,"x\"\u00e9\\",true,false,null,{}],"b":{"c":[[],[0]]}}"#,
      #"[18446744073709551615,-0,"\ud83d\ude00"]"#,
    ]
    seeds = texts.map { Array($0.utf8) } + recorded.messages.prefix(20)
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    var skipping = JSONScanner(bytes)
    skipping.skipValue()
    skipping.finish()
    var walking = JSONScanner(bytes)
    walk(&walking, depth: 0, bytes.count)
    walking.finish()
    if walking.error == .none { require(skipping.error == .none, "read, but not skipped: \(skipping.error)") }
  }

  private func walk(_ scanner: inout JSONScanner, depth: Int, _ textCount: Int) {
    guard depth < 16 else { return scanner.skipValue() }
    switch scanner.peek() {
    case UInt8(ascii: "{"):
      scanner.beginObject()
      while let key = scanner.nextKey() {
        require(key.count < textCount, "a key longer than the text")
        walk(&scanner, depth: depth + 1, textCount)
      }
    case UInt8(ascii: "["):
      scanner.beginArray()
      while scanner.nextElement() { walk(&scanner, depth: depth + 1, textCount) }
    case UInt8(ascii: "\""): _ = scanner.string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = scanner.boolean()
    case UInt8(ascii: "-"): _ = scanner.integer()
    case UInt8(ascii: "0")...UInt8(ascii: "9"): _ = scanner.unsigned()
    default: scanner.skipValue()
    }
  }
}
