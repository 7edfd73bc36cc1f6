// The little of HTTP/1.1 that clients of a venue need of a server (RFC 9112). Cold.

enum HTTPText {
  /// More is no request of a venue's client.
  static let headBytesMaximum = 16 * 1024

  /// Where the head of a request ends, behind its empty line; nil while it is not whole.
  static func headEnd(_ bytes: [UInt8]) -> Int? {
    let end = Array("\r\n\r\n".utf8)
    guard bytes.count >= end.count else { return nil }
    return (end.count...bytes.count).first { bytes[($0 - end.count)..<$0].elementsEqual(end) }
  }

  /// A header field's value; names have no case.
  static func field(_ name: String, in head: String) -> String? {
    for line in head.split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
      return String(parts[1].drop { $0 == " " })
    }
    return nil
  }

  static func response(_ status: Int, _ body: String) -> [UInt8] {
    Array(
      "HTTP/1.1 \(status) \(status == 200 ? "OK" : "Error")\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        .utf8)
  }

  static func upgrade(accept: String) -> [UInt8] {
    Array(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n\r\n"
        .utf8)
  }
}
