// TLS 1.3 records without OpenSSL's record layer: what arrives is opened in one step, what leaves sealed in one. Owned by the
// session whose handshake it takes over.

import CShims
import Glibc

/// The record layer of an established TLS 1.3 connection with AES-GCM (RFC 8446 section 5), and what OpenSSL would do with the
/// messages that come after the handshake: session tickets are passed over, key updates obeyed and answered (section 4.6.3),
/// `close_notify` ends the connection, everything else is an error that the peer is told of (section 6.2).
///
/// OpenSSL's own record state knows nothing of what goes through here, so nothing goes back to it: a connection that has begun
/// with direct records ends with them. Nonces are counted beside the keys (openssl_records.c), and are out of reach here.
struct DirectRecords: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  /// What stands in a record's header or behind its content (RFC 8446 appendix B.1, B.2).
  private enum Content {
    static var alert: UInt8 { 21 }
    static var handshake: UInt8 { 22 }
    static var applicationData: UInt8 { 23 }
  }

  private enum Alert {
    static var closeNotify: UInt8 { 0 }
    static var unexpectedMessage: UInt8 { 10 }
    static var badRecordMac: UInt8 { 20 }
    static var recordOverflow: UInt8 { 22 }
    static var illegalParameter: UInt8 { 47 }
    static var decodeError: UInt8 { 50 }
    static var internalError: UInt8 { 80 }
  }

  private enum Message {
    static var newSessionTicket: UInt8 { 4 }
    static var keyUpdate: UInt8 { 24 }
  }

  /// A record that was taken out of the stream, or how far its taking came.
  struct Taken {
    /// Whole, header included; valid until the next one is taken.
    var record: UnsafeRawBufferPointer?
    var consumed = 0
    var isTooLong = false
  }

  private static var headerBytes: Int { 5 }
  private static var tagBytes: Int { 16 }
  /// What a record adds to its content: header, content type, tag.
  private static var overheadBytes: Int { headerBytes + 1 + tagBytes }
  private static var largestContent: Int { 16_384 }
  /// Section 5.2: content, its type, padding and tag.
  private static var largestCiphertext: Int { largestContent + 256 }
  /// Of a handshake in TLS 1.2, which OpenSSL reads (RFC 5246 section 6.2.3).
  private static var largestRecord: Int { largestContent + 2_048 }
  /// Records without content in a row: OpenSSL's own bound.
  private static var emptyRecordsInARow: Int { 32 }

  /// Nil where nobody asked for direct records; then nothing else is here either.
  let handle: OpaquePointer?
  private let isServer: Bool
  /// After so many records under one key the next one begins (section 5.5 allows 2^24.5 for AES-GCM).
  private let recordsPerKey: UInt64
  /// A record of which a part has come.
  private let staging: UnsafeMutableRawBufferPointer
  private var stagedCount = 0
  /// Content for which the caller had no room.
  private let spare: UnsafeMutableRawBufferPointer
  private var spareStart = 0
  private var spareCount = 0
  /// Handshake messages of which a part has come.
  private let messages: UnsafeMutableRawBufferPointer
  private var messageCount = 0
  private var emptyRecords = 0
  private(set) var isActive = false
  /// The handshake came to something that this is not made for.
  private(set) var isDeclined = false
  private var isDead = false
  private(set) var failure: StaticString = ""

  init(_ layer: TLSRecordLayer, isServer: Bool, recordsPerKey: UInt64) {
    self.isServer = isServer
    self.recordsPerKey = recordsPerKey
    let isWanted = layer == .direct
    handle = isWanted ? apus_records_new()! : nil  // fails only without memory
    staging = .allocate(byteCount: isWanted ? Self.headerBytes + Self.largestRecord : 0, alignment: 64)
    spare = .allocate(byteCount: isWanted ? Self.largestCiphertext : 0, alignment: 64)
    messages = .allocate(byteCount: isWanted ? Self.largestContent : 0, alignment: 64)
  }

  deinit {
    if let handle { apus_records_free(handle) }
    staging.deallocate()
    spare.deallocate()
    messages.deallocate()
  }

  var hasPending: Bool { spareCount > 0 }

  /// Whether a handshake is to end in direct records, as far as is known yet.
  var isPossible: Bool { !isDeclined && handle != nil }

  /// Whether the secrets are in memory that is never swapped; true without any.
  var areSecretsLocked: Bool { handle == nil || apus_records_are_locked(handle) != 0 }

  /// Forgets the connection.
  mutating func restart() {
    guard handle != nil else { return }
    apus_records_reset(handle)
    (stagedCount, spareCount, messageCount, emptyRecords) = (0, 0, 0, 0)
    (isActive, isDeclined, isDead) = (false, false, false)
    failure = ""
  }

  /// Takes over, now that the handshake is done; false when the keys could not be made.
  mutating func begin(_ session: OpaquePointer) -> Bool {
    let result = apus_tls_begin_records(session, handle)
    isActive = result == 0
    isDeclined = result == -ENOTSUP
    if isDeclined { apus_records_reset(handle) }
    if !isActive && !isDeclined { failure = "no keys came of the handshake" }
    return isActive || isDeclined
  }

  /// Takes at most one whole record off the stream; a part of one is kept until the rest has come.
  mutating func take(_ window: UnsafeRawBufferPointer) -> Taken {
    var taken = Taken()
    if stagedCount == 0, window.count >= Self.headerBytes {
      let total = Self.headerBytes &+ Self.length(window)
      if total > staging.count { return tooLong() }
      if window.count >= total {
        return Taken(record: UnsafeRawBufferPointer(rebasing: window[..<total]), consumed: total)
      }
    }
    stage(window, upTo: Self.headerBytes, &taken)
    guard stagedCount >= Self.headerBytes else { return taken }
    let total = Self.headerBytes &+ Self.length(UnsafeRawBufferPointer(staging))
    if total > staging.count { return tooLong() }
    stage(window, upTo: total, &taken)
    guard stagedCount == total else { return taken }
    stagedCount = 0
    taken.record = UnsafeRawBufferPointer(rebasing: staging[..<total])
    return taken
  }

  private mutating func tooLong() -> Taken {
    failure = "a record beyond every bound"
    return Taken(isTooLong: true)
  }

  private static func length(_ header: UnsafeRawBufferPointer) -> Int { Int(header[3]) << 8 | Int(header[4]) }

  private mutating func stage(_ window: UnsafeRawBufferPointer, upTo total: Int, _ taken: inout Taken) {
    let count = Swift.min(total &- stagedCount, window.count &- taken.consumed)
    guard count > 0, let source = window.baseAddress, let target = staging.baseAddress else { return }
    target.advanced(by: stagedCount).copyMemory(from: source + taken.consumed, byteCount: count)
    stagedCount &+= count
    taken.consumed &+= count
  }

  /// Opens at most one record; see `TLSSession.read`.
  mutating func read(
    _ ciphertext: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer,
    outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    if spareCount > 0 { return handOut(into: plaintext, consumed: 0) }
    if isDead { return TLSProgress(status: .failed) }
    let taken = take(ciphertext)
    if taken.isTooLong { return fail(Alert.recordOverflow, failure, 0, outgoing) }
    guard let record = taken.record else { return TLSProgress(status: .ok, consumed: taken.consumed) }
    guard record[0] == Content.applicationData else {
      return fail(Alert.unexpectedMessage, "a record that is not encrypted", taken.consumed, outgoing)
    }
    // From here on there is something to open, and so room for it is memory with an address.
    guard record.count >= Self.overheadBytes else {
      return fail(Alert.decodeError, "a record without room for a content type", taken.consumed, outgoing)
    }
    guard record.count &- Self.headerBytes <= Self.largestCiphertext else {
      return fail(Alert.recordOverflow, "a record beyond its bound", taken.consumed, outgoing)
    }
    return open(record, taken.consumed, into: plaintext, outgoing: outgoing)
  }

  private mutating func open(
    _ record: UnsafeRawBufferPointer, _ consumed: Int, into plaintext: UnsafeMutableRawBufferPointer,
    outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    // What is opened has a content type and padding behind it that the caller need not have room for.
    let fits = plaintext.count >= record.count &- Self.headerBytes &- Self.tagBytes
    let target = fits ? plaintext : spare
    var type: UInt8 = 0
    let count = apus_records_open(
      handle, record.baseAddress!.assumingMemoryBound(to: UInt8.self), record.count,
      target.baseAddress!.assumingMemoryBound(to: UInt8.self), &type)
    if count == -Int(EPROTO) {
      return fail(Alert.unexpectedMessage, "a record without a content type", consumed, outgoing)
    }
    guard count >= 0 else { return fail(Alert.badRecordMac, "a record that was tampered with", consumed, outgoing) }
    guard count <= Self.largestContent else {
      return fail(Alert.recordOverflow, "a record with too much content", consumed, outgoing)
    }
    guard messageCount == 0 || type == Content.handshake else {
      return fail(Alert.unexpectedMessage, "a record in the middle of a message", consumed, outgoing)
    }
    emptyRecords = count == 0 ? emptyRecords &+ 1 : 0
    guard emptyRecords <= Self.emptyRecordsInARow else {
      return fail(Alert.unexpectedMessage, "nothing but empty records", consumed, outgoing)
    }
    let content = UnsafeRawBufferPointer(rebasing: target[..<count])
    switch type {
    case Content.applicationData:
      if fits { return TLSProgress(status: .ok, consumed: consumed, plaintext: count) }
      (spareStart, spareCount) = (0, count)
      return handOut(into: plaintext, consumed: consumed)
    case Content.alert: return alerted(content, consumed, outgoing)
    case Content.handshake: return receive(content, consumed, outgoing)
    default: return fail(Alert.unexpectedMessage, "a record of unknown content", consumed, outgoing)
    }
  }

  private mutating func handOut(into plaintext: UnsafeMutableRawBufferPointer, consumed: Int) -> TLSProgress {
    let count = Swift.min(spareCount, plaintext.count)
    if count > 0, let target = plaintext.baseAddress, let source = spare.baseAddress {
      target.copyMemory(from: source + spareStart, byteCount: count)
    }
    spareStart &+= count
    spareCount &-= count
    return TLSProgress(status: .ok, consumed: consumed, plaintext: count)
  }

  private mutating func alerted(
    _ content: UnsafeRawBufferPointer, _ consumed: Int, _ outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    guard content.count == 2 else { return fail(Alert.decodeError, "a malformed alert", consumed, outgoing) }
    isDead = true
    if content[1] == Alert.closeNotify { return TLSProgress(status: .peerClosed, consumed: consumed) }
    failure = "the peer ended the connection with an alert"
    return TLSProgress(status: .failed, consumed: consumed)
  }

  // MARK: Messages after the handshake

  private mutating func receive(
    _ content: UnsafeRawBufferPointer, _ consumed: Int, _ outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    guard content.count > 0, content.count <= messages.count &- messageCount else {
      return fail(Alert.unexpectedMessage, "a handshake message that is empty or too long", consumed, outgoing)
    }
    messages.baseAddress!.advanced(by: messageCount).copyMemory(from: content.baseAddress!, byteCount: content.count)
    messageCount &+= content.count
    var progress = TLSProgress(status: .ok, consumed: consumed)
    while messageCount >= 4, progress.status == .ok {
      let length = Int(messages[1]) << 16 | Int(messages[2]) << 8 | Int(messages[3])
      guard length <= messages.count &- 4 else {
        return fail(Alert.unexpectedMessage, "a handshake message that is too long", consumed, outgoing)
      }
      guard messageCount >= 4 &+ length else { break }
      if messages[0] == Message.keyUpdate {
        progress = updateKeys(length, consumed, outgoing)
      } else if messages[0] != Message.newSessionTicket || isServer {
        return fail(Alert.unexpectedMessage, "a handshake message after the handshake", consumed, outgoing)
      }
      messageCount &-= 4 &+ length
      messages.baseAddress!.copyMemory(from: messages.baseAddress! + (4 &+ length), byteCount: messageCount)
    }
    return progress
  }

  /// A key update is the last message of its record, since what follows has the next key.
  private mutating func updateKeys(
    _ length: Int, _ consumed: Int, _ outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    guard length == 1, messageCount == 5, messages[4] <= 1 else {
      return fail(Alert.illegalParameter, "a malformed key update", consumed, outgoing)
    }
    guard apus_records_update(handle, 0) == 0 else {
      return fail(Alert.internalError, "no next key could be made", consumed, outgoing)
    }
    guard messages[4] == 1 else { return TLSProgress(status: .ok, consumed: consumed) }
    let written = sealKeyUpdate(outgoing)
    guard written > 0 else { return fail(Alert.internalError, "a key update was not answered", consumed, outgoing) }
    return TLSProgress(status: .ok, consumed: consumed, outgoing: written)
  }

  // MARK: Sealing

  /// Seals all of `plaintext`; see `TLSSession.write`.
  mutating func write(
    _ plaintext: UnsafeRawBufferPointer, outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    guard !isDead else { return TLSProgress(status: .failed) }
    var taken = 0
    var written = 0
    while taken < plaintext.count {
      if apus_records_sealed(handle) >= recordsPerKey {
        let count = sealKeyUpdate(UnsafeMutableRawBufferPointer(rebasing: outgoing[written...]))
        guard count > 0 else { return stop("a key update found no room") }
        written &+= count
      }
      let count = Swift.min(Self.largestContent, plaintext.count &- taken)
      let room = UnsafeMutableRawBufferPointer(rebasing: outgoing[written...])
      let record = seal(
        Content.applicationData, UnsafeRawBufferPointer(rebasing: plaintext[taken..<(taken &+ count)]), room)
      guard record > 0 else { return stop("a record found no room, or was not sealed") }
      written &+= record
      taken &+= count
    }
    return TLSProgress(status: .ok, plaintext: taken, outgoing: written)
  }

  /// Writes close_notify.
  mutating func close(outgoing: UnsafeMutableRawBufferPointer) -> TLSProgress {
    guard !isDead else { return TLSProgress(status: .ok) }
    isDead = true
    return TLSProgress(status: .ok, outgoing: sealAlert(level: 1, Alert.closeNotify, outgoing))
  }

  private mutating func stop(_ why: StaticString) -> TLSProgress {
    isDead = true
    failure = why
    return TLSProgress(status: .failed)
  }

  /// Ends the connection, and tells the peer why.
  private mutating func fail(
    _ alert: UInt8, _ why: StaticString, _ consumed: Int, _ outgoing: UnsafeMutableRawBufferPointer
  ) -> TLSProgress {
    isDead = true
    failure = why
    return TLSProgress(status: .failed, consumed: consumed, outgoing: sealAlert(level: 2, alert, outgoing))
  }

  private func sealAlert(level: UInt8, _ alert: UInt8, _ outgoing: UnsafeMutableRawBufferPointer) -> Int {
    guard outgoing.count >= 2 &+ Self.overheadBytes else { return 0 }
    outgoing[Self.headerBytes] = level
    outgoing[Self.headerBytes &+ 1] = alert
    return Swift.max(0, sealInPlace(Content.alert, 2, outgoing))
  }

  /// Tells the peer that the next record has the next key, and goes on to it. 0 when there was no room.
  private func sealKeyUpdate(_ outgoing: UnsafeMutableRawBufferPointer) -> Int {
    guard outgoing.count >= 5 &+ Self.overheadBytes else { return 0 }
    outgoing[Self.headerBytes] = Message.keyUpdate
    outgoing[Self.headerBytes &+ 1] = 0
    outgoing[Self.headerBytes &+ 2] = 0
    outgoing[Self.headerBytes &+ 3] = 1
    outgoing[Self.headerBytes &+ 4] = 0
    let count = sealInPlace(Content.handshake, 5, outgoing)
    guard count > 0, apus_records_update(handle, 1) == 0 else { return 0 }
    return count
  }

  /// Seals content that stands behind the place of its header.
  private func sealInPlace(_ type: UInt8, _ count: Int, _ outgoing: UnsafeMutableRawBufferPointer) -> Int {
    let content = UnsafeRawBufferPointer(rebasing: outgoing[Self.headerBytes..<(Self.headerBytes &+ count)])
    return seal(type, content, outgoing)
  }

  /// - Returns: the record's length; 0 without room, negative when it could not be sealed.
  func seal(_ type: UInt8, _ content: UnsafeRawBufferPointer, _ outgoing: UnsafeMutableRawBufferPointer) -> Int {
    guard outgoing.count >= content.count &+ Self.overheadBytes, let target = outgoing.baseAddress else { return 0 }
    return apus_records_seal(
      handle, type, content.baseAddress, content.count, target.assumingMemoryBound(to: UInt8.self))
  }
}
