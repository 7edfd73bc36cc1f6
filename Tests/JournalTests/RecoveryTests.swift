// Taking up a session that was cut off: nothing lost that the rings held, nothing read twice, the same however often.

import Foundation
import Journal
import Market
import Pipeline
import Testing

/// Counts records of each stage and adds up their payloads: any record lost, doubled or changed shows.
private struct TallyFold: RecordFold, Equatable {
  var counts: [UInt64] = [0, 0]
  var sum: UInt64 = 0

  init() {}

  mutating func fold(_ record: UnsafeRawBufferPointer) {
    let header = record.loadUnaligned(as: RecordHeader.self)
    counts[Int(header.stage) - 1] += 1
    var hash = UInt64(header.stage) << 32 | header.sequence
    for byte in record.dropFirst(RecordHeader.byteCount) { hash = hash &* 31 &+ UInt64(byte) }
    sum &+= hash  // whatever the order of the stages
  }

  var encoded: [UInt8] { (counts + [sum]).flatMap { value in withUnsafeBytes(of: value) { Array($0) } } }

  init(encoded bytes: [UInt8]) throws {
    guard bytes.count == 24 else { throw CocoaError(.coderReadCorrupt) }
    let words = bytes.withUnsafeBytes { bytes in (0..<3).map { bytes.load(fromByteOffset: $0 * 8, as: UInt64.self) } }
    counts = Array(words[..<2])
    sum = words[2]
  }
}

/// A session of two stages with its rings in files; it dies when nobody holds it any more.
private final class DyingSession {
  let scratch: ScratchDirectory
  var feed: RecordProducer
  var strategy: RecordProducer
  var writer: JournalWriter
  let clock = ManualClock()
  var expected = TallyFold()
  private var generator: SeededGenerator
  private var payload = [UInt8](repeating: 0, count: 300)

  var journal: String { scratch.path + "/journal" }

  init(
    _ options: JournalOptions = JournalOptions(), seed: UInt64 = 1, in scratch: ScratchDirectory,
    ringBytes: Int = 65_536
  )
    throws
  {
    self.scratch = scratch
    generator = SeededGenerator(seed: seed)
    let header = sessionHeader()
    let first = try RecordRing(
      stage: 1, capacityBytes: ringBytes, path: scratch.path + "/records-feed", session: header.session)
    let second = try RecordRing(
      stage: 2, capacityBytes: ringBytes, path: scratch.path + "/records-strategy", session: header.session)
    feed = first.producer
    strategy = second.producer
    let clock = clock
    writer = try JournalWriter(
      directory: scratch.path + "/journal", header: header,
      sources: [RecordSource(first.consumer), RecordSource(second.consumer)], counters: try journalCounters(),
      options: options, fold: TallyFold(), nowNs: { clock.nowNs })
  }

  func append(_ count: Int, isPublished: Bool = true) {
    for _ in 0..<count {
      let length = Int.random(in: 1...300, using: &generator)
      for i in 0..<length { payload[i] = UInt8.random(in: 0...255, using: &generator) }
      let toFeed = Bool.random(using: &generator)
      let identifier = payload.withUnsafeBytes {
        let bytes = UnsafeRawBufferPointer(rebasing: $0[..<length])
        return toFeed
          ? feed.append(type: 3, cause: 0, timeNs: 1, bytes) : strategy.append(type: 66, cause: 0, timeNs: 1, bytes)
      }
      precondition(identifier != nil, "the test overran its ring")
      guard isPublished else { continue }
      let header = RecordHeader(
        length: UInt32(40 + length), type: 0, version: 1, stage: identifier!.stage, sequence: identifier!.sequence,
        cause: 0, timeNs: 1)
      let record = withUnsafeBytes(of: header) { Array($0) } + payload[..<length]
      record.withUnsafeBytes { expected.fold($0) }
    }
    if isPublished {
      feed.publish()
      strategy.publish()
    }
  }
}

private func recover(_ scratch: ScratchDirectory) throws -> RecoveredSession<TallyFold> {
  try Recovery.run(
    journalDirectory: scratch.path + "/journal", ringDirectory: scratch.path, begin: { _ in TallyFold() },
    decode: { try TallyFold(encoded: $0) })
}

extension TallyFold {
  fileprivate var total: UInt64 { counts[0] + counts[1] }
}

@Suite("Recovery")
struct RecoveryTests {
  /// Runs a session that dies with `waiting` records in its rings and `begun` more that were never published.
  private func die(_ scratch: ScratchDirectory, written: Int, waiting: Int, begun: Int = 0) throws -> TallyFold {
    let session = try DyingSession(in: scratch)
    for _ in 0..<written / 20 {
      session.append(20)
      _ = session.writer.poll()
    }
    session.append(waiting)
    session.append(begun, isPublished: false)
    return session.expected
  }

  @Test("what the rings of a dead process hold is brought in, and the journal gets an end")
  func drain() throws {
    let scratch = try ScratchDirectory()
    let expected = try die(scratch, written: 400, waiting: 30, begun: 3)
    let recovered = try recover(scratch)
    #expect(recovered.end == .unfinished && !recovered.wasClean)
    #expect(recovered.state == expected)
    #expect(recovered.drained == 30 && recovered.unpublished == 3 && recovered.unusedRings.isEmpty)
    let (records, end) = try readAll(scratch.path + "/journal")
    #expect(UInt64(records.count) == expected.total && end == .recovered(drained: 30, tornBytes: 0))
    // Once more: nothing is left to be done, and the same comes out.
    let again = try recover(scratch)
    #expect(again.state == recovered.state && again.drained == 0 && !again.wasClean)
    #expect(try readAll(scratch.path + "/journal").end == end)
  }

  @Test("a session that ended in order is taken up from its last snapshot alone")
  func clean() throws {
    let scratch = try ScratchDirectory()
    let session = try DyingSession(in: scratch)
    session.append(100)
    try session.writer.finish()
    let recovered = try recover(scratch)
    #expect(recovered.wasClean && recovered.state == session.expected && recovered.foldedRecords == 0)
  }

  @Test("cut off at any byte of its last segment, with the rings or without: the whole records before it")
  func torn() throws {
    let scratch = try ScratchDirectory()
    let expected = try die(scratch, written: 60, waiting: 0)
    let whole = try scratch.bytes("journal/journal-000001.apj")
    let (records, _) = try readAll(scratch.path + "/journal")
    let rings = try [scratch.bytes("records-feed"), scratch.bytes("records-strategy")]
    for cut in stride(from: records[0].offset, to: whole.count, by: 97) {
      try scratch.write(Array(whole[..<cut]), "journal/journal-000001.apj")
      for name in ["records-feed", "records-strategy"] {
        try FileManager.default.removeItem(atPath: scratch.path + "/" + name)
      }
      let lost = try recover(scratch)
      let before = records.prefix { $0.offset + ($0.bytes.count + 7) / 8 * 8 <= cut }.count
      #expect(lost.state.total == UInt64(before), "cut at \(cut)")
      #expect(lost.unusedRings.count == 2 && lost.drained == 0)
      #expect(try readAll(scratch.path + "/journal").records.count == before)
      try scratch.write(rings[0], "records-feed")
      try scratch.write(rings[1], "records-strategy")
    }
    try scratch.write(whole, "journal/journal-000001.apj")
    #expect(try recover(scratch).state == expected)
  }

  @Test("a recovery that is itself cut off anywhere is completed by the next to the same")
  func interrupted() throws {
    let scratch = try ScratchDirectory()
    _ = try die(scratch, written: 40, waiting: 12)
    let before = try scratch.bytes("journal/journal-000001.apj")
    let first = try recover(scratch)
    let after = try scratch.bytes("journal/journal-000001.apj")
    #expect(after.count > before.count)
    for cut in stride(from: before.count, to: after.count, by: 13) {
      try scratch.write(Array(after[..<cut]), "journal/journal-000001.apj")
      let again = try recover(scratch)
      #expect(again.state == first.state, "cut at \(cut)")
      #expect(try readAll(scratch.path + "/journal").records.map { Array($0.bytes) }.count == Int(first.state.total))
    }
  }

  @Test("a ring of another session, a damaged one and a hole are named and not used")
  func foreignRings() throws {
    let scratch = try ScratchDirectory()
    _ = try die(scratch, written: 40, waiting: 12)
    let journal = try scratch.bytes("journal/journal-000001.apj")
    let ring = try scratch.bytes("records-feed")
    func reason(_ change: (inout [UInt8]) -> Void) throws -> UnusedRing.Reason? {
      var bytes = ring
      change(&bytes)
      try scratch.write(bytes, "records-feed")
      try scratch.write(journal, "journal/journal-000001.apj")
      return try recover(scratch).unusedRings.first?.reason
    }
    #expect(try reason { $0[24] ^= 1 } == .otherSession)
    #expect(try reason { $0[12] = 2 } == .otherStage(2))
    #expect(try reason { $0[0] ^= 1 } == .unreadable(.notARecordRing))
    #expect(try reason { $0[16] = 8 } != nil)
    // The journal lost more than its tail: the ring goes on beyond a gap.
    let records = try readAll(scratch.path + "/journal").records
    try scratch.write(Array(journal[..<records[4].offset]), "journal/journal-000001.apj")
    try scratch.write(ring, "records-feed")
    let recovered = try recover(scratch)
    guard case .hole = recovered.unusedRings.first?.reason else {
      Issue.record("no hole: \(recovered.unusedRings)")
      return
    }
    #expect(recovered.state.total == 4)
  }

  @Test("a damaged snapshot only means to read more")
  func damagedSnapshots() throws {
    let scratch = try ScratchDirectory()
    let session = try DyingSession(JournalOptions(snapshots: SnapshotOptions(records: 30)), in: scratch)
    for _ in 0..<20 {
      session.append(10)
      _ = session.writer.poll()
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: session.journal).filter {
      $0.hasSuffix(".snapshot")
    }
    #expect(names.sorted() == ["account-000005.snapshot", "account-000006.snapshot"], "two stay")
    let fast = try recover(scratch)
    #expect(fast.foldedRecords == 20 && fast.state == session.expected)
    for (damaged, read) in [(["account-000006.snapshot"], 50), (names, 200)] {
      for name in damaged {
        var bytes = try scratch.bytes("journal/" + name)
        bytes[40] ^= 1
        try scratch.write(bytes, "journal/" + name)
      }
      let slow = try recover(scratch)
      #expect(slow.state == session.expected && slow.foldedRecords == read)
      #expect(slow.damagedSnapshots.sorted() == damaged.sorted())
      for name in damaged {
        var bytes = try scratch.bytes("journal/" + name)
        bytes[40] ^= 1
        try scratch.write(bytes, "journal/" + name)
      }
    }
  }

  @Test("a session that was being created never began")
  func neverBegan() throws {
    let scratch = try ScratchDirectory()
    try FileManager.default.createDirectory(atPath: scratch.path + "/journal", withIntermediateDirectories: true)
    #expect(throws: RecoveryError.self) { _ = try recover(scratch) }
    let header = SegmentFormat.encode(sessionHeader(), segment: 1)
    for count in stride(from: 0, to: header.count, by: 31) {
      try scratch.write(Array(header[..<count]), "journal/journal-000001.apj")
      do {
        _ = try recover(scratch)
        Issue.record("a header of \(count) bytes was taken for a session")
      } catch {
        guard case RecoveryError.neverBegan = error else {
          Issue.record("\(error)")
          return
        }
      }
    }
  }

  /// What a start reads is bounded by the snapshots, however long the journal is.
  @Test("the time of a start does not grow with the journal")
  func bounded() throws {
    #if DEBUG
      let batches = 1000
    #else
      let batches = 10_000
    #endif
    let options = JournalOptions(segmentBytes: 8 << 20, snapshots: SnapshotOptions(records: 2000))
    var readBytes: [Int] = []
    for factor in [1, 10] {
      let scratch = try ScratchDirectory()
      let session = try DyingSession(options, in: scratch)
      for _ in 0..<batches * factor / 10 {
        session.append(100)
        _ = session.writer.poll()
      }
      session.append(50)
      let recovered = try recover(scratch)
      #expect(recovered.state == session.expected)
      #expect(recovered.foldedRecords <= 2000 + 100 + 50)
      readBytes.append(recovered.readBytes)
    }
    #expect(readBytes[1] < 2000 * 400, "\(readBytes) bytes read of \(batches * 100) records")
  }
}
