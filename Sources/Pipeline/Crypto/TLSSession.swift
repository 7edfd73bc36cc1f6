// One TLS session without a socket: ciphertext and plaintext pass through the caller's memory.

import CShims

/// How a TLS session stands after a call.
public enum TLSStatus: Int32, BitwiseCopyable, Sendable {
  case ok = 0
  /// The peer said close_notify: no more plaintext will come.
  case peerClosed = 1
  /// The peer broke the protocol, or no version or cipher is common.
  case failed = 2
  /// `certificateProblem` tells why. Clients only.
  case certificateRejected = 3
}

/// What one call took and gave.
public struct TLSProgress: BitwiseCopyable, Sendable {
  public var status: TLSStatus
  /// Bytes taken from the ciphertext; the rest must be offered again.
  public var consumed: Int = 0
  /// Bytes of plaintext written (`read`) or taken (`write`).
  public var plaintext: Int = 0
  /// Bytes of ciphertext to send, written to `outgoing`: handshake messages, sealed records, alerts.
  public var outgoing: Int = 0
}

/// Why a server's certificate was rejected, in the groups that have different cures.
public enum CertificateProblem: UInt8, BitwiseCopyable, Sendable {
  case none = 0
  /// No chain to a trusted authority.
  case untrusted = 1
  case expired = 2
  case notYetValid = 3
  /// The certificate is for another name or address.
  case wrongHost = 4
  /// Any other reason (`TLSSession.certificateText`).
  case other = 5

  /// From the X509_V_ERR_ codes of OpenSSL's x509_vfy.h.
  @_noLocks
  init(verifyCode: Int) {
    switch verifyCode {
    case 0: self = .none
    case 2, 18, 19, 20, 21, 24: self = .untrusted
    case 9: self = .notYetValid
    case 10: self = .expired
    case 62, 64: self = .wrongHost
    default: self = .other
    }
  }
}

/// A TLS session of a client or a server. Belongs to one thread at a time; holds no plaintext or ciphertext of its own
/// apart from OpenSSL's record buffers.
public struct TLSSession: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  let handle: OpaquePointer
  let context: TLSContext
  /// What seals and opens once the handshake is done, where the context asks for it.
  private var records: DirectRecords

  /// Room that `outgoing` must offer to `read` and `close`: a whole flight of handshake messages with a long chain.
  public static var flightBytes: Int { 32 * 1024 }

  /// - Parameter hostName: of a client: the name or IP address that the server's certificate must carry.
  public init(_ context: TLSContext, hostName: String? = nil) {
    self.init(context, hostName: hostName, recordsPerKey: 1 << 24)
  }

  /// - Parameter recordsPerKey: after so many sealed records direct records go on to their next key. RFC 8446 section 5.5
  ///   allows AES-GCM 2^24.5.
  package init(_ context: TLSContext, hostName: String? = nil, recordsPerKey: UInt64) {
    precondition(context.isServer == (hostName == nil), "a client session needs the host's name, a server's has none")
    precondition(hostName != "", "without a name OpenSSL would accept every name")
    self.context = context
    // Fails only without memory, or when the name is longer than any DNS name.
    handle = apus_tls_new(context.handle, hostName)!
    records = DirectRecords(context.records, isServer: context.isServer, recordsPerKey: recordsPerKey)
    if records.handle != nil { apus_tls_share_secrets(handle, records.handle) }
  }

  deinit { apus_tls_free(handle) }

  /// Forgets the connection; the next `read` begins a new handshake.
  ///
  /// - Returns: false when there was no memory.
  @_noLocks
  public mutating func restart() -> Bool {
    records.restart()
    return apus_tls_restart(handle) == 0
  }

  /// Takes ciphertext from the peer, and goes on with the handshake or opens at most one record.
  ///
  /// A client begins the handshake by reading nothing. Call again while `consumed` is not everything, or `hasPending`.
  /// - Parameters:
  ///   - plaintext: room for a whole record (16 KiB) avoids a second call for its rest.
  ///   - outgoing: at least `flightBytes`.
  @_noLocks
  public mutating func read(
    _ ciphertext: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer,
    outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    if !records.isPossible { return readByOpenSSL(ciphertext, into: plaintext, outgoing: outgoing) }
    if records.isActive { return records.read(ciphertext, into: plaintext, outgoing: outgoing) }
    return shakeHands(ciphertext, into: plaintext, outgoing: outgoing)
  }

  /// A handshake by OpenSSL that is given one whole record at a time: what follows its last one is not OpenSSL's to read.
  private mutating func shakeHands(
    _ ciphertext: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer,
    outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    var record = ciphertext
    var consumed = 0
    if !ciphertext.isEmpty {
      let taken = records.take(ciphertext)
      if taken.isTooLong { return TLSProgress(status: .failed) }
      guard let whole = taken.record else { return TLSProgress(status: .ok, consumed: taken.consumed) }
      (record, consumed) = (whole, taken.consumed)
    }
    var progress = readByOpenSSL(record, into: plaintext, outgoing: outgoing)
    progress.consumed = consumed
    if progress.status == .ok, isEstablished, !records.begin(handle) { progress.status = .failed }
    return progress
  }

  private func readByOpenSSL(
    _ ciphertext: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer,
    outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    TLSProgress(
      apus_tls_read(
        handle, ciphertext.baseAddress, ciphertext.count, plaintext.baseAddress, plaintext.count, outgoing.baseAddress,
        outgoing.count))
  }

  /// Room in `outgoing` that `write` needs for that much plaintext: RFC 8446 section 5.2 allows 256 bytes of expansion
  /// for a record, and one more record may carry the answer to a key update.
  @_noLocks
  public static func sealedBytes(_ plaintextCount: Int) -> Int {
    plaintextCount &+ (plaintextCount / 16384 &+ 2) &* (256 &+ 5)
  }

  /// Seals all of `plaintext`; only on an established session, with `sealedBytes` of room.
  @_noLocks
  public mutating func write(
    _ plaintext: UnsafeRawBufferPointer, outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    if areRecordsDirect { return records.write(plaintext, outgoing: outgoing) }
    return TLSProgress(
      apus_tls_write(handle, plaintext.baseAddress, plaintext.count, outgoing.baseAddress, outgoing.count))
  }

  /// Lets the next `write` ask the peer for a new key; with OpenSSL's records only. For tests of the other end.
  package mutating func askForNewKey() -> Bool { apus_tls_ask_for_new_key(handle) == 0 }

  /// Seals content of any type, as only a hostile peer would; with direct records only. For tests of the other end.
  ///
  /// - Returns: the record's length.
  package func seal(
    type: UInt8, _ content: UnsafeRawBufferPointer, outgoing: UnsafeMutableRawBufferPointer
  ) -> Int { records.seal(type, content, outgoing) }

  /// Writes close_notify.
  @_noLocks
  public mutating func close(outgoing: UnsafeMutableRawBufferPointer) -> TLSProgress {
    if areRecordsDirect { return records.close(outgoing: outgoing) }
    return TLSProgress(apus_tls_shutdown(handle, outgoing.baseAddress, outgoing.count))
  }

  /// The handshake is done: plaintext may be written.
  public var isEstablished: Bool {
    @_noLocks get { apus_tls_is_established(handle) != 0 }
  }

  /// Plaintext waits inside: `read` again, with no new ciphertext.
  public var hasPending: Bool {
    @_noLocks get { areRecordsDirect ? records.hasPending : apus_tls_has_pending(handle) != 0 }
  }

  /// Whether this connection's records are sealed and opened directly: asked for, TLS 1.3 and AES-GCM.
  public var areRecordsDirect: Bool {
    @_noLocks get { records.isActive }
  }

  /// Whether the secrets of direct records are in memory that is never swapped; true without any. Cold.
  public var areSecretsLocked: Bool { records.areSecretsLocked }

  public var certificateProblem: CertificateProblem {
    @_noLocks get { CertificateProblem(verifyCode: apus_tls_verify_code(handle)) }
  }

  /// OpenSSL's own words on the certificate. Cold.
  public var certificateText: String { String(cString: apus_tls_verify_text(apus_tls_verify_code(handle))) }
  /// Why `status` was `.failed`. Cold.
  public var failureText: String {
    let direct = records.failure.description
    return direct.isEmpty ? String(cString: apus_tls_error_text(handle)) : direct
  }
  /// "TLSv1.3" and the like. Cold.
  public var version: String { String(cString: apus_tls_version(handle)) }
  public var cipher: String { String(cString: apus_tls_cipher(handle)) }
}

extension TLSProgress {
  @_noLocks
  init(_ progress: apus_tls_progress) {
    status = TLSStatus(rawValue: progress.status) ?? .failed
    consumed = Int(truncatingIfNeeded: progress.consumed)
    plaintext = Int(truncatingIfNeeded: progress.plaintext)
    outgoing = Int(truncatingIfNeeded: progress.outgoing)
  }
}

/// What the memory pool behind OpenSSL did (see openssl_pool.c): read on the thread that one asks about.
public struct OpenSSLPool: Sendable {
  /// Allocations that OpenSSL asked for on this thread.
  public let requests: UInt64
  /// Those of them that the pool could not serve: they went to malloc.
  public let misses: UInt64
  /// High-water mark of the arena, all threads.
  public let usedBytes: Int
  public let capacityBytes: Int

  public static var now: OpenSSLPool {
    let stats = apus_openssl_pool_stats()
    return OpenSSLPool(
      requests: stats.thread_requests, misses: stats.thread_misses, usedBytes: Int(stats.used_bytes),
      capacityBytes: Int(stats.capacity_bytes))
  }
}
