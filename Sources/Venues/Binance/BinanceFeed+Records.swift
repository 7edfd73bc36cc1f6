// What the feed writes into its journal ring, besides frames.

internal import Market
internal import Pipeline

extension BinanceFeed {
  /// - Returns: the record's identity, as a cause.
  mutating func recordChannel(_ channel: UInt8, _ event: UInt8, _ reason: CloseReason, _ nowNs: Int64) -> UInt64 {
    let payload = ChannelRecord(channel: channel, event: event, reason: reason.rawValue)
    return records.append(type: RecordType.channel.rawValue, cause: 0, timeNs: nowNs, payload)?.rawValue ?? 0
  }

  /// A message that a channel took.
  mutating func recordSent(_ channel: UInt8, _ bytes: UnsafeRawBufferPointer, _ nowNs: Int64) {
    let frame = FrameRecord(channel: channel, byteCount: UInt32(truncatingIfNeeded: bytes.count), receiveTsc: 0)
    _ = records.append(type: RecordType.sent.rawValue, cause: 0, timeNs: nowNs, frame, raw: bytes)
    sends[Int(channel)] &+= 1
  }

  /// A message that a channel did not take: an input, because the channel decides it.
  ///
  /// - Returns: the record's identity, as a cause.
  mutating func recordRefusal(_ channel: UInt8, _ nowNs: Int64) -> UInt64 {
    let payload = ChannelRecord(
      channel: channel, event: 0, reason: CloseReason.sendBufferFull.rawValue, detail: sends[Int(channel)])
    sends[Int(channel)] &+= 1
    return records.append(type: RecordType.sendRefused.rawValue, cause: 0, timeNs: nowNs, payload)?.rawValue ?? 0
  }

  /// A ring that had no room: an input, because its consumer decides it.
  mutating func recordRingFull(_ shard: Int, _ nowNs: Int64, cause: UInt64) {
    counters.ringFull.add()
    let payload = ChannelRecord(
      channel: UInt8(truncatingIfNeeded: shard), event: 0, reason: 0,
      detail: outputs.ring(shard).pointee.fullMark)
    _ = records.append(type: RecordType.ringFull.rawValue, cause: cause, timeNs: nowNs, payload)
  }

  /// A stream that changed its state.
  mutating func recordState(
    _ position: Int, _ state: StreamState, _ reason: StreamReason, _ nowNs: Int64, cause: UInt64, received: UInt64 = 0
  ) {
    let instrument = streams[position].instrument
    let payload = StreamRecord(
      instrument: instrument.index, venue: instrument.venue, state: state, reason: reason,
      sequence: streams[position].lastUpdate, received: received)
    _ = records.append(type: RecordType.stream.rawValue, cause: cause, timeNs: nowNs, payload)
  }
}
