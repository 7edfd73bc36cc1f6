// Completes the journal of a session that was cut off: torn tail off, what the record rings had in, an end behind it.

import Pipeline

/// The repair of one journal. Every step can be cut off itself and is done again by the next.
struct JournalRepair {
  let header: SessionHeader
  /// Behind the last whole record.
  var position: JournalPosition
  /// What was brought in, sealed and padded.
  private(set) var records: [[UInt8]] = []
  private(set) var unpublished: UInt64 = 0
  private(set) var tornBytes = 0
  private(set) var unusedRings: [UnusedRing] = []

  init(header: SessionHeader, position: JournalPosition) {
    self.header = header
    self.position = position
  }

  mutating func run(
    _ end: JournalEnd, _ files: JournalFiles, directory: String, rings: String
  ) throws(FileError) {
    if case .torn(_, _, let unread, let defect) = end {
      tornBytes = unread
      if case .header = defect {
        // The last segment was being begun: it holds no record, and the one before it is the last.
        let last = files.names[files.names.count - 1]
        let before = try File.openForReading(files.names[files.names.count - 2]).readAll().count
        try Directory.remove(last)
        try File.openDirectory(directory).sync()
        position.segment = UInt32(files.names.count - 1)
        position.offset = Int64(before)
      }
    }
    for (stage, name) in header.stages.sorted(by: { $0.key < $1.key }) {
      drain(stage, rings + "/" + Recovery.ringFile(name))
    }
    let file = try File.openForWriting(directory + "/" + SegmentFormat.fileName(position.segment))
    try file.truncate(to: position.offset)
    try file.sync()
    for record in records {
      try file.write(record, at: position.offset)
      position.offset += Int64(record.count)
    }
    // What was brought in is durable before the record that says so: a torn end is again a torn tail.
    try file.sync()
    let last = SessionRecoveredRecord(
      totals: position.totals, drained: UInt64(records.count), tornBytes: UInt64(tornBytes))
    try file.write(
      RecordSeal.lastRecord(type: JournalRecordType.sessionRecovered, last, timeNs: header.startTimeNs),
      at: position.offset)
    try file.sync()
  }

  /// Takes over what the stage published and the journal does not have.
  private mutating func drain(_ stage: UInt8, _ path: String) {
    let remains: RecordRingRemains
    do throws(RecordRingError) {
      remains = try RecordRingRemains(path: path)
    } catch {
      unusedRings.append(UnusedRing(file: path, reason: .unreadable(error)))
      return
    }
    if remains.session != header.session { return unusedRings.append(UnusedRing(file: path, reason: .otherSession)) }
    if remains.stage != stage { return unusedRings.append(UnusedRing(file: path, reason: .otherStage(remains.stage))) }
    for record in remains.records {
      let found = record.withUnsafeBytes { $0.loadUnaligned(as: RecordHeader.self) }
      let expected = position.lastSequence[Int(stage)] + 1
      if found.sequence < expected { continue }  // The journal took it and died before it freed its place.
      guard found.sequence == expected, found.stage == stage else {
        unusedRings.append(UnusedRing(file: path, reason: .hole(expected: expected, found: found.sequence)))
        return
      }
      position.lastSequence[Int(stage)] = expected
      append(record)
    }
    if remains.unpublished.lowerBound == position.lastSequence[Int(stage)] + 1 {
      unpublished += UInt64(remains.unpublished.count)
    }
  }

  private mutating func append(_ record: [UInt8]) {
    var bytes = record + [UInt8](repeating: 0, count: RecordSeal.padded(record.count) - record.count)
    _ = bytes.withUnsafeMutableBytes { RecordSeal.seal($0) }
    position.totals.records += 1
    position.totals.bytes += UInt64(bytes.count)
    records.append(bytes)
  }
}
