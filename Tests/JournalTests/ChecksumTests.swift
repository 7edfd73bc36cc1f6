// CRC-32C against the published answers.

import CShims
import Testing

@Suite("CRC-32C")
struct ChecksumTests {
  /// RFC 3720, appendix B.4 (the values are printed there byte by byte, least significant first).
  @Test("RFC 3720 B.4 vectors")
  func knownAnswers() {
    let cases: [(bytes: [UInt8], expected: UInt32)] = [
      ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
      ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
      ([UInt8](0..<32), 0x46dd_794e),
      ([UInt8]((0..<32).reversed()), 0x113f_db5c),
    ]
    for (bytes, expected) in cases { #expect(apus_crc32c(0, bytes, bytes.count) == expected) }
  }

  @Test("the iSCSI read command of RFC 3720 B.4")
  func command() {
    let bytes: [UInt8] =
      [0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0]
      + [0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0]
    #expect(apus_crc32c(0, bytes, bytes.count) == 0xd996_3a56)
  }

  @Test("split anywhere, the two parts continue to the same sum")
  func continuation() {
    let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let whole = apus_crc32c(0, bytes, bytes.count)
    for split in 0...bytes.count {
      let first = apus_crc32c(0, bytes, split)
      let second = bytes.withUnsafeBytes { apus_crc32c(first, $0.baseAddress! + split, bytes.count - split) }
      #expect(second == whole)
    }
  }
}
