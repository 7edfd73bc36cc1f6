// Who speaks on a connection: the fixed part before the text of every message between the socket and the control stage.

import CShims

/// A connection and its other end as the kernel knew it. 16 bytes without padding.
///
/// It stands before each request's text, and so in the journal's frame record, and before each reply's, where only
/// `client` counts.
public struct ControlPeer: BitwiseCopyable, Hashable, Sendable {
  /// Counted from 1 and never used again, so that a late reply cannot reach somebody else. 0: the session itself.
  public var client: UInt32
  public var user: UInt32
  public var group: UInt32
  public var process: Int32

  public init(client: UInt32, user: UInt32, group: UInt32 = 0, process: Int32 = 0) {
    self.client = client
    self.user = user
    self.group = group
    self.process = process
  }

  public static var byteCount: Int { 16 }

  /// What the session says of itself to its control stage: nobody outside can speak as it.
  package static var session: ControlPeer { ControlPeer(client: 0, user: apus_user()) }

  /// The message of that text: what a channel carries.
  public func message(_ text: some Sequence<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: self) { Array($0) } + Array(text)
  }

  /// The parts of a message; nil when it is too short to have them.
  package static func split(_ message: UnsafeRawBufferPointer) -> (peer: ControlPeer, text: [UInt8])? {
    guard message.count >= byteCount else { return nil }
    return (message.loadUnaligned(as: ControlPeer.self), Array(message[byteCount...]))
  }
}
