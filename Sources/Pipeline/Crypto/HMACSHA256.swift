// HMAC-SHA256 with a fixed key: request signatures of venues that sign with a shared secret.

import CShims

/// A keyed signer (RFC 2104 with SHA-256). One thread at a time; the key is erased with it.
public struct HMACSHA256: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  let handle: OpaquePointer

  public static var byteCount: Int { 32 }
  public static var hexCount: Int { 64 }

  /// - Returns: nil only when OpenSSL has no memory.
  public init?(key: [UInt8]) {
    guard let handle = apus_hmac_new(key, key.count) else { return nil }
    self.handle = handle
  }

  /// The secret as text, the way venues hand it out.
  public init?(secret: String) {
    var bytes = Array(secret.utf8)
    defer { bytes.withUnsafeMutableBytes { apus_erase($0.baseAddress, $0.count) } }
    guard let handle = apus_hmac_new(bytes, bytes.count) else { return nil }
    self.handle = handle
  }

  deinit { apus_hmac_free(handle) }

  /// Writes the 32 bytes of the signature.
  ///
  /// - Returns: false when OpenSSL failed; nothing may be sent then.
  @_noLocks
  public func sign(_ message: UnsafeRawBufferPointer, into signature: UnsafeMutableRawPointer) -> Bool {
    apus_hmac_sign(handle, message.baseAddress, message.count, signature.assumingMemoryBound(to: UInt8.self)) == 0
  }

  /// Writes the signature as 64 lower-case hexadecimal digits.
  @_noLocks
  public func signHex(_ message: UnsafeRawBufferPointer, into text: UnsafeMutableRawPointer) -> Bool {
    var digest: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    guard sign(message, into: &digest) else { return false }
    withUnsafeBytes(of: digest) { writeHex($0, into: text) }
    return true
  }
}
