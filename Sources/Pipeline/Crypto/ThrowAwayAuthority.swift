// A certificate authority that lives for one run: the local venue's certificate in the demo, and the tests'. Cold.

import CShims

/// Why a certificate or its file could not be made.
public struct AuthorityError: Error, CustomStringConvertible {
  public let description: String
}

/// An authority whose private key never leaves memory and is gone when the run ends.
///
///     let authority = try ThrowAwayAuthority()
///     try authority.writeCertificate(to: "ca.pem")
///     try authority.issue(names: ["DNS:localhost", "IP:127.0.0.1"], certificateFile: "server.pem", keyFile: "server.key")
public final class ThrowAwayAuthority: @unchecked Sendable {  // Safe: never changed after init.
  private let handle: OpaquePointer
  public static let daySeconds = 86_400

  public init(commonName: String = "apus throw-away authority") throws(AuthorityError) {
    guard let handle = apus_identity_new(nil, commonName, nil, -Self.daySeconds, 30 * Self.daySeconds) else {
      throw AuthorityError(description: "OpenSSL made no authority named \(commonName)")
    }
    self.handle = handle
  }

  deinit { apus_identity_free(handle) }

  /// Writes the authority's certificate: the trust file of clients.
  public func writeCertificate(to path: String) throws(AuthorityError) {
    try Self.check(apus_identity_write(handle, path, nil), path)
  }

  /// Makes a server's key and certificate (P-256, ECDSA with SHA-256).
  ///
  /// - Parameters:
  ///   - names: alternative names, each "DNS:name" or "IP:address".
  ///   - validFromSeconds, validUntilSeconds: counted from now.
  ///   - keyFile: readable by its owner only.
  public func issue(
    names: [String], validFromSeconds: Int = -ThrowAwayAuthority.daySeconds,
    validUntilSeconds: Int = 30 * ThrowAwayAuthority.daySeconds, certificateFile: String, keyFile: String
  ) throws(AuthorityError) {
    let alternatives = names.joined(separator: ",")
    let identity = apus_identity_new(handle, "apus", alternatives, validFromSeconds, validUntilSeconds)
    guard let identity else {
      throw AuthorityError(description: "OpenSSL made no certificate for \(alternatives)")
    }
    defer { apus_identity_free(identity) }
    try Self.check(apus_identity_write(identity, certificateFile, keyFile), certificateFile)
  }

  private static func check(_ result: Int32, _ path: String) throws(AuthorityError) {
    guard result != 0 else { return }
    throw AuthorityError(description: "\(path) or its key could not be written (errno \(-result))")
  }
}
