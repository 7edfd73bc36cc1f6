// The key of a Binance account: signs request parameters. One thread.

public import Pipeline

/// HMAC-SHA256 (64 hexadecimal digits) or Ed25519 (88 characters of base64), by the kind of key the account has.
///
/// Rule: binance-spot-api-docs, web-socket-api.md, "SIGNED request security": all parameters but `signature`, sorted by
/// name, as `name=value` joined by `&`, raw UTF-8 (unlike REST, where values are percent-encoded first).
public enum BinanceSigner: ~Copyable {
  case hmac(HMACSHA256)
  case ed25519(Ed25519Key)

  /// Only an Ed25519 key may log a session on; with HMAC each request is signed.
  @_noLocks
  public func canLogOn() -> Bool {
    switch self {
    case .hmac: false
    case .ed25519: true
    }
  }

  /// Writes the signature's text.
  ///
  /// - Parameter text: at least `longestSignature` bytes.
  /// - Returns: how many bytes; 0 when OpenSSL failed, and nothing may be sent then.
  @_noLocks
  func sign(_ payload: UnsafeRawBufferPointer, into text: UnsafeMutableRawPointer) -> Int {
    switch self {
    case .hmac(let key): key.signHex(payload, into: text) ? hmacCount : 0
    case .ed25519(let key): key.signBase64(payload, into: text) ? ed25519Count : 0
    }
  }

  static var longestSignature: Int { 88 }
  /// 32 bytes in hexadecimal; 64 bytes in base64.
  private var hmacCount: Int { 64 }
  private var ed25519Count: Int { 88 }
}
