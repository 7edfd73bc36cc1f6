// What all TLS sessions of one kind share: the trusted authorities of a client, the certificate of a server. Cold.

import CShims

/// The newest TLS version that a context offers; the oldest is always 1.2.
public enum TLSVersion: Int32, Sendable {
  case tls12 = 12
  case tls13 = 13
}

/// Who seals and opens the records of an established connection.
public enum TLSRecordLayer: Sendable, CaseIterable {
  case openssl
  /// `DirectRecords`, where TLS 1.3 with AES-GCM was agreed on; OpenSSL elsewhere. A handshake is OpenSSL's in any case.
  case direct
}

/// A file that OpenSSL does not accept, and why.
public struct TLSError: Error, CustomStringConvertible {
  public let description: String
}

/// The settings of TLS sessions: version 1.2 or 1.3, AES-GCM preferred, no compression, renegotiation or resumption.
///
/// A client always verifies the server's certificate and its name; there is no switch to turn that off.
/// Made once at start; sessions of any thread may share it.
public final class TLSContext: @unchecked Sendable {  // Safe: never changed after init; OpenSSL counts its references.
  let handle: OpaquePointer
  let isServer: Bool
  let records: TLSRecordLayer

  private init(_ handle: OpaquePointer, isServer: Bool, _ records: TLSRecordLayer) {
    self.handle = handle
    self.isServer = isServer
    self.records = records
    _ = apus_openssl_pool_prefault()  // an optimisation only: without it the first connections fault pages in
  }

  deinit { apus_tls_context_free(handle) }

  /// - Parameter trustFile: PEM file of the trusted authorities; nil means the system's store.
  public static func client(
    trustFile: String? = nil, newest: TLSVersion = .tls13, records: TLSRecordLayer = .openssl
  ) throws(TLSError) -> TLSContext {
    try make(isServer: false, records) { isDirect, error in
      guard let trustFile else { return apus_tls_client_context(nil, newest.rawValue, isDirect, error) }
      return apus_tls_client_context(trustFile, newest.rawValue, isDirect, error)
    }
  }

  /// - Parameters:
  ///   - certificateFile: PEM file of the server's certificate and, behind it, its chain.
  ///   - keyFile: PEM file of its private key.
  public static func server(
    certificateFile: String, keyFile: String, newest: TLSVersion = .tls13, records: TLSRecordLayer = .openssl
  ) throws(TLSError) -> TLSContext {
    try make(isServer: true, records) {
      apus_tls_server_context(certificateFile, keyFile, newest.rawValue, $0, $1)
    }
  }

  private static func make(
    isServer: Bool, _ records: TLSRecordLayer, _ create: (Int32, UnsafeMutablePointer<CChar>) -> OpaquePointer?
  ) throws(TLSError) -> TLSContext {
    var reason = [CChar](repeating: 0, count: 256)
    let handle = reason.withUnsafeMutableBufferPointer { create(records == .direct ? 1 : 0, $0.baseAddress!) }
    guard let handle else {
      let text = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw TLSError(description: String(decoding: text, as: UTF8.self))
    }
    return TLSContext(handle, isServer: isServer, records)
  }
}
