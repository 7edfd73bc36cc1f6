// What the control stage writes into its journal ring, and how it hands commands and replies on.

import Market
import Pipeline
import Risk

extension ControlStage where Channel: ~Copyable {
  /// The number of the socket in the stage's records.
  public static var channelNumber: UInt8 { 1 }

  /// - Returns: the record's identity, as a cause.
  mutating func recordStep(_ input: StepInput, outcomes: Int) -> UInt64 {
    let step = StepRecord(input, consumed: SIMD4(UInt32(truncatingIfNeeded: outcomes), 0, 0, 0))
    return records.append(type: RecordType.step.rawValue, cause: 0, timeNs: input.nowNs, step)?.rawValue ?? 0
  }

  /// The message that stands in the channel: user, group, process and the request's own text.
  mutating func recordFrame(_ nowNs: Int64) -> UInt64 {
    let message = channel.message
    let frame = FrameRecord(
      channel: Self.channelNumber, byteCount: UInt32(truncatingIfNeeded: message.count),
      receiveTsc: channel.messageTsc)
    return records.append(type: RecordType.frame.rawValue, cause: 0, timeNs: nowNs, frame, raw: message)?.rawValue ?? 0
  }

  /// Journals a command and sends it to execution.
  ///
  /// - Precondition: room for it, which `step` saw to.
  mutating func send(_ command: Command) {
    _ = records.append(
      type: RecordType.command.rawValue, cause: command.cause, timeNs: command.timeNs, command)
    let isSent = commands.tryPush(command)
    precondition(isSent, "a step led to more commands than were reserved")
    counters.commands.add()
  }

  /// Journals a reply and sends it. A user who is gone loses it; the journal says so.
  mutating func send(_ reply: ControlReply, to peer: ControlPeer, cause: UInt64, nowNs: Int64) {
    peer.message(reply.text.utf8).withUnsafeBytes { message in
      let frame = FrameRecord(
        channel: Self.channelNumber, byteCount: UInt32(truncatingIfNeeded: message.count), receiveTsc: 0)
      _ = records.append(type: RecordType.sent.rawValue, cause: cause, timeNs: nowNs, frame, raw: message)
      if !channel.send(message) {
        counters.repliesLost.add()
        let payload = ChannelRecord(
          channel: Self.channelNumber, event: 0, reason: CloseReason.peerClosed.rawValue, detail: sends)
        _ = records.append(type: RecordType.sendRefused.rawValue, cause: 0, timeNs: nowNs, payload)
      }
      sends &+= 1
    }
  }
}
