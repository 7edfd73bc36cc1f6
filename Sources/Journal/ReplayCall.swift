// What a stage's step was given when it wrote an input record, so that a call with the same can be made again.

import Market
import Pipeline

/// One call of `step` that writes one recorded input: what a step record counts, or one event of one channel.
///
/// A live call may write several (a timer's step, a response, a message). They are replayed as one call each, all at the
/// recorded time. That is the same, because a stage does what is due and what its rings hold before it asks its
/// channels: when the channel's event comes, nothing else is left to be done at that time.
struct ReplayCall {
  let input: StepInput
  var consumed = SIMD4<UInt32>(repeating: 0)
  /// The channel's position in `ReplayStage.channels`, and what it brings.
  var offer: (channel: Int, event: ReplayOffer)?
  /// The input record that the call must write.
  let record: JournalRecord

  /// - Parameter last: halt epoch and flags of the stage's last step: what a channel brings is handled without them.
  init(_ record: JournalRecord, _ stage: ReplayStage, last: StepInput) throws(ReplayError) {
    self.record = record
    let timeNs = record.header.timeNs
    if record.header.type == RecordType.step.rawValue {
      let step = try ReplayCall.required(record.fixed(StepRecord.self), record)
      input = StepInput(nowNs: timeNs, haltEpoch: step.haltEpoch, flags: StepFlags(rawValue: step.flags))
      consumed = step.consumed
    } else {
      input = StepInput(nowNs: timeNs, haltEpoch: last.haltEpoch, flags: last.flags)
      let (number, event) = try ReplayCall.event(record)
      guard let channel = stage.channels.firstIndex(where: { $0.channel == number }) else {
        throw .unknownChannel(stage: stage.name, channel: number)
      }
      offer = (channel, event)
    }
  }

  private static func event(_ record: JournalRecord) throws(ReplayError) -> (channel: UInt8, ReplayOffer) {
    if record.header.type == RecordType.channel.rawValue {
      let told = try required(record.fixed(ChannelRecord.self), record)
      return (told.channel, ReplayOffer(event: told.event, reason: CloseReason(rawValue: told.reason) ?? .none))
    }
    let frame = try required(record.fixed(FrameRecord.self), record)
    let isFrame = record.header.type == RecordType.frame.rawValue
    let event = isFrame ? ChannelEvent.message.rawValue : RequestEvent.response.rawValue
    let bytes = record.payload.dropFirst(MemoryLayout<FrameRecord>.size)
    guard bytes.count == Int(frame.byteCount) else { throw .badRecord(file: record.file, offset: record.offset) }
    return (
      frame.channel, ReplayOffer(event: event, status: frame.status, receiveTsc: frame.receiveTsc, bytes: bytes)
    )
  }

  private static func required<Value>(_ value: Value?, _ record: JournalRecord) throws(ReplayError) -> Value {
    guard let value else { throw .badRecord(file: record.file, offset: record.offset) }
    return value
  }
}

extension JournalRecord {
  /// An input that made a stage work, and not one that it met on the way (a refused send, a full ring).
  var beginsCall: Bool {
    switch RecordType(rawValue: header.type) {
    case .step, .channel, .frame, .response: true
    default: false
    }
  }
}
