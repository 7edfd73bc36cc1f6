// The load's schedule, and WebSocket as it speaks it.

import Load
import Testing

@Suite struct LoadWireTests {
  @Test func messagesAreDueByTheScheduleAlone() {
    func dues(_ pace: LoadPace, gapsNs: [Int64]) -> [Int64] {
      var schedule = LoadSchedule(pace, startNs: 1_000)
      return gapsNs.map { gap in
        defer { schedule.advance(gapNs: gap) }
        return schedule.dueNs(gapNs: gap)
      }
    }
    #expect(dues(.constant(messagesPerSecond: 1_000), gapsNs: [0, 9, 9]) == [1_000, 1_001_000, 2_001_000])
    #expect(
      dues(.bursts(of: 2, messagesPerSecond: 1_000), gapsNs: [0, 9, 9, 9, 9])
        == [1_000, 1_000, 2_001_000, 2_001_000, 4_001_000])
    #expect(dues(.recorded(speed: 2), gapsNs: [0, 100, 300]) == [1_000, 1_050, 1_200])
  }

  /// RFC 6455, section 5.7: a masked "Hello"; and section 1.3: the answer to its key.
  @Test func framesAreThoseOfTheRFC() throws {
    let hello: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    for count in 0..<hello.count {
      var bytes = Array(hello[..<count])
      #expect(try WebSocketFrames.take(from: &bytes) == nil)
      #expect(bytes.count == count)
    }
    var bytes = hello + [0x89]
    let frame = try #require(try WebSocketFrames.take(from: &bytes))
    #expect(frame.kind == .text && frame.payload == Array("Hello".utf8))
    #expect(bytes == [0x89])
    #expect(WebSocketFrames.accept(key: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test(
    arguments: [
      [0x81, 0x05, 0x48],  // not masked
      [0x01, 0x85],  // a fragment
      [0x83, 0x85],  // a reserved kind
      [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0],  // a length below zero
      [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1],  // too long
    ] as [[UInt8]]) func whatNoClientMaySendIsAnError(frame: [UInt8])
  {
    var bytes = frame
    #expect(throws: LoadError.self) { _ = try WebSocketFrames.take(from: &bytes) }
  }
}
