// permessage-deflate: the examples of RFC 7692, negotiation, bounds, and that inflating never allocates.

import MallocCounter
import Pipeline
import Testing
import Venues

/// What a decoder that agreed on compression makes of the stream, cut into pieces.
private func inflate(
  _ bytes: [UInt8], limit: Int = 1000, forgets: Bool = false, piece: Int = .max
) -> [Outcome] {
  decode(bytes, limit: limit, pieces: [piece], deflate: forgets ? .eachAlone : .withContext)
}

/// A frame with RSV1.
private func compressed(_ opcode: UInt8, _ payload: [UInt8], final isFinal: Bool = true) -> [UInt8] {
  var bytes = frame(opcode, payload, final: isFinal)
  bytes[0] |= 0x40
  return bytes
}

private let hello = Outcome.message(Array("Hello".utf8))

@Suite struct DeflateTests {
  /// "Hello" in the forms of RFC 7692 sections 7.2.3.1 to 7.2.3.5, cut everywhere.
  @Test(
    arguments: [
      ("one block", [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], 1),
      ("two fragments", [0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00], 1),
      (
        "a window that is shared",
        [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00], 2
      ),
      ("no compression", [0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00], 1),
      ("a final block", [0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], 1),
      (
        "two blocks",
        [0xc1, 0x0d, 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00], 1
      ),
      (
        "a window that outlives a final block",
        [0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00], 2
      ),
    ] as [(String, [UInt8], Int)])
  func examplesOfTheRFC(name: String, bytes: [UInt8], messages: Int) {
    for piece in 1...bytes.count {
      #expect(inflate(bytes, piece: piece) == Array(repeating: hello, count: messages), "\(name) in \(piece)")
    }
  }

  @Test func emptyMessagesHaveAnEmptyBlockOrNothing() {
    let bytes = compressed(1, [0x00]) + compressed(2, []) + frame(1, []) + compressed(1, [0x00])
    #expect(inflate(bytes) == Array(repeating: .message([]), count: 4))
  }

  @Test func plainAndCompressedMessagesAlternate() {
    let bytes = [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00] + frame(1, Array("Hello".utf8))
    #expect(
      inflate(bytes + frame(9, []) + [0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00]) == [hello, hello, .ping([]), hello])
  }

  /// The second message refers to the first: refused where each has to stand alone.
  @Test func forgottenWindowsCannotBeReferredTo() {
    let bytes: [UInt8] = [
      0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00,
    ]
    #expect(inflate(bytes, forgets: true) == [hello, .violation(1002)])
  }

  @Test(
    arguments: [
      ([0xc9, 0], 1002, "a compressed ping"), ([0xc8, 0], 1002, "a compressed close"),
      ([0x41, 0x03, 0xf2, 0x48, 0xcd, 0xc0, 0x04, 0xc9, 0xc9, 0x07, 0x00], 1002, "RSV1 on a continuation"),
      ([0x01, 1, 65, 0xc0, 1, 0], 1002, "RSV1 on the continuation of a plain message"),
      ([0xa1, 0], 1002, "RSV2"), ([0xd1, 0], 1002, "RSV3"),
      ([0xc1, 1, 0x07], 1002, "a block of the reserved type"),
      ([0xc1, 4, 0xf2, 0x48, 0xcd, 0xc9], 1002, "a block without its end"),
      ([0xc1, 5, 0xf2, 0x00, 0x11, 0x00, 0x00], 1002, "a distance behind the beginning"),
      (
        [0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xfe, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00], 1002,
        "a length without its complement"
      ),
      ([0xc1, 0x0c, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0xff, 0x6c, 0x6f, 0x00, 0x00], 1007, "no UTF-8"),
      ([0xc1, 0x07, 0x00, 0x01, 0x00, 0xfe, 0xff, 0xc3, 0x00], 1007, "half a sequence"),
    ] as [([UInt8], UInt16, String)])
  func violationsHaveTheirCode(bytes: [UInt8], code: UInt16, what: String) {
    for piece in 1...bytes.count { #expect(inflate(bytes, piece: piece) == [.violation(code)], "\(what)") }
  }

  /// A byte that is no UTF-8, then a block that is no DEFLATE: whichever comes first is the reason, however it is cut.
  @Test func theFirstDefectIsTheReason() {
    let bytes: [UInt8] = [0xc1, 0x11, 0x6a, 0x00, 0x62]
    for piece in 1...bytes.count { #expect(inflate(bytes, piece: piece) == [.violation(1007)]) }
  }

  /// Section 7.2.1 leaves the last four bytes of a flush out: a peer that sends them has another idea of the next block.
  @Test func tailsThatAreSentAreRefused() {
    let bytes: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff]
    #expect(inflate(compressed(1, bytes)) == [.violation(1002)])
  }

  /// A run of one byte, 258 at a time (length code 285, distance 1, of the fixed Huffman codes): the deepest bomb.
  private func run(of count: Int) -> [UInt8] {
    var bits = BitWriter()
    bits.write(0b010, 3)  // not final, fixed codes; least significant bit first
    bits.writeCode(0x30 + 65, 8)
    for _ in 0..<((count - 1) / 258) {
      bits.writeCode(0b1100_0101, 8)  // 285
      bits.writeCode(0, 5)  // distance 1
    }
    for _ in 0..<((count - 1) % 258) { bits.writeCode(0x30 + 65, 8) }
    bits.writeCode(0, 7)  // end of block
    bits.write(0, 3)  // the flush: an empty stored block
    return bits.bytes
  }

  @Test(arguments: [1, 1000, 100_000])
  func messagesUpToTheLimitPassAndBombsDoNot(limit: Int) {
    let whole = run(of: limit)
    #expect(inflate(compressed(2, whole), limit: limit, piece: 100) == [.message([UInt8](repeating: 65, count: limit))])
    #expect(inflate(compressed(2, run(of: limit + 1)), limit: limit, piece: 100) == [.violation(1009)])
    #expect(inflate(compressed(2, run(of: 5_000_000)), limit: limit, piece: 100) == [.violation(1009)])
    // Fragments cannot get round it.
    let half = whole.count / 2
    let pieces =
      compressed(2, Array(whole[..<half]), final: false) + frame(0, whole[half...] + [0, 0, 0xff, 0xff], final: false)
    #expect(inflate(pieces + frame(0, run(of: 2)), limit: limit) == [.violation(1009)])
  }

  /// After the first connection's handshake nothing is allocated, however messages, resets and failures come.
  @Test func inflatingNeverAllocates() {
    var buffer = AssemblyBuffer(maximumBytes: 1 << 20)
    var decoder = WebSocketDecoder(messageBytesLimit: 1 << 20, offersCompression: true)
    let stream = compressed(1, run(of: 40_000)) + compressed(1, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00])
    let corrupt: [UInt8] = [0xc1, 1, 0x07]
    let before = malloc_counter_value()
    var messages = 0
    for round in 0..<100 {
      buffer.reset()
      decoder.reset()
      decoder.beginInflating(forgetsContext: round % 2 == 0)
      for turn in 0..<3 {
        let bytes = turn < 2 ? stream : corrupt
        bytes.withUnsafeBytes { buffer.makeSpace().copyMemory(from: $0) }
        buffer.commit(bytes.count)
        while decoder.next(&buffer) == .message { messages += 1 }
      }
    }
    let after = malloc_counter_value()
    #expect(messages == 400 && after == before)
  }
}

/// Bits in the order of DEFLATE (RFC 1951 section 3.1.1).
private struct BitWriter {
  var bytes: [UInt8] = []
  private var used = 0

  /// A number, least significant bit first.
  mutating func write(_ number: Int, _ count: Int) {
    for bit in 0..<count {
      if used % 8 == 0 { bytes.append(0) }
      if number >> bit & 1 == 1 { bytes[bytes.count - 1] |= 1 << UInt8(used % 8) }
      used += 1
    }
  }

  /// A Huffman code, most significant bit first.
  mutating func writeCode(_ code: Int, _ count: Int) {
    for bit in (0..<count).reversed() { write(code >> bit & 1, 1) }
  }
}
