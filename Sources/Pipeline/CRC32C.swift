// The checksum of everything that is read back from a disk.

import CShims

/// CRC-32C (Castagnoli; RFC 3720 appendix B.4).
package enum CRC32C {
  package static func of(_ bytes: [UInt8]) -> UInt32 { apus_crc32c(0, bytes, bytes.count) }
}
