// WebSocket as a server speaks it (RFC 6455): written apart from the bot's client, so that neither hides the other's faults.

import CShims
import Pipeline

/// Frames of a server, and the frames it takes from a client.
package enum WebSocketFrames {
  package enum Kind: UInt8 {
    case text = 1
    case close = 8
    case ping = 9
    case pong = 10
  }

  /// Requests take a few hundred bytes.
  private static let payloadBytesMaximum = 1 << 16

  /// Section 5.2; a server does not mask (5.1).
  package static func appendHeader(_ kind: Kind, payloadCount: Int, to bytes: inout [UInt8]) {
    bytes.append(0x80 | kind.rawValue)
    switch payloadCount {
    case ..<126: bytes.append(UInt8(payloadCount))
    case ..<65_536: bytes += [126, UInt8(payloadCount >> 8), UInt8(payloadCount & 255)]
    default: bytes += [127] + stride(from: 56, through: 0, by: -8).map { UInt8(payloadCount >> $0 & 255) }
    }
  }

  /// The first whole frame of a client in `bytes`, which is taken out; nil while there is none.
  ///
  /// - Throws: `LoadError` for what a client must not send (5.1: unmasked; here also fragments).
  package static func take(from bytes: inout [UInt8]) throws(LoadError) -> (kind: Kind, payload: [UInt8])? {
    guard bytes.count >= 2 else { return nil }
    guard bytes[0] & 0x80 != 0, let kind = Kind(rawValue: bytes[0] & 0x0f), bytes[1] & 0x80 != 0 else {
      throw LoadError("the client sent a frame that this venue does not take")
    }
    var count = Int(bytes[1] & 0x7f)
    var start = 2
    if count >= 126 {
      let width = count == 126 ? 2 : 8
      guard bytes.count >= 2 + width else { return nil }
      count = bytes[2..<(2 + width)].reduce(0) { $0 << 8 | Int($1) }
      start += width
    }
    // Eight bytes of length can make a negative number; section 5.2 forbids it.
    guard (0...payloadBytesMaximum).contains(count) else {
      throw LoadError("the client sent a frame of \(count) bytes")
    }
    guard bytes.count >= start + 4 + count else { return nil }
    let mask = Array(bytes[start..<(start + 4)])
    start += 4
    let payload = (0..<count).map { bytes[start + $0] ^ mask[$0 & 3] }
    bytes.removeFirst(start + count)
    return (kind, payload)
  }

  /// The answer to an upgrade (section 4.2.2): the client's key with the protocol's own, SHA-1, in base 64.
  package static func accept(key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    let result = apus_sha1(text, text.count, &digest)
    precondition(result == 0, "OpenSSL has SHA-1")
    return String(unsafeUninitializedCapacity: Base64.encodedCount(digest.count)) { text in
      digest.withUnsafeBytes { Base64.encode($0, into: UnsafeMutableRawPointer(text.baseAddress!)) }
    }
  }
}
