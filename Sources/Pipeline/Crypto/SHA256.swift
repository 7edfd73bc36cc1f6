// SHA-256 (FIPS 180-4) of a whole run of bytes: fingerprints of configs, captures and models. Cold.

import CShims

public enum SHA256 {
  /// The 32 bytes of the digest.
  public static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    let result = apus_sha256(bytes.baseAddress, bytes.count, &digest)
    precondition(result == 0, "OpenSSL has SHA-256")
    return digest
  }

  /// The digest as 64 lower-case hexadecimal digits.
  public static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
    String(unsafeUninitializedCapacity: 64) { text in
      digest(bytes).withUnsafeBytes { writeHex($0, into: UnsafeMutableRawPointer(text.baseAddress!)) }
      return 64
    }
  }
}
