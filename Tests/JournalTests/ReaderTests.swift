// Reading journals that were cut off, damaged, mixed up or made up: a true prefix or a named error, never a trap.

import Foundation
import Journal
import Market
import Pipeline
import Testing

/// A small journal in memory: three segments, records of two stages, finished.
private func makeJournal() throws -> [[UInt8]] {
  let scratch = try ScratchDirectory()
  let ring = RecordRing(stage: 1, capacityBytes: 4096)
  let other = RecordRing(stage: 2, capacityBytes: 4096)
  var feed = ring.producer
  var strategy = other.producer
  var writer = try JournalWriter(
    directory: scratch.path, header: sessionHeader(),
    sources: [RecordSource(ring.consumer), RecordSource(other.consumer)],
    counters: try journalCounters(), options: JournalOptions(segmentBytes: 1200), nowNs: { 0 })
  for i in 0..<12 {
    let raw = [UInt8](repeating: UInt8(i), count: i * 5)
    let frame = FrameRecord(channel: 0, byteCount: UInt32(raw.count), receiveTsc: 1)
    _ = raw.withUnsafeBytes { feed.append(type: RecordType.frame.rawValue, cause: 0, timeNs: Int64(i), frame, raw: $0) }
    _ = strategy.append(
      type: RecordType.step.rawValue, cause: 0, timeNs: Int64(i), StepRecord(StepInput(nowNs: 0), consumed: .zero))
    feed.publish()
    strategy.publish()
    _ = writer.poll()
  }
  try writer.finish()
  return try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted().map { try scratch.bytes($0) }
}

private func read(_ segments: [[UInt8]]) throws(JournalError) -> (records: [[UInt8]], end: JournalEnd) {
  var reader = try JournalReader(JournalFiles(segments))
  var records: [[UInt8]] = []
  while let record = try reader.next() { records.append(Array(record.bytes)) }
  return (records, reader.end!)
}

@Suite("Journal reader")
struct ReaderTests {
  @Test("cut anywhere in its last segment, a journal gives all whole records before the cut")
  func tornTail() throws {
    let journal = try makeJournal()
    let whole = try read(journal)
    #expect(journal.count > 2 && whole.records.count == 24 && whole.end == .finished)
    let last = journal.count - 1
    var counts = Set<Int>()
    for count in 0..<journal[last].count {
      var cut = journal
      cut[last] = Array(cut[last].prefix(count))
      let (records, end) = try read(cut)
      #expect(records == Array(whole.records.prefix(records.count)))
      #expect(end != .finished)
      counts.insert(records.count)
    }
    #expect(counts.count > 1 && counts.max() == 24)
  }

  @Test("damage before the last segment is an error with file and place")
  func damage() throws {
    var journal = try makeJournal()
    let place = journal[1].count - 20
    journal[1][place] ^= 1
    #expect {
      _ = try read(journal)
    } throws: { error in
      guard case .damaged(let file, let offset, .checksumMismatch) = error as? JournalError else { return false }
      return file == "journal-000002.apj" && offset < place
    }
    journal = try makeJournal()
    journal[0].removeLast(8)
    #expect(throws: JournalError.self) { _ = try read(journal) }
  }

  @Test("a record that is missing is noticed though every checksum holds")
  func hole() throws {
    var journal = try makeJournal()
    let (_, headerBytes) = try SegmentFormat.decode(journal[0], segment: 1)
    let length = Int(journal[0][headerBytes]) | Int(journal[0][headerBytes + 1]) << 8
    journal[0].removeSubrange(headerBytes..<headerBytes + RecordSeal.padded(length))
    #expect(throws: JournalError.self) { _ = try read(journal) }
  }

  @Test("a missing segment, a foreign one, none at all: each is told")
  func segments() throws {
    let scratch = try ScratchDirectory()
    #expect(throws: JournalError.noJournal(scratch.path)) { _ = try JournalReader(directory: scratch.path) }
    let journal = try makeJournal()
    for (i, segment) in journal.enumerated() { try scratch.write(segment, SegmentFormat.fileName(UInt32(i + 1))) }
    #expect(try readAll(scratch.path).end == .finished)
    try FileManager.default.removeItem(atPath: scratch.path + "/journal-000002.apj")
    #expect(throws: JournalError.missingSegment(2)) { _ = try JournalReader(directory: scratch.path) }

    var other = sessionHeader()
    other.session += 1
    var mixed = journal
    mixed[1] = SegmentFormat.encode(other, segment: 2)
    #expect(throws: JournalError.otherSession(file: "journal-000002.apj")) { _ = try read(mixed) }
    #expect(throws: JournalError.badHeader(file: "journal-000001.apj", .wrongSegment(2))) { _ = try read([journal[1]]) }
    #expect(throws: JournalError.badHeader(file: "journal-000001.apj", .notAJournal)) { _ = try read([[1, 2, 3]]) }
  }

  #if DEBUG
    static let mutations = 2000
  #else
    static let mutations = 100_000
  #endif

  @Test("seeded damage: what is read is a prefix of what was written")
  func fuzz() throws {
    let journal = try makeJournal()
    let whole = try read(journal)
    var generator = SeededGenerator(seed: 2024)
    var outcomes: [String: Int] = [:]
    for round in 0..<ReaderTests.mutations {
      var mutated = journal
      for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&mutated, &generator) }
      if mutated == journal { continue }
      do {
        let (records, end) = try read(mutated)
        if records != Array(whole.records.prefix(records.count)) {
          Issue.record("round \(round): a record that was never written")
        }
        outcomes["\(end)".prefix(4).description, default: 0] += 1
      } catch {
        outcomes["error", default: 0] += 1
      }
    }
    #expect(outcomes.keys.contains("error") && outcomes.keys.contains("torn"))
    #expect(outcomes["fini", default: 0] == 0, "a changed journal was taken for a whole one")
  }

  private func mutate(_ journal: inout [[UInt8]], _ generator: inout SeededGenerator) {
    let segment = Int.random(in: journal.indices, using: &generator)
    guard !journal[segment].isEmpty else { return }
    let at = Int.random(in: journal[segment].indices, using: &generator)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: journal[segment][at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: journal[segment][at] = UInt8.random(in: 0...255, using: &generator)
    case 2: journal[segment].removeSubrange(at...)
    case 3: journal[segment].insert(UInt8.random(in: 0...255, using: &generator), at: at)
    case 4:
      let end = min(journal[segment].count, at + 4)
      for i in at..<end { journal[segment][i] = 0xff }
    default:
      let end = min(journal[segment].count, at + Int.random(in: 1...64, using: &generator))
      journal[segment].removeSubrange(at..<end)
    }
  }
}
