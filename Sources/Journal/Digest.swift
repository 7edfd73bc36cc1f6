// SHA-256 of configurations and captures: the identity of a session's inputs.

import CShims

/// SHA-256 (FIPS 180-4).
public enum Digest {
  public static func of(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    return [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
      apus_sha256(bytes, bytes.count, digest.baseAddress)
      count = 32
    }
  }

  public static func of(_ text: String) -> [UInt8] { of(text.utf8) }

  /// Of a file's bytes as they are (a compressed capture is not expanded).
  public static func of(file path: String) throws(FileError) -> [UInt8] { of(try File.openForReading(path).readAll()) }

  /// Lower-case hexadecimal.
  public static func text(_ digest: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
