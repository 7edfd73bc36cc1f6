// Direct TLS records from a peer that has the keys and keeps no rule, and from one that has none.

import Foundation
import Pipeline

/// Contents of any type, sealed properly or not at all, in records of any length: only application data becomes plaintext.
///
/// An input is a series of pieces: a byte that names the content's type (0: the piece is no record but goes to the wire as it
/// is), a byte for its length, and so many bytes.
final class RecordsTarget: FuzzTarget {
  let name = "records"
  let seeds: [[UInt8]] = [
    [23, 3, 1, 2, 3], [22, 5, 24, 0, 0, 1, 1, 23, 1, 65], [22, 8, 4, 0, 0, 4, 1, 2, 3, 4], [21, 2, 1, 0],
    [21, 2, 2, 40],
    [23, 0, 23, 0, 23, 1, 9], [0, 5, 23, 3, 3, 0, 17], [22, 2, 4, 0, 22, 3, 0, 1, 7],
  ]
  private var client: TLSSession
  private var server: TLSSession
  private var room = [UInt8](repeating: 0, count: 17 * 1024)
  private var out = [UInt8](repeating: 0, count: 64 * 1024)

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let paths = ["ca.pem", "server.pem", "server.key"].map { folder.appendingPathComponent($0).path }
    let authority = try ThrowAwayAuthority()
    try authority.writeCertificate(to: paths[0])
    try authority.issue(names: ["DNS:localhost"], certificateFile: paths[1], keyFile: paths[2])
    client = TLSSession(try .client(trustFile: paths[0], records: .direct), hostName: "localhost")
    server = TLSSession(try .server(certificateFile: paths[1], keyFile: paths[2], records: .direct))
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    connect()
    var wire: [UInt8] = []
    var data: [UInt8] = []
    var rest = bytes[...]
    while rest.count >= 2 {
      let type = rest[rest.startIndex]
      let content = Array(rest.dropFirst(2).prefix(Int(rest[rest.startIndex + 1])))
      rest = rest.dropFirst(2 + content.count)
      if type == 23 { data += content }
      wire += type == 0 ? content : sealed(type, content)
    }
    var plain: [UInt8] = []
    var status = TLSStatus.ok
    while status == .ok, !wire.isEmpty {
      let step = wire.withUnsafeBytes { wire in
        room.withUnsafeMutableBytes { room in
          out.withUnsafeMutableBytes { client.read(wire, into: room, outgoing: $0) }
        }
      }
      require(step.consumed <= wire.count && step.plaintext <= room.count, "more was taken or given than there was")
      require(step.consumed > 0 || step.status != .ok, "no progress")
      wire.removeFirst(min(wire.count, step.consumed))
      plain += room[..<step.plaintext]
      status = step.status
    }
    require(data.starts(with: plain), "plaintext that nobody sent")
  }

  private func sealed(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
    let count = content.withUnsafeBytes { content in
      out.withUnsafeMutableBytes { server.seal(type: type, content, outgoing: $0) }
    }
    return Array(out[..<max(0, count)])
  }

  private func connect() {
    require(client.restart() && server.restart(), "no memory")
    var (toServer, toClient): ([UInt8], [UInt8]) = ([], [])
    for _ in 0..<3 {
      toServer += answer(&client, to: &toClient)
      toClient += answer(&server, to: &toServer)
    }
    require(client.areRecordsDirect && server.areRecordsDirect, "no handshake")
  }

  /// Lets a session read all that waits for it, and be it nothing.
  private func answer(_ session: inout TLSSession, to wire: inout [UInt8]) -> [UInt8] {
    var outgoing: [UInt8] = []
    repeat {
      let step = wire.withUnsafeBytes { wire in
        room.withUnsafeMutableBytes { room in
          out.withUnsafeMutableBytes { session.read(wire, into: room, outgoing: $0) }
        }
      }
      require(step.status == .ok, "a handshake failed")
      wire.removeFirst(step.consumed)
      outgoing += out[..<step.outgoing]
    } while !wire.isEmpty
    return outgoing
  }
}
