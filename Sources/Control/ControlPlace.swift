// One client of the control socket: its bytes until they are lines, and how long it may take. Of the socket's thread.

import CShims
import Glibc

/// A place for a client. When one leaves it stays held for what is left of its line interval, so that connecting anew
/// is no way to be asked more often.
struct ControlPlace {
  private(set) var descriptor: Int32 = -1
  private(set) var peer = ControlPeer(client: 0, user: 0)
  /// Received and not yet taken: less than a line and its end, or lines sent together.
  private var bytes: [UInt8] = []
  private var hasEnded = false
  private var nextLineNs: Int64 = .min
  private var lineDeadlineNs: Int64 = .max
  private var silenceDeadlineNs: Int64 = .max

  enum Event {
    case nothing
    case line([UInt8])
    case ended
    case fault(ControlDrop)
  }

  var isTaken: Bool { descriptor >= 0 }

  func isHeld(nowNs: Int64) -> Bool { isTaken || nowNs < nextLineNs }

  mutating func take(_ descriptor: Int32, _ peer: ControlPeer, nowNs: Int64, _ limits: ControlSocketLimits) {
    self = ControlPlace()
    self.descriptor = descriptor
    self.peer = peer
    nextLineNs = nowNs
    lineDeadlineNs = nowNs + limits.lineTimeNs
    silenceDeadlineNs = nowNs + limits.silenceNs
  }

  mutating func close() {
    apus_socket_close(descriptor)
    descriptor = -1
  }

  /// Receives what is there, and takes one whole line if it may.
  mutating func poll(nowNs: Int64, _ limits: ControlSocketLimits) -> Event {
    guard nowNs >= nextLineNs else { return .nothing }
    if !bytes.contains(UInt8(ascii: "\n")), let event = receive(nowNs, limits) { return event }
    if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
      let line = Array(bytes[..<end])
      bytes.removeSubrange(...end)
      nextLineNs = nowNs + limits.lineIntervalNs
      lineDeadlineNs = bytes.isEmpty ? .max : nowNs + limits.lineTimeNs
      silenceDeadlineNs = nowNs + limits.silenceNs
      return .line(line)
    }
    if bytes.count > limits.lineBytes { return .fault(.lineTooLong) }
    // What was sent whole before the end still counts; half a line does not.
    if hasEnded { return .ended }
    return nowNs >= min(lineDeadlineNs, silenceDeadlineNs) ? .fault(.silent) : .nothing
  }

  private mutating func receive(_ nowNs: Int64, _ limits: ControlSocketLimits) -> Event? {
    let room = limits.lineBytes + 1 - bytes.count
    guard room > 0, !hasEnded else { return nil }
    let before = bytes.count
    var result = 0
    bytes.reserveCapacity(limits.lineBytes + 1)
    bytes += [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      result = apus_socket_receive(descriptor, buffer.baseAddress, room)
      count = max(0, result)
    }
    if result == 0 { hasEnded = true }
    if result < 0, result != -Int(EAGAIN), result != -Int(EINTR) { return .ended }
    if before == 0, result > 0 { lineDeadlineNs = min(lineDeadlineNs, nowNs + limits.lineTimeNs) }
    return nil
  }

  /// Sends a reply and the end of its line, whole or not at all.
  func send(_ reply: [UInt8]) -> Bool {
    let line = reply + [UInt8(ascii: "\n")]
    return apus_socket_send(descriptor, line, line.count) == line.count
  }

  /// Tells a connection that gets no place why, and ends it.
  static func refuse(_ descriptor: Int32, _ why: String) {
    let line = ControlReply.refused(ControlRefusal(why)).text + "\n"
    _ = apus_socket_send(descriptor, line, line.utf8.count)
    apus_socket_close(descriptor)
  }

  static func tooLong(_ limits: ControlSocketLimits) -> String {
    ControlReply.refused(ControlRefusal("a request is one line of at most \(limits.lineBytes) bytes")).text
  }
}
