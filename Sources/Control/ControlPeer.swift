// Who speaks on a connection: what stands before the text of every message between the socket and the control stage.

import CShims

/// A connection and its other end as the kernel knew it.
///
/// It stands as four decimal numbers before each request's text, and so legibly in the journal's frame record, and
/// before each reply's, where only `client` counts.
public struct ControlPeer: Hashable, Sendable {
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

  /// What a message has at most besides its text: three numbers of 10 digits, one of 11, four spaces.
  static var byteLimit: Int { 45 }

  /// What the session says of itself to its control stage: nobody outside can speak as it.
  package static var session: ControlPeer { ControlPeer(client: 0, user: apus_user()) }

  /// The message of that text: what a channel carries.
  public func message(_ text: some Sequence<UInt8>) -> [UInt8] {
    Array("\(client) \(user) \(group) \(process) ".utf8) + text
  }

  /// The parts of a message; nil when it is none.
  package static func split(_ message: UnsafeRawBufferPointer) -> (peer: ControlPeer, text: [UInt8])? {
    let parts = message.split(separator: UInt8(ascii: " "), maxSplits: 4, omittingEmptySubsequences: false)
    let numbers = parts.prefix(4).map { String(decoding: $0, as: UTF8.self) }
    guard parts.count == 5, let client = UInt32(numbers[0]), let user = UInt32(numbers[1]),
      let group = UInt32(numbers[2]), let process = Int32(numbers[3])
    else { return nil }
    return (ControlPeer(client: client, user: user, group: group, process: process), Array(parts[4]))
  }
}
