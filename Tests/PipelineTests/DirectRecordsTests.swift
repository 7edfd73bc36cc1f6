// Direct records against OpenSSL's and against themselves: bytes, keys, corruption, alerts, allocations.

import CShims
import Foundation
import MallocCounter
import Pipeline
import Support
import Testing

@Suite struct DirectRecordsTests {
  private static let certificates = Result { try Certificates() }
  private static let servers = Result {
    let made = try certificates.get()
    return [TLSRecordLayer.openssl: try made.server(), .direct: try made.server(records: .direct)]
  }

  private func pair(
    client: TLSRecordLayer, server: TLSRecordLayer, recordsPerKey: UInt64 = 1 << 24
  ) throws -> TLSPair {
    let serverContext = try #require(try Self.servers.get()[server])
    let pair = TLSPair(
      try Self.certificates.get().client(records: client), serverContext, recordsPerKey: recordsPerKey)
    #expect(pair.handshake() == .ok)
    let (clientIsDirect, serverIsDirect) = (pair.client.areRecordsDirect, pair.server.areRecordsDirect)
    #expect(clientIsDirect == (client == .direct) && serverIsDirect == (server == .direct))
    return pair
  }

  private static let sides: [(TLSRecordLayer, TLSRecordLayer)] = [
    (.direct, .openssl), (.openssl, .direct), (.direct, .direct),
  ]

  private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) } }

  @Test(arguments: sides)
  func messagesOfEverySizeGoBothWays(client: TLSRecordLayer, server: TLSRecordLayer) throws {
    let pair = try pair(client: client, server: server)
    for count in [1, 2, 15, 16, 17, 300, 400, 4_096, 16_383, 16_384, 16_385, 40_000] {
      for fromClient in [true, false] {
        let progress = pair.write(bytes(count), client: fromClient)
        #expect(progress.status == .ok && progress.plaintext == count)
        let (plain, status) = pair.read(client: !fromClient)
        #expect(plain == bytes(count) && status == .ok)
      }
    }
  }

  /// Small keys' lives: each third record has a new key, announced by us, understood by OpenSSL and by ourselves.
  @Test(arguments: sides)
  func newKeysAreAnnouncedAndObeyed(client: TLSRecordLayer, server: TLSRecordLayer) throws {
    let pair = try pair(client: client, server: server, recordsPerKey: 3)
    for count in 1...40 {
      for fromClient in [true, false] {
        #expect(pair.write(bytes(count * 9), client: fromClient).status == .ok)
        #expect(pair.read(client: !fromClient).plain == bytes(count * 9))
      }
    }
  }

  /// OpenSSL asks for a new key: ours goes on to its next reading key, answers, and goes on to its next writing key.
  @Test func aRequestedKeyUpdateIsAnswered() throws {
    for round in 0..<2 {
      let serverAsks = round == 0
      let pair = try pair(client: serverAsks ? .direct : .openssl, server: serverAsks ? .openssl : .direct)
      for _ in 0..<5 {
        let asked = serverAsks ? pair.server.askForNewKey() : pair.client.askForNewKey()
        #expect(asked)
        #expect(pair.write(bytes(100), client: !serverAsks).status == .ok)
        #expect(pair.read(client: serverAsks).plain == bytes(100))
        // The answer and what follows it under the new key.
        #expect(pair.write(bytes(200), client: serverAsks).status == .ok)
        let (plain, status) = pair.read(client: !serverAsks)
        #expect(plain == bytes(200) && status == .ok)
      }
    }
  }

  @Test func anOlderVersionStaysWithOpenSSL() throws {
    let certificates = try Self.certificates.get()
    let pair = TLSPair(
      try certificates.client(newest: .tls12, records: .direct), try #require(try Self.servers.get()[.direct]))
    #expect(pair.handshake() == .ok)
    let (version, isDirect, serverIsDirect) = (pair.version, pair.client.areRecordsDirect, pair.server.areRecordsDirect)
    #expect(version == "TLSv1.2" && !isDirect && !serverIsDirect)
    for fromClient in [true, false] {
      #expect(pair.write(bytes(20_000), client: fromClient).status == .ok)
      #expect(pair.read(client: !fromClient).plain == bytes(20_000))
    }
  }

  /// The stream in pieces of every size, down to single bytes: handshake, records and key updates.
  @Test(arguments: [1, 2, 3, 7, 100, 5_000])
  func recordsMayComeInPieces(piece: Int) throws {
    let certificates = try Self.certificates.get()
    let server = try #require(try Self.servers.get()[.direct])
    let pair = TLSPair(try certificates.client(records: .direct), server, recordsPerKey: 2)
    func deliver(toClient: Bool) -> [UInt8] {
      var plain: [UInt8] = []
      var rest = toClient ? pair.toClient : pair.toServer
      if toClient { pair.toClient = [] } else { pair.toServer = [] }
      repeat {
        let part = rest.prefix(piece)
        rest.removeFirst(part.count)
        if toClient { pair.toClient += part } else { pair.toServer += part }
        let (bytes, status) = pair.read(client: toClient)
        #expect(status == .ok)
        plain += bytes
      } while !rest.isEmpty
      return plain
    }
    for _ in 0..<4 {
      _ = deliver(toClient: true)
      _ = deliver(toClient: false)
    }
    let isEstablished = pair.client.isEstablished && pair.server.isEstablished
    #expect(isEstablished)
    for count in [10, 300, 17_000] {
      #expect(pair.write(bytes(count), client: false).status == .ok)
      #expect(pair.write(bytes(count + 1), client: false).status == .ok)
      #expect(deliver(toClient: true) == bytes(count) + bytes(count + 1))
    }
  }

  /// A flipped bit anywhere ends the session and yields nothing; OpenSSL at the other end is told so.
  @Test(arguments: 0..<222)
  func corruptedRecordsFail(position: Int) throws {
    let pair = try pair(client: .direct, server: .openssl)
    #expect(pair.write([UInt8](repeating: 65, count: 200), client: false).status == .ok)
    #expect(pair.toClient.count == 222)
    pair.toClient[position] ^= 1 << UInt8(position % 8)
    let (plain, status) = pair.read(client: true)
    // A longer length makes the session wait for bytes that never come.
    #expect(plain.isEmpty && (status == .failed || (status == .ok && (position == 3 || position == 4))))
    guard status == .failed else { return }
    #expect(pair.read(client: false).status == .failed)
    #expect(pair.read(client: true).status == .failed)
    #expect(pair.write([1], client: true).status == .failed)
  }

  /// A record that was seen already has another number than the next one.
  @Test func aRepeatedRecordFails() throws {
    let pair = try pair(client: .direct, server: .openssl)
    #expect(pair.write(bytes(50), client: false).status == .ok)
    pair.toClient += pair.toClient
    let (plain, status) = pair.read(client: true)
    #expect(plain == bytes(50) && status == .failed)
  }

  @Test(
    arguments: [
      [21, 3, 3, 0, 2, 1, 0],  // an alert in the clear
      [20, 3, 3, 0, 1, 1],  // a change of cipher after the handshake
      [23, 3, 3, 0x41, 0x01] + [UInt8](repeating: 0, count: 16_641),  // one byte too long
      [23, 3, 3, 0xff, 0xff],
      [23, 3, 3, 0, 16] + [UInt8](repeating: 0, count: 16),  // no room for a content type
      [23, 3, 3, 0, 0],
    ] as [[UInt8]])
  func malformedRecordsFail(_ record: [UInt8]) throws {
    let pair = try pair(client: .direct, server: .openssl)
    pair.toClient += record
    let (plain, status) = pair.read(client: true)
    #expect(plain.isEmpty && status == .failed)
    let told = pair.client.failureText
    #expect(told.hasPrefix("a record"))
    #expect(pair.read(client: false).status == .failed)
  }

  @Test(arguments: sides)
  func closeIsTold(client: TLSRecordLayer, server: TLSRecordLayer) throws {
    for fromClient in [true, false] {
      let pair = try pair(client: client, server: server)
      var out = [UInt8](repeating: 0, count: 256)
      let progress = out.withUnsafeMutableBytes {
        fromClient ? pair.client.close(outgoing: $0) : pair.server.close(outgoing: $0)
      }
      if fromClient { pair.toServer += out[..<progress.outgoing] } else { pair.toClient += out[..<progress.outgoing] }
      #expect(pair.read(client: !fromClient).status == .peerClosed)
    }
  }

  @Test func restartedSessionsConnectAgain() throws {
    let pair = try pair(client: .direct, server: .direct)
    for _ in 0..<3 {
      #expect(pair.write(bytes(77), client: true).status == .ok)
      #expect(pair.read(client: false).plain == bytes(77))
      #expect(pair.restart())
      pair.toServer = []
      pair.toClient = []
      #expect(pair.handshake() == .ok)
    }
  }

  /// Records too short to hold anything, given by a caller that has no memory for plaintext at all.
  @Test(arguments: 0...17)
  func shortRecordsNeedNoRoom(length: Int) throws {
    let pair = try pair(client: .direct, server: .openssl)
    let record: [UInt8] = [23, 3, 3, 0, UInt8(length)] + [UInt8](repeating: 9, count: length)
    var out = [UInt8](repeating: 0, count: 64)
    let progress = record.withUnsafeBytes { record in
      out.withUnsafeMutableBytes {
        pair.client.read(record, into: UnsafeMutableRawBufferPointer(start: nil, count: 0), outgoing: $0)
      }
    }
    #expect(progress.status == .failed && progress.plaintext == 0 && progress.outgoing > 0)
  }

  /// A caller with little room gets a record in parts.
  @Test func contentWaitsForRoom() throws {
    let pair = try pair(client: .direct, server: .openssl)
    #expect(pair.write(bytes(1_000), client: false).status == .ok)
    var plain: [UInt8] = []
    var input = pair.toClient
    for _ in 0..<40 {
      var room = [UInt8](repeating: 0, count: 30)
      var out = [UInt8](repeating: 0, count: 64)
      let progress = input.withUnsafeBytes { input in
        room.withUnsafeMutableBytes { room in
          out.withUnsafeMutableBytes { pair.client.read(input, into: room, outgoing: $0) }
        }
      }
      #expect(progress.status == .ok)
      input.removeFirst(progress.consumed)
      plain += room[..<progress.plaintext]
      let isPending = pair.client.hasPending
      #expect(isPending == (plain.count < 1_000))
      if !isPending { break }
    }
    #expect(plain == bytes(1_000))
  }

  @Test func tooSmallAnOutgoingWindowFailsCleanly() throws {
    let pair = try pair(client: .direct, server: .openssl)
    var out = [UInt8](repeating: 0, count: 50)
    let progress = bytes(400).withUnsafeBytes { bytes in
      out.withUnsafeMutableBytes { pair.client.write(bytes, outgoing: $0) }
    }
    #expect(progress.status == .failed && progress.outgoing == 0)
  }

  @Test(arguments: [1, 15, 300, 16_383, 16_384, 16_385, 32_768, 49_152])
  func sealedBytesIsEnough(count: Int) throws {
    let pair = try pair(client: .direct, server: .openssl, recordsPerKey: 1)
    for _ in 0..<2 {
      var out = [UInt8](repeating: 0, count: TLSSession.sealedBytes(count))
      let progress = bytes(count).withUnsafeBytes { bytes in
        out.withUnsafeMutableBytes { pair.client.write(bytes, outgoing: $0) }
      }
      #expect(progress.status == .ok && progress.plaintext == count)
      pair.toServer += out[..<progress.outgoing]
      #expect(pair.read(client: false).plain == bytes(count))
    }
  }

  /// Bytes of no meaning after a handshake: never a trap, never plaintext.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func noiseYieldsNothing(seed: UInt64) throws {
    let pair = try pair(client: .direct, server: .openssl)
    var random = SeededRandom(seed)
    for _ in 0..<40 {
      let length = Int(random.next() % 400)
      var noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if length > 5, random.next() % 2 == 0 {
        noise[0] = 23
        (noise[3], noise[4]) = (0, UInt8(truncatingIfNeeded: min(255, length - 5)))
      }
      pair.toClient += noise
      #expect(pair.read(client: true).plain.isEmpty)
    }
  }

  private static let ticket: [UInt8] = [4, 0, 0, 9] + [UInt8](repeating: 1, count: 9)
  private static let keyUpdate: [UInt8] = [24, 0, 0, 1, 0]

  /// Lets the server, which has the keys, send contents as no honest one would. Each record is a type and its content.
  private func send(_ records: [(UInt8, [UInt8])], to pair: TLSPair) {
    var out = [UInt8](repeating: 0, count: 17_000)
    for (type, content) in records {
      let count = content.withUnsafeBytes { content in
        out.withUnsafeMutableBytes { pair.server.seal(type: type, content, outgoing: $0) }
      }
      pair.toClient += out[..<count]
    }
  }

  @Test(
    arguments: [
      [(22, ticket)],
      [(22, ticket + ticket)],
      [(22, Array(ticket.prefix(2))), (22, Array(ticket.dropFirst(2)))],
      [(22, ticket + ticket.prefix(5)), (22, Array(ticket.dropFirst(5)))],
      Array(repeating: (23, []), count: 32) + [(23, [1])] + Array(repeating: (23, []), count: 32),
    ] as [[(UInt8, [UInt8])]])
  func legalContentsArePassedOver(_ records: [(UInt8, [UInt8])]) throws {
    let pair = try pair(client: .direct, server: .direct)
    send(records + [(23, [7, 8, 9])], to: pair)
    let (plain, status) = pair.read(client: true)
    #expect(plain.suffix(3) == [7, 8, 9] && status == .ok)
  }

  @Test(
    arguments: [
      [(20, [1])],  // a change of cipher, encrypted
      [(0, [])],  // no content type at all
      [(99, [1, 2])],
      [(21, [2])],  // half an alert
      [(21, [2, 40])],  // a fatal one
      [(21, [1, 90])],  // in TLS 1.3 every alert but two is fatal
      [(22, [])],
      [(22, [1, 0, 0, 0])],  // a client hello
      [(22, [13, 0, 0, 0])],  // a certificate request that nobody offered to answer
      [(22, [24, 0, 0, 2, 0, 0])],
      [(22, [24, 0, 0, 1, 2])],
      [(22, keyUpdate + ticket)],  // what follows a key update in its record has the wrong key
      [(22, [4, 0xff, 0xff, 0xff])],
      [(22, Array(ticket.prefix(4))), (23, [1])],  // data in the middle of a message
      Array(repeating: (23, []), count: 33),
    ] as [[(UInt8, [UInt8])]])
  func illegalContentsEndTheConnection(_ records: [(UInt8, [UInt8])]) throws {
    let pair = try pair(client: .direct, server: .direct)
    send(records + [(23, [7, 8, 9])], to: pair)
    let (plain, status) = pair.read(client: true)
    #expect(plain.isEmpty && status == .failed)
    // An alert is not answered, everything else is.
    let isAlert = records[0].0 == 21 && records[0].1.count == 2
    #expect(pair.read(client: false).status == (isAlert ? .ok : .failed))
  }

  @Test func aServerAcceptsNoTicket() throws {
    let pair = try pair(client: .direct, server: .direct)
    var out = [UInt8](repeating: 0, count: 100)
    let count = Self.ticket.withUnsafeBytes { ticket in
      out.withUnsafeMutableBytes { pair.client.seal(type: 22, ticket, outgoing: $0) }
    }
    pair.toServer += out[..<count]
    #expect(pair.read(client: false).status == .failed)
  }

  /// Neither malloc nor OpenSSL's pool is asked for anything once a connection stands.
  @Test func recordsDoNotAllocate() throws {
    let pair = try pair(client: .direct, server: .direct)
    let wire = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 64)
    let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: 17_000, alignment: 64)
    plain.initializeMemory(as: UInt8.self, repeating: 7)
    defer {
      wire.deallocate()
      plain.deallocate()
    }
    func exchange() -> Bool {
      let sealed = pair.client.write(UnsafeRawBufferPointer(rebasing: plain[..<300]), outgoing: wire)
      let opened = pair.server.read(
        UnsafeRawBufferPointer(rebasing: wire[..<sealed.outgoing]), into: plain, outgoing: wire)
      return opened.status == .ok && opened.plaintext == 300
    }
    #expect(exchange())
    let before = OpenSSLPool.now
    let mallocs = malloc_counter_value()
    var succeeded = true
    for _ in 0..<1_000 { succeeded = exchange() && succeeded }
    let mallocsAfter = malloc_counter_value()
    let after = OpenSSLPool.now
    #expect(succeeded && mallocsAfter == mallocs)
    #expect(after.requests == before.requests)
  }

  /// RFC 8448 section 3: the application traffic secrets of its trace and the keys that follow from them.
  @Test(arguments: [
    (
      "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643", "9f02283b6c9c07efc26bb9f2ac92e356",
      "cf782b88dd83549aadf1e984"
    ),
    (
      "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5", "17422dda596ed5d9acd890e3c63f5051",
      "5b78923dee08579033e523d9"
    ),
  ])
  func keysAreThoseOfThePublishedTrace(secret: String, key: String, iv: String) {
    func bytes(_ hex: String) -> [UInt8] {
      stride(from: 0, to: hex.count, by: 2).map { at in
        let start = hex.index(hex.startIndex, offsetBy: at)
        return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)!
      }
    }
    for (label, expected) in [("key", key), ("iv", iv)] {
      var out = [UInt8](repeating: 0, count: expected.count / 2)
      let result = apus_hkdf_expand_label(apus_sha256_digest(), bytes(secret), 32, label, &out, out.count)
      #expect(result == 0 && out == bytes(expected))
    }
  }
}
