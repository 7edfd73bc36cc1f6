// Ed25519 keys (RFC 8032): the private key that signs a venue's logon, the public key that a local venue checks it with.

import CShims

/// A private key. One thread at a time; erased with it.
public struct Ed25519Key: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  let handle: OpaquePointer

  public static var byteCount: Int { 64 }
  /// A signature in base64, padding included.
  public static var base64Count: Int { 88 }

  private init(_ handle: OpaquePointer) { self.handle = handle }

  /// From a PKCS#8 PEM text without password; nil when it is not an Ed25519 key.
  public init?(pem: String) {
    var bytes = Array(pem.utf8CString)
    defer { bytes.withUnsafeMutableBytes { apus_erase($0.baseAddress, $0.count) } }
    guard let handle = apus_ed25519_from_pem(bytes, bytes.count - 1, 1) else { return nil }
    self.handle = handle
  }

  /// From the 32 bytes of RFC 8032's private key; nil when there are not 32.
  public init?(seed: [UInt8]) {
    guard seed.count == 32, let handle = apus_ed25519_from_seed(seed) else { return nil }
    self.handle = handle
  }

  /// A new random key; nil only when OpenSSL fails.
  public static func generate() -> Ed25519Key? {
    guard let handle = apus_ed25519_generate() else { return nil }
    return Ed25519Key(handle)
  }

  deinit { apus_ed25519_free(handle) }

  /// Writes the 64 bytes of the signature, which the message and the key determine.
  ///
  /// - Returns: false when OpenSSL failed; nothing may be sent then.
  @_noLocks
  public func sign(_ message: UnsafeRawBufferPointer, into signature: UnsafeMutableRawPointer) -> Bool {
    apus_ed25519_sign(handle, message.baseAddress, message.count, signature.assumingMemoryBound(to: UInt8.self)) == 0
  }

  /// Writes the signature as 88 characters of base64.
  @_noLocks
  public func signBase64(_ message: UnsafeRawBufferPointer, into text: UnsafeMutableRawPointer) -> Bool {
    var signature: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    guard sign(message, into: &signature) else { return false }
    _ = withUnsafeBytes(of: signature) { Base64.encode($0, into: text) }
    return true
  }

  /// The key in PEM text (PKCS#8).
  public var pem: String { pemText(handle, isPrivate: true) }
  /// Its public key in PEM text (SubjectPublicKeyInfo).
  public var publicPEM: String { pemText(handle, isPrivate: false) }
}

/// A public key.
public struct Ed25519PublicKey: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  let handle: OpaquePointer

  /// From a SubjectPublicKeyInfo PEM text; nil when it is not an Ed25519 key.
  public init?(pem: String) {
    let bytes = Array(pem.utf8CString)
    guard let handle = apus_ed25519_from_pem(bytes, bytes.count - 1, 0) else { return nil }
    self.handle = handle
  }

  deinit { apus_ed25519_free(handle) }

  /// Whether the 64 bytes are the key's signature of the message.
  public func verify(_ message: UnsafeRawBufferPointer, signature: UnsafeRawBufferPointer) -> Bool {
    guard signature.count == Ed25519Key.byteCount, let start = signature.baseAddress else { return false }
    let bytes = start.assumingMemoryBound(to: UInt8.self)
    return apus_ed25519_verify(handle, message.baseAddress, message.count, bytes) == 1
  }
}

private func pemText(_ handle: OpaquePointer, isPrivate: Bool) -> String {
  var text = [CChar](repeating: 0, count: 512)  // a key of this kind takes 119 or 113
  defer { text.withUnsafeMutableBytes { apus_erase($0.baseAddress, $0.count) } }
  let count = apus_ed25519_pem(handle, isPrivate ? 1 : 0, &text, text.count)
  precondition(count > 0, "an Ed25519 key always has a PEM form")
  return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
