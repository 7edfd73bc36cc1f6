// One client of the load's venue: its socket, its TLS session, and bytes on their way in both directions.

import CShims
import Glibc
import Pipeline

/// Polled by the load's thread; nothing in it waits.
final class LoadConnection {
  /// What the client's first request made of it.
  enum Role {
    case requests
    case market
    case orders
  }

  var role = Role.requests
  /// Plaintext that is not consumed yet.
  var inbox: [UInt8] = []
  /// It subscribed: the market is sent to it.
  var isSubscribed = false
  private(set) var isClosed = false
  private let descriptor: Int32
  private var session: TLSSession
  private let ciphertext: UnsafeMutableRawBufferPointer
  private let plaintext: UnsafeMutableRawBufferPointer
  private let outgoing: UnsafeMutableRawBufferPointer
  private var outgoingStart = 0
  private var outgoingEnd = 0

  private static let recordBytes = 16 * 1024
  private static let receiveBytes = 64 * 1024
  /// A snapshot of 5,000 levels a side takes 400 KB; a client that does not read for 100 ms at full load, 1.5 MB.
  private static let outgoingBytes = 4 << 20

  init(descriptor: Int32, _ context: TLSContext) {
    self.descriptor = descriptor
    session = TLSSession(context)
    ciphertext = .allocate(byteCount: Self.receiveBytes, alignment: 64)
    plaintext = .allocate(byteCount: Self.recordBytes, alignment: 64)
    outgoing = .allocate(byteCount: Self.outgoingBytes, alignment: 64)
    if !session.restart() { isClosed = true }
  }

  deinit {
    apus_socket_close(descriptor)
    ciphertext.deallocate()
    plaintext.deallocate()
    outgoing.deallocate()
  }

  /// Whether so many bytes of plaintext fit behind what the client has not taken yet.
  func hasRoom(for count: Int) -> Bool { TLSSession.sealedBytes(count) <= outgoing.count - outgoingEnd }

  /// Takes what the client sent into `inbox`.
  ///
  /// - Returns: whether anything came.
  func receive() -> Bool {
    let count = apus_socket_receive(descriptor, ciphertext.baseAddress, Self.receiveBytes)
    if count == -Int(EAGAIN) || count == -Int(EINTR) { return false }
    guard count > 0 else {
      isClosed = true
      return true
    }
    var rest = UnsafeRawBufferPointer(rebasing: ciphertext[..<count])
    repeat {
      let space = UnsafeMutableRawBufferPointer(rebasing: outgoing[outgoingEnd...])
      guard space.count >= TLSSession.flightBytes else {
        isClosed = true
        return true
      }
      let progress = session.read(rest, into: plaintext, outgoing: space)
      rest = UnsafeRawBufferPointer(rebasing: rest[progress.consumed...])
      outgoingEnd += progress.outgoing
      inbox += plaintext[..<progress.plaintext]
      guard progress.status == .ok else {
        isClosed = true
        break
      }
    } while !rest.isEmpty || session.hasPending
    flush()
    return true
  }

  /// Seals `bytes` behind what is on its way; `flush` sends. Only with room for them.
  func write(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest[..<min(Self.recordBytes, rest.count)])
      let space = UnsafeMutableRawBufferPointer(rebasing: outgoing[outgoingEnd...])
      outgoingEnd += session.write(part, outgoing: space).outgoing
      rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
    }
  }

  func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }

  /// Hands to the kernel what it takes.
  func flush() {
    guard outgoingStart < outgoingEnd else { return }
    let count = apus_socket_send(descriptor, outgoing.baseAddress! + outgoingStart, outgoingEnd - outgoingStart)
    if count > 0 { outgoingStart += count } else if count != -Int(EAGAIN) && count != -Int(EINTR) { isClosed = true }
    if outgoingStart == outgoingEnd {
      (outgoingStart, outgoingEnd) = (0, 0)
    } else if outgoingEnd > Self.outgoingBytes / 2, outgoingStart > 0 {
      outgoing.copyMemory(from: UnsafeRawBufferPointer(rebasing: outgoing[outgoingStart..<outgoingEnd]))
      (outgoingStart, outgoingEnd) = (0, outgoingEnd - outgoingStart)
    }
  }
}
