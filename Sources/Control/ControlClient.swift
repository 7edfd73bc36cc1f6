// The other end of the control socket: what `apus ctl` sends and waits with. Blocking; one thread.

import CShims

/// A connection to a running bot.
public struct ControlClient: ~Copyable {
  private let descriptor: Int32
  private var bytes: [UInt8] = []

  /// Longer than any reply: a status names every instrument, limit and stream.
  private static var lineLimit: Int { 1 << 20 }

  /// - Parameter timeoutMs: how long each wait for a reply may take.
  public init(path: String, timeoutMs: Int32) throws(ControlSocketError) {
    descriptor = apus_local_connect(path, timeoutMs)
    guard descriptor >= 0 else { throw ControlSocketError(path: path, code: -descriptor) }
  }

  deinit { apus_socket_close(descriptor) }

  /// Sends one line.
  ///
  /// - Returns: false when the bot is gone or does not read.
  public func send(_ line: String) -> Bool {
    let line = line + "\n"
    return apus_local_send(descriptor, line, line.utf8.count) == 0
  }

  /// The next line of reply; nil when the bot is gone or the time is up.
  public mutating func receive() -> [UInt8]? {
    while true {
      if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
        defer { bytes.removeSubrange(...end) }
        return Array(bytes[..<end])
      }
      guard bytes.count < Self.lineLimit else { return nil }
      var count = 0
      bytes += [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, filled in
        count = apus_local_receive(descriptor, buffer.baseAddress, buffer.count)
        filled = max(0, count)
      }
      guard count > 0 else { return nil }
    }
  }
}
