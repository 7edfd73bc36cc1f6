// The WebSocket decoder against an independent reading of RFC 6455, its own examples, and mutations.

import Pipeline
import Testing
import Venues

/// What came out of a byte stream, as far as the protocol cares.
enum Outcome: Equatable {
  case message([UInt8])
  case ping([UInt8])
  case pong
  case close(UInt16)
  case violation(UInt16)
}

/// A second, slow implementation that sees the whole stream at once and works on arrays.
func referenceDecode(_ bytes: [UInt8], limit: Int) -> [Outcome] {
  var outcomes: [Outcome] = []
  var message: [UInt8]?
  var isText = false
  var rest = bytes[...]
  while rest.count >= 2 {
    let first = rest[rest.startIndex]
    let second = rest[rest.startIndex + 1]
    let opcode = first & 15
    guard first & 0x70 == 0, second < 128, [0, 1, 2, 8, 9, 10].contains(opcode) else {
      return outcomes + [.violation(1002)]
    }
    let isFinal = first >= 128
    if opcode >= 8, !isFinal || second > 125 { return outcomes + [.violation(1002)] }
    let lengthBytes = second == 126 ? 2 : second == 127 ? 8 : 0
    guard rest.count >= 2 + lengthBytes else { return outcomes }
    let length =
      lengthBytes == 0
      ? UInt64(second) : rest.dropFirst(2).prefix(lengthBytes).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if lengthBytes == 2 && length < 126 || lengthBytes == 8 && (length < 65536 || length >> 63 == 1) {
      return outcomes + [.violation(1002)]
    }
    if opcode < 8 {
      if (opcode == 0) == (message == nil) { return outcomes + [.violation(1002)] }
      if length > UInt64(limit - (message?.count ?? 0)) { return outcomes + [.violation(1009)] }
    }
    let body = rest.dropFirst(2 + lengthBytes)
    if opcode == 1 || opcode == 2 { isText = opcode == 1 }
    if opcode < 8 && isText && !canBecomeText((message ?? []) + body.prefix(Int(length))) {
      return outcomes + [.violation(1007)]
    }
    guard UInt64(body.count) >= length else { return outcomes }
    let payload = Array(body.prefix(Int(length)))
    rest = body.dropFirst(Int(length))
    switch opcode {
    case 9: outcomes.append(.ping(payload))
    case 10: outcomes.append(.pong)
    case 8: return outcomes + [referenceClose(payload)]
    default:
      message = (message ?? []) + payload
      guard isFinal else { continue }
      if isText && String(validating: message!, as: UTF8.self) == nil { return outcomes + [.violation(1007)] }
      outcomes.append(.message(message!))
      message = nil
    }
  }
  return outcomes
}

/// Whether the bytes are well-formed UTF-8, or some bytes behind them would make them so: tries.
private func canBecomeText(_ bytes: [UInt8]) -> Bool {
  if String(validating: bytes, as: UTF8.self) != nil { return true }
  let endings: [[UInt8]] = [0x80, 0x90, 0xa0].flatMap { [[$0], [$0, 0x80], [$0, 0x80, 0x80]] }
  return endings.contains { String(validating: bytes + $0, as: UTF8.self) != nil }
}

private func referenceClose(_ payload: [UInt8]) -> Outcome {
  if payload.isEmpty { return .close(1005) }
  guard payload.count >= 2 else { return .violation(1002) }
  let code = UInt16(payload[0]) * 256 + UInt16(payload[1])
  guard
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].contains(code) || code / 1000 == 3
      || code / 1000 == 4
  else { return .violation(1002) }
  return String(validating: payload[2...], as: UTF8.self) == nil ? .violation(1007) : .close(code)
}

/// What client and server agreed on.
enum Deflate { case none, withContext, eachAlone }

/// Feeds the stream in pieces of the given sizes, again and again.
func decode(_ bytes: [UInt8], limit: Int, pieces: [Int], deflate: Deflate = .none) -> [Outcome] {
  var buffer = AssemblyBuffer(maximumBytes: limit)
  var decoder = WebSocketDecoder(messageBytesLimit: limit, offersCompression: deflate != .none)
  if deflate != .none { decoder.beginInflating(forgetsContext: deflate == .eachAlone) }
  var outcomes: [Outcome] = []
  var offset = 0
  var turn = 0
  while true {
    switch decoder.next(&buffer) {
    case .needMore:
      if offset == bytes.count { return outcomes }
      let space = buffer.makeSpace()
      let count = min(pieces[turn % pieces.count], bytes.count - offset, space.count)
      space.copyBytes(from: bytes[offset..<(offset + count)])
      buffer.commit(count)
      offset += count
      turn += 1
    case .message: outcomes.append(.message(Array(decoder.payload)))
    case .ping: outcomes.append(.ping(Array(decoder.payload)))
    case .pong: outcomes.append(.pong)
    case .close: return outcomes + [.close(decoder.closeCode)]
    case .violation: return outcomes + [.violation(decoder.closeCode)]
    }
  }
}

/// A server's frame.
func frame(_ opcode: UInt8, _ payload: [UInt8], final isFinal: Bool = true) -> [UInt8] {
  let head = [(isFinal ? 0x80 : 0) | opcode]
  switch payload.count {
  case ..<126: return head + [UInt8(payload.count)] + payload
  case ..<65536: return head + [126, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
  default: return head + [127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) } + payload
  }
}

@Suite struct WebSocketDecoderTests {
  /// The unmasked examples of RFC 6455 section 5.7.
  @Test func examplesOfTheRFC() {
    #expect(
      decode([0x81, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f], limit: 100, pieces: [100]) == [.message(Array("Hello".utf8))])
    let fragmented: [UInt8] = [0x01, 3, 0x48, 0x65, 0x6c, 0x80, 2, 0x6c, 0x6f]
    #expect(decode(fragmented, limit: 100, pieces: [1]) == [.message(Array("Hello".utf8))])
    let ping: [UInt8] = [0x89, 5, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
    #expect(decode(ping, limit: 100, pieces: [3]) == [.ping(Array("Hello".utf8))])
    let binary256: [UInt8] = [0x82, 0x7e, 1, 0] + [UInt8](repeating: 7, count: 256)
    #expect(decode(binary256, limit: 300, pieces: [64]) == [.message([UInt8](repeating: 7, count: 256))])
    let binary64K: [UInt8] = [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 7, count: 65536)
    #expect(decode(binary64K, limit: 65536, pieces: [4096]) == [.message([UInt8](repeating: 7, count: 65536))])
  }

  /// The masked examples of section 5.7, written.
  @Test func writtenFramesMatchTheRFC() {
    func written(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
      var out = [UInt8](repeating: 0, count: payload.count + 14)
      let mask = UInt32(littleEndian: 0x3d21_fa37)  // the bytes 37 fa 21 3d
      let count = out.withUnsafeMutableBytes { out in
        payload.withUnsafeBytes { writeFrame(opcode: opcode, $0, mask: mask, into: out.baseAddress!) }
      }
      return Array(out[..<count])
    }
    #expect(written(1, Array("Hello".utf8)) == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    #expect(written(9, []) == [0x89, 0x80, 0x37, 0xfa, 0x21, 0x3d])
    for count in [125, 126, 65535, 65536] {
      let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      var bytes = written(2, payload)
      let headerCount = bytes.count - count
      for index in 0..<count { bytes[headerCount + index] ^= [0x37, 0xfa, 0x21, 0x3d][index % 4] }
      bytes[1] &= 0x7f
      bytes.removeSubrange((headerCount - 4)..<headerCount)
      #expect(bytes == frame(2, payload))
    }
  }

  @Test(
    arguments: [
      ([0xc1, 0], 1002, "a reserved bit"), ([0x83, 0], 1002, "a reserved opcode"),
      ([0x8b, 0], 1002, "a reserved control"),
      ([0x81, 0x80, 0, 0, 0, 0], 1002, "a mask from the server"), ([0x09, 0], 1002, "a fragmented ping"),
      ([0x89, 126, 0, 126], 1002, "a long ping"), ([0x80, 0], 1002, "a continuation of nothing"),
      ([0x01, 1, 65, 0x81, 1, 65], 1002, "a text within a text"), ([0x81, 126, 0, 125], 1002, "a length not minimal"),
      ([0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 1002, "a long length not minimal"),
      ([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002, "a length of 64 bits"),
      ([0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255], 1009, "a length of 63 bits"),
      ([0x81, 2, 0xc3, 0x28], 1007, "no UTF-8"), ([0x88, 1, 3], 1002, "half a code"),
      ([0x88, 2, 0x03, 0xed], 1002, "code 1005"), ([0x88, 2, 0x03, 0xe7], 1002, "code 999"),
      ([0x88, 3, 0x03, 0xe8, 0xff], 1007, "a reason that is no UTF-8"),
      ([0x01, 1, 65, 0x80, 100], 1009, "fragments above the limit"),
    ] as [([UInt8], UInt16, String)])
  func violationsHaveTheirCode(bytes: [UInt8], code: UInt16, what: String) {
    let padded = bytes + [UInt8](repeating: 65, count: 120)
    let outcomes = decode(what.contains("above") ? bytes : padded, limit: 100, pieces: [1])
    #expect(outcomes.last == .violation(code), "\(what)")
  }

  @Test func controlFramesBetweenFragments() {
    let stream =
      frame(1, Array("ab".utf8), final: false) + frame(9, [1, 2]) + frame(0, Array("cd".utf8), final: false)
      + frame(10, []) + frame(0, Array("ef".utf8)) + frame(8, [0x03, 0xe8])
    let expected: [Outcome] = [.ping([1, 2]), .pong, .message(Array("abcdef".utf8)), .close(1000)]
    for piece in 1...stream.count { #expect(decode(stream, limit: 100, pieces: [piece]) == expected) }
  }

  @Test func messageIsDeliveredInPlace() {
    var buffer = AssemblyBuffer(maximumBytes: 1000)
    var decoder = WebSocketDecoder(messageBytesLimit: 1000)
    let bytes = frame(1, Array("one".utf8)) + frame(1, Array("two".utf8))
    let space = buffer.makeSpace()
    space.copyBytes(from: bytes)
    buffer.commit(bytes.count)
    let first = decoder.next(&buffer)
    #expect(first == .message && decoder.payload.baseAddress == UnsafeRawPointer(space.baseAddress! + 2))
    let second = decoder.next(&buffer)
    #expect(second == .message && decoder.payload.baseAddress == UnsafeRawPointer(space.baseAddress! + 7))
  }

  @Test func largestMessageFitsHoweverItIsCut() {
    let limit = 1 << 20
    let payload = (0..<limit).map { UInt8(truncatingIfNeeded: $0 &* 131) & 0x7f }
    let half = limit / 2
    let stream =
      frame(1, [65]) + frame(2, Array(payload[..<half]), final: false) + frame(9, [9])
      + frame(0, Array(payload[half...])) + frame(1, [66])
    let outcomes = decode(stream, limit: limit, pieces: [16_384, 7, 1000])
    #expect(outcomes == [.message([65]), .ping([9]), .message(payload), .message([66])])
  }

  /// Streams of valid frames, then mutated: the decoder says what the reference says, however the bytes are cut.
  @Test func mutatedStreamsDecodeLikeTheReference() {
    #if DEBUG
      let rounds = 3000
    #else
      let rounds = 100_000
    #endif
    var generator = SeededGenerator(seed: 2026)
    var violations = 0
    for round in 0..<rounds {
      var stream: [UInt8] = []
      for _ in 0...(generator.next() % 6) { stream += randomFrame(&generator) }
      for _ in 0..<(generator.next() % 3) where !stream.isEmpty {
        let place = Int(generator.next() % UInt64(stream.count))
        switch generator.next() % 3 {
        case 0: stream[place] ^= 1 << UInt8(generator.next() % 8)
        case 1: stream.remove(at: place)
        default: stream.insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
        }
      }
      let pieces = (0..<3).map { _ in Int(generator.next() % 90) + 1 }
      let outcomes = decode(stream, limit: 600, pieces: pieces)
      if case .violation? = outcomes.last { violations += 1 }
      #expect(outcomes == referenceDecode(stream, limit: 600), "seed 2026, round \(round)")
    }
    #expect(violations > rounds / 20, "mutations that break nothing prove nothing")
  }

  private func randomFrame(_ generator: inout SeededGenerator) -> [UInt8] {
    let opcode = [0, 1, 2, 8, 9, 10][Int(generator.next() % 6)] as UInt8
    let count = opcode >= 8 ? generator.next() % 126 : generator.next() % 300
    var payload = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() % 128) }
    if opcode == 8 && payload.count >= 2 { payload.replaceSubrange(0..<2, with: [0x03, 0xe8]) }
    return frame(opcode, payload, final: opcode >= 8 || generator.next() % 3 != 0)
  }

  @Test func utf8MatchesTheStandardLibrary() {
    // Every sequence of up to two bytes, and every three and four byte lead with edge values behind it.
    let edges: [UInt8] = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
    var cases: [[UInt8]] = (0...255).map { [UInt8($0)] }
    for first in 0...255 { for second in edges { cases.append([UInt8(first), second]) } }
    for first in 0xe0...0xff {
      for second in edges { for third in edges { cases.append([UInt8(first), second, third]) } }
    }
    for first in 0xf0...0xff {
      for second in edges {
        for third in edges { for fourth in edges { cases.append([UInt8(first), second, third, fourth]) } }
      }
    }
    for bytes in cases {
      let padded = [UInt8](repeating: 65, count: 40) + bytes
      let isValid = String(validating: bytes, as: UTF8.self) != nil
      #expect(bytes.withUnsafeBytes { isValidUTF8($0) } == isValid, "\(bytes)")
      // Byte by byte, refused where nothing can be appended any more that would make it well-formed.
      var validator = UTF8Validator()
      let accepted = bytes.prefix { byte in withUnsafeBytes(of: byte) { validator.accept($0) } }.count
      let possible = bytes.indices.prefix { canBecomeText(Array(bytes[...$0])) }.count
      #expect(accepted == possible, "\(bytes)")
      #expect(padded.withUnsafeBytes { isValidUTF8($0) } == isValid, "\(bytes) behind ASCII")
    }
  }
}
