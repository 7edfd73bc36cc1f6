// The session header: what is written is read, and every part of it counts.

import Journal
import Market
import Testing

@Suite("Session header")
struct HeaderTests {
  @Test("every field survives encoding")
  func roundTrip() throws {
    var header = sessionHeader(configuration: String(repeating: "limits: {}  # ü\n", count: 500))
    header.captures.append(CaptureIdentity(name: "b.gz", digest: Digest.of("b")))
    header.stages[9] = "gateway.binance"
    header.account = [1, 2, 3]
    let bytes = SegmentFormat.encode(header, segment: 7)
    let decoded = try SegmentFormat.decode(bytes + [1, 2, 3], segment: 7)
    #expect(decoded.header == header)
    #expect(decoded.bytes == bytes.count && bytes.count & 7 == 0)
  }

  @Test("a header that is changed in any byte is refused")
  func everyByteCounts() throws {
    let bytes = SegmentFormat.encode(sessionHeader(), segment: 1)
    for i in bytes.indices {
      var changed = bytes
      changed[i] ^= 0x10
      #expect(throws: HeaderDefect.self) { _ = try SegmentFormat.decode(changed, segment: 1) }
    }
  }

  @Test("the configuration's digest is SHA-256 (FIPS 180-4, example of one block)")
  func digest() {
    #expect(
      Digest.text(Digest.of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(sessionHeader(configuration: "abc").configurationDigest == Digest.of("abc"))
  }

  @Test("segment names sort, and only they are taken for segments")
  func names() {
    #expect(SegmentFormat.fileName(1) == "journal-000001.apj")
    #expect(SegmentFormat.segment(of: "journal-000042.apj") == 42)
    #expect(SegmentFormat.segment(of: SegmentFormat.fileName(1_234_567)) == 1_234_567)
    for name in ["journal-42.apj", "journal-000042.apj.old", "boot-epoch", "journal--00001.apj", "journal-.apj"] {
      #expect(SegmentFormat.segment(of: name) == nil)
    }
  }
}
