// What one recorded call of a stage's step was given: read off the input records that stand next in its sequence.

import Market
import Pipeline

/// One call of `step`, as the journal tells it.
///
/// A call may write several input records (a timer's step, a response, a message), all of one time. They belong to one
/// call where they can: for each channel the first event of that time, and the first step record's counts. A second
/// one of that time belongs to the next call.
struct ReplayCall {
  var input: StepInput
  var consumed = SIMD4<UInt32>(repeating: 0)
  /// By position in `ReplayStage.channels`.
  var offers: [Int: ReplayOffer] = [:]
  /// The first record that the call wrote, for messages.
  let first: JournalRecord

  /// - Parameter last: halt epoch and flags of the stage's last step: a call without a step record did not act on them.
  init(first: JournalRecord, last: StepInput) {
    self.first = first
    input = StepInput(nowNs: first.header.timeNs, haltEpoch: last.haltEpoch, flags: last.flags)
  }

  /// Adds what a record tells of this call.
  ///
  /// - Returns: false when the record begins another call.
  mutating func absorb(
    _ record: JournalRecord, _ stage: ReplayStage, _ hasStep: inout Bool
  ) throws(ReplayError) -> Bool {
    guard let type = RecordType(rawValue: record.header.type), type.beginsWork else { return true }
    guard record.header.timeNs == first.header.timeNs else { return false }
    if type == .step {
      if hasStep { return false }
      hasStep = true
      let step = try ReplayCall.required(record.fixed(StepRecord.self), record)
      input.haltEpoch = step.haltEpoch
      input.flags = StepFlags(rawValue: step.flags)
      consumed = step.consumed
      return true
    }
    let (channel, offer) = try ReplayCall.offer(record, type)
    guard let place = stage.channels.firstIndex(where: { $0.channel == channel }) else {
      throw .unknownChannel(stage: stage.name, channel: channel)
    }
    if offers[place] != nil { return false }
    offers[place] = offer
    return true
  }

  private static func offer(
    _ record: JournalRecord, _ type: RecordType
  ) throws(ReplayError) -> (channel: UInt8, ReplayOffer) {
    if type == .channel {
      let told = try required(record.fixed(ChannelRecord.self), record)
      return (told.channel, ReplayOffer(event: told.event, reason: CloseReason(rawValue: told.reason) ?? .none))
    }
    let frame = try required(record.fixed(FrameRecord.self), record)
    let event = type == .frame ? ChannelEvent.message.rawValue : RequestEvent.response.rawValue
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

extension RecordType {
  /// An input that makes a stage work, and not one that it met on the way (a refused send, a full ring).
  var beginsWork: Bool {
    switch self {
    case .step, .channel, .frame, .response: true
    default: false
    }
  }
}
