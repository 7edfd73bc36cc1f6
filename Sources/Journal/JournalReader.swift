// Reads a journal back: every record checked, in order, to the last whole one. No bytes make it trap.

import Pipeline

/// Where a journal's segments are, in order.
public struct JournalFiles: Sendable {
  let names: [String]
  /// Bytes of a segment from an offset on, at most so many.
  let read: @Sendable (_ index: Int, _ offset: Int64, _ limit: Int) throws(FileError) -> [UInt8]

  /// - Parameter directory: of one session.
  public init(directory: String) throws(JournalError) {
    var numbers: [UInt32] = []
    do throws(FileError) {
      numbers = try Directory.names(directory).compactMap { SegmentFormat.segment(of: $0) }.sorted()
    } catch {
      throw .file(error)
    }
    guard let last = numbers.last else { throw .noJournal(directory) }
    for number in 1...last where !numbers.contains(number) { throw .missingSegment(number) }
    let paths = numbers.map { directory + "/" + SegmentFormat.fileName($0) }
    names = paths
    read = { index, offset, limit throws(FileError) in
      try File.openForReading(paths[index]).read(from: offset, limit: limit)
    }
  }

  /// Segments in memory.
  package init(_ segments: [[UInt8]]) {
    names = segments.indices.map { SegmentFormat.fileName(UInt32($0 + 1)) }
    read = { index, offset, limit throws(FileError) in Array(segments[index].dropFirst(Int(offset)).prefix(limit)) }
  }
}

/// Hands out the records of a journal one by one, in the order in which they were written. Holds one segment in memory.
///
/// It begins at the first record or behind a snapshot's position; then the records before that are not read at all.
///
/// Checked of each record: that it is whole, its checksum, and that its stage's numbers have no hole. A defect in the
/// last segment ends the journal there (`end` tells: that is how a crash looks); anywhere else it is an error.
public struct JournalReader {
  public let header: SessionHeader
  /// How the journal ended; nil until `next` has returned nil.
  public private(set) var end: JournalEnd?
  /// Bytes read from files so far.
  private(set) var readBytes = 0
  private let files: JournalFiles
  /// Index of the segment under way, and what of its file is in memory: from `base` on.
  private var segment = 0
  private var bytes: [UInt8]
  private var base = 0
  private var offset: Int
  private var lastSequence = [UInt64](repeating: 0, count: 256)
  private var totals = SessionEndRecord(records: 0, bytes: 0)
  private var ending: JournalEnd?

  public init(_ files: JournalFiles) throws(JournalError) {
    self.files = files
    bytes = try JournalReader.load(files, 0)
    readBytes = bytes.count
    do throws(HeaderDefect) {
      (header, offset) = try SegmentFormat.decode(bytes, segment: 1)
    } catch {
      throw .badHeader(file: files.names[0], error)
    }
  }

  /// Begins behind `position` of the session with that number.
  ///
  /// - Throws: `JournalError.badPosition` when there is no such place in these files.
  init(_ files: JournalFiles, from position: JournalPosition, session: UInt64) throws(JournalError) {
    self.files = files
    segment = Int(position.segment) - 1
    guard files.names.indices.contains(segment) else { throw .badPosition }
    let beginning = try JournalReader.load(files, segment, limit: SegmentFormat.preambleBytes)
    let head = try JournalReader.load(files, segment, limit: SegmentFormat.headerBytes(beginning))
    do throws(HeaderDefect) {
      (header, _) = try SegmentFormat.decode(head, segment: position.segment)
    } catch {
      throw .badHeader(file: files.names[segment], error)
    }
    guard header.session == session, position.offset >= head.count else { throw .badPosition }
    bytes = try JournalReader.load(files, segment, from: position.offset)
    readBytes = beginning.count + head.count + bytes.count
    base = Int(position.offset)
    offset = 0
    lastSequence = position.lastSequence
    totals = position.totals
  }

  /// Where the next record begins, or would begin.
  var position: JournalPosition {
    JournalPosition(
      segment: UInt32(segment + 1), offset: Int64(base + offset), lastSequence: lastSequence, totals: totals)
  }

  public init(directory: String) throws(JournalError) { try self.init(JournalFiles(directory: directory)) }

  /// The next record, or nil at the end of the journal.
  public mutating func next() throws(JournalError) -> JournalRecord? {
    while end == nil {
      if offset == bytes.count {
        if segment + 1 == files.names.count { end = ending ?? .unfinished } else { try advance() }
        continue
      }
      do throws(RecordDefect) {
        let record = try takeRecord()
        if record.header.stage != JournalOptions.journalStage { return record }
        ending = try checkedEnding(record)
      } catch {
        try stop(at: error)
      }
    }
    return nil
  }

  private mutating func takeRecord() throws(RecordDefect) -> JournalRecord {
    if ending != nil { throw .afterEnd }
    let rest = bytes.count - offset
    guard rest >= RecordHeader.byteCount else { throw .truncated }
    let header = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: RecordHeader.self) }
    guard header.length >= RecordHeader.byteCount else { throw .badLength(header.length) }
    let padded = RecordSeal.padded(Int(header.length))
    guard padded <= rest else { throw .truncated }
    let range = offset..<offset + Int(header.length)
    guard bytes.withUnsafeBytes({ RecordSeal.holds(UnsafeRawBufferPointer(rebasing: $0[range])) }) else {
      throw .checksumMismatch
    }
    guard bytes[range.upperBound..<offset + padded].allSatisfy({ $0 == 0 }) else { throw .badPadding }
    let expected = lastSequence[Int(header.stage)] + 1
    guard header.sequence == expected else {
      throw .sequenceHole(stage: header.stage, expected: expected, found: header.sequence)
    }
    lastSequence[Int(header.stage)] = expected
    offset += padded
    if header.stage != JournalOptions.journalStage {
      totals.records += 1
      totals.bytes += UInt64(padded)
    }
    return JournalRecord(
      header: header, bytes: bytes[range], file: files.names[segment], offset: base + range.lowerBound)
  }

  /// The end that the session's last record tells; its totals must be those of what was read.
  private func checkedEnding(_ record: JournalRecord) throws(RecordDefect) -> JournalEnd {
    switch record.header.type {
    case JournalRecordType.sessionEnd where record.fixed(SessionEndRecord.self) == totals: return .finished
    case JournalRecordType.sessionRecovered:
      guard let told = record.fixed(SessionRecoveredRecord.self), told.totals == totals else { throw .wrongTotals }
      return .recovered(drained: told.drained, tornBytes: told.tornBytes)
    default: throw .wrongTotals
    }
  }

  private mutating func stop(at defect: RecordDefect) throws(JournalError) {
    let file = files.names[segment]
    let isLast = segment + 1 == files.names.count
    switch defect {
    case .truncated where isLast, .badLength where isLast, .checksumMismatch where isLast, .badPadding where isLast:
      end = .torn(file: file, offset: base + offset, unreadBytes: bytes.count - offset, defect)
    default:
      throw .damaged(file: file, offset: base + offset, defect)
    }
  }

  private mutating func advance() throws(JournalError) {
    let next = files.names[segment + 1]
    let bytes = try JournalReader.load(files, segment + 1)
    readBytes += bytes.count
    var found: SessionHeader?
    base = 0
    do throws(HeaderDefect) {
      (found, offset) = try SegmentFormat.decode(bytes, segment: UInt32(segment + 2))
    } catch {
      // Before a record is written to a segment its header is durable: a broken one at the end hides no record.
      guard segment + 2 == files.names.count else { throw .badHeader(file: next, error) }
      offset = 0
      end = .torn(file: next, offset: 0, unreadBytes: bytes.count, .header(error))
    }
    guard end != nil || found == header else { throw .otherSession(file: next) }
    segment += 1
    self.bytes = bytes
  }

  private static func load(
    _ files: JournalFiles, _ index: Int, from offset: Int64 = 0, limit: Int = .max
  ) throws(JournalError) -> [UInt8] {
    do throws(FileError) { return try files.read(index, offset, limit) } catch { throw .file(error) }
  }
}
