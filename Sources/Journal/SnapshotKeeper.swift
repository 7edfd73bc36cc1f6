// Folds what the journal writes, and saves the fold now and then, so that the next start need not read it all.

import Pipeline

/// How often a fold is saved: how much the next start has to read at most.
public struct SnapshotOptions: Equatable, Sendable {
  /// Records between two snapshots. A start reads and folds a million of them in about a second.
  public var records: Int
  /// Time between two snapshots in which something was written, in nanoseconds.
  public var intervalNs: Int64

  public init(records: Int = 200_000, intervalNs: Int64 = 10_000_000_000) {
    precondition(records > 0 && intervalNs > 0)
    self.records = records
    self.intervalNs = intervalNs
  }
}

/// The fold of one journal and its snapshots. The journal stage's thread.
struct SnapshotKeeper {
  private var fold: any RecordFold
  private let options: SnapshotOptions
  private let directory: String
  private let session: UInt64
  private var lastSequence = [UInt64](repeating: 0, count: 256)
  private var recordsSince = 0
  private var savedNs: Int64?
  private var isRotated = false
  private var number: UInt32 = 0

  /// Snapshots that stay: the newest, and the one before it in case that the newest turns out damaged.
  private static let kept: UInt32 = 2

  init(_ fold: any RecordFold, _ options: SnapshotOptions, directory: String, session: UInt64) {
    self.fold = fold
    self.options = options
    self.directory = directory
    self.session = session
  }

  /// Takes a run of records that the file has.
  mutating func take(_ run: UnsafeRawBufferPointer, now: Int64) {
    if savedNs == nil { savedNs = now }
    var offset = 0
    while offset < run.count {
      let header = run.loadUnaligned(fromByteOffset: offset, as: RecordHeader.self)
      lastSequence[Int(header.stage)] = header.sequence
      fold.fold(UnsafeRawBufferPointer(rebasing: run[offset..<offset + Int(header.length)]))
      recordsSince += 1
      offset += RecordSeal.padded(Int(header.length))
    }
  }

  /// A segment was begun: the next start shall not read the one before.
  mutating func noteRotation() { isRotated = true }

  func isDue(_ now: Int64) -> Bool {
    guard recordsSince > 0, let savedNs else { return false }
    return isRotated || recordsSince >= options.records || now - savedNs >= options.intervalNs
  }

  /// Makes the fold durable under the next number, then removes the oldest. What `position` covers is durable already.
  mutating func save(segment: UInt32, offset: Int64, totals: SessionEndRecord, now: Int64) throws(FileError) {
    savedNs = now  // Also after an error: the next attempt comes in its time.
    recordsSince = 0
    isRotated = false
    let position = JournalPosition(segment: segment, offset: offset, lastSequence: lastSequence, totals: totals)
    let bytes = JournalSnapshot(session: session, position: position, fold: fold.encoded).encoded
    let temporary = directory + "/" + JournalSnapshot.unfinished
    try Directory.remove(temporary)
    let file = try File.create(temporary)
    try file.write(bytes, at: 0)
    try file.sync()
    try Directory.rename(temporary, to: directory + "/" + JournalSnapshot.fileName(number + 1))
    try File.openDirectory(directory).sync()
    number += 1
    if number > Self.kept { try Directory.remove(directory + "/" + JournalSnapshot.fileName(number - Self.kept)) }
  }
}
