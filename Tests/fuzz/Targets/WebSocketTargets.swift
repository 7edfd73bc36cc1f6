// The WebSocket client: frames, compressed frames, and a whole connection from its handshake on.

import Foundation
import Pipeline
import Venues

/// Frames; an input's first byte is the size of the pieces that they come in. However it is cut, the same comes out.
final class FramesTarget: FuzzTarget {
  let name: String
  let seeds: [[UInt8]]
  private let deflate: Bool
  private static let limit = 2048
  private var buffer = AssemblyBuffer(maximumBytes: limit)
  private var decoder: WebSocketDecoder

  init(_ recorded: Recordings, deflate: Bool) {
    name = deflate ? "deflate" : "frames"
    self.deflate = deflate
    decoder = WebSocketDecoder(messageBytesLimit: Self.limit, offersCompression: deflate)
    let payloads = recorded.messages.prefix(10) + [Array("é€😀".utf8), []]
    var seeds = payloads.map { payload in
      [7] + frame(0x81, Array(payload.prefix(200))) + frame(0x89, [1]) + frame(0x01, Array(payload.prefix(50)))
        + frame(0x80, []) + frame(0x88, [0x03, 0xe8])
    }
    if deflate {
      let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
      seeds.append([3] + frame(0xc1, hello) + frame(0xc1, [0xf2, 0x00, 0x11, 0x00, 0x00]) + frame(0x81, [65]))
      seeds.append([1] + frame(0xc1, [0xf3] + hello.dropFirst() + [0x00]) + frame(0xc2, [0x00]))
      // What zlib makes of market text, a block with Huffman codes of its own, and of a text that repeats.
      let dynamic =
        "rIy7DYAwDAV3cY0sx4nihBLYAKhQCiTo+XWI3XEQG0DnO/ndCTOUcGzjNEMBu95VV/dt0yktSt4E"
        + "K+it4qpISESOlQ4orbC7zq+BYcg/TBijWosSAntIRdYiBmOePjNDr36KTrVBzh5S+qdyAw=="
      seeds.append([9] + frame(0xc1, Array(Data(base64Encoded: dynamic)!)))
      seeds.append([64] + frame(0x41, [0x4a, 0x4c, 0x4a]) + frame(0x80, [0x4e, 0x1c, 0x6a, 0x08, 0x00]))
    }
    self.seeds = seeds
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: bytes[1...])
    let whole = decode(stream, piece: max(1, stream.count))
    let cut = decode(stream, piece: Int(first) % 64 + 1)
    require(whole == cut, "pieces of \(Int(first) % 64 + 1) bytes decode to something else")
  }

  /// A digest of everything that came out.
  private func decode(_ stream: UnsafeRawBufferPointer, piece: Int) -> UInt64 {
    buffer.reset()
    decoder.reset()
    if deflate { decoder.beginInflating(forgetsContext: false) }
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    var offset = 0
    while true {
      let event = decoder.next(&buffer)
      if event == .needMore {
        if offset == stream.count { return digest }
        let space = buffer.makeSpace()
        let count = min(piece, stream.count - offset, space.count)
        space.copyMemory(from: UnsafeRawBufferPointer(rebasing: stream[offset..<offset + count]))
        buffer.commit(count)
        offset += count
        continue
      }
      digest = (digest ^ UInt64(event.rawValue)) &* 0x100_0000_01b3
      if event == .message || event == .ping {
        require(decoder.payload.count <= Self.limit, "a message above the limit")
        for byte in decoder.payload { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
      }
      if event == .message && decoder.isText {
        require(String(validating: decoder.payload, as: UTF8.self) != nil, "a text that is no UTF-8")
      }
      if event == .close || event == .violation {
        return (digest ^ UInt64(decoder.closeCode)) &* 0x100_0000_01b3
      }
    }
  }
}

/// An unmasked frame with a payload of at most 65,535 bytes.
private func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
  payload.count < 126
    ? [first, UInt8(payload.count)] + payload
    : [first, 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
}

/// A connection: the server's answer to the upgrade, then frames.
final class HandshakeTarget: FuzzTarget {
  let name = "handshake"
  let seeds: [[UInt8]]

  init() {
    // The generator's seed is fixed, so the key is, and with it what Sec-WebSocket-Accept has to be.
    var core = Self.core()
    _ = core.step(.opened, nowNs: 0)
    let request = String(decoding: core.takeOutgoing(), as: UTF8.self)
    let key = request.split(separator: "Sec-WebSocket-Key: ")[1].prefix(24)
    let head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
      + WebSocketKey.accept(key) + "\r\n"
    seeds = [
      Array("\(head)\r\n".utf8) + [0x81, 1, 65, 0x88, 0],
      Array("\(head)Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n\r\n".utf8)
        + [0xc1, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 7, 0],
      Array(
        "\(head)Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\nServer: x\r\n\r\n".utf8),
      Array("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n".utf8),
    ]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    var core = Self.core()
    _ = core.step(.opened, nowNs: 0)
    _ = core.takeOutgoing()
    let space = core.buffer.makeSpace()
    let count = min(space.count, bytes.count)
    space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    core.buffer.commit(count)
    _ = core.step(.received, nowNs: 1)
    while core.ending == .none && !core.isDrained {
      _ = core.takeOutgoing()
      if core.step(.idle, nowNs: 1) == .message {
        require(core.message.count <= bytes.count * 1100, "a message out of nothing")
      }
    }
  }

  private static func core() -> WebSocketCore {
    let address = try! SocketAddress.resolve(host: "127.0.0.1", port: 9)  // an address in text is never looked up
    var settings = WebSocketSettings(
      connection: ConnectionSettings(hostName: "localhost", addresses: address, seed: 1), target: "/")
    settings.messageBytesLimit = 4096
    settings.sendBytesLimit = 1024
    settings.compression = WebSocketCompression()
    return WebSocketCore(settings, port: 443)
  }
}
