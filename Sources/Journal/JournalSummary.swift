// One pass over a journal: that it is sound, what is in it, and what a replay must know beforehand.

import Market
import Pipeline

/// What a journal holds, found by reading all of it.
public struct JournalSummary: Sendable {
  public let header: SessionHeader
  public let end: JournalEnd
  public let bytes: Int
  /// Records by stage.
  public let records: [UInt8: UInt64]
  /// Records by stage and type.
  public let types: [UInt8: [UInt16: UInt64]]
  /// Session time of the first and the last record in the file; 0 in an empty journal.
  public let firstTimeNs: Int64
  public let lastTimeNs: Int64
  /// Of each stage and channel: the ordinals of sends that the channel refused.
  let refusals: [UInt8: [UInt8: Set<UInt32>]]
  /// Of each stage and output ring: where it was full, in order (`RingProducer.fullMark`).
  let fullMarks: [UInt8: [UInt8: [UInt32]]]

  public var recordCount: UInt64 { records.values.reduce(0, +) }

  /// Reads the whole journal.
  public init(_ files: JournalFiles) throws(JournalError) {
    var reader = try JournalReader(files)
    header = reader.header
    var bytes = 0
    var types: [UInt8: [UInt16: UInt64]] = [:]
    var refusals: [UInt8: [UInt8: Set<UInt32>]] = [:]
    var fullMarks: [UInt8: [UInt8: [UInt32]]] = [:]
    var times: (first: Int64, last: Int64)?
    while let record = try reader.next() {
      let stage = record.header.stage
      bytes += record.bytes.count
      types[stage, default: [:]][record.header.type, default: 0] += 1
      times = (times?.first ?? record.header.timeNs, record.header.timeNs)
      guard let event = record.fixed(ChannelRecord.self) else { continue }
      switch RecordType(rawValue: record.header.type) {
      case .sendRefused: refusals[stage, default: [:]][event.channel, default: []].insert(event.detail)
      case .ringFull: fullMarks[stage, default: [:]][event.channel, default: []].append(event.detail)
      default: break
      }
    }
    end = reader.end ?? .unfinished
    self.bytes = bytes
    self.types = types
    self.refusals = refusals
    self.fullMarks = fullMarks
    records = types.mapValues { $0.values.reduce(0, +) }
    firstTimeNs = times?.first ?? 0
    lastTimeNs = times?.last ?? 0
  }
}
