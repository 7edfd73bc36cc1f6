// Splits the one sequence of a journal into one queue for each stage, reading only as far as is asked.

import Pipeline

/// The records of each stage in order. What is held in memory is how far the stages lie apart in the file.
struct RecordQueues {
  private var reader: JournalReader
  private var queues = [Queue](repeating: Queue(), count: 256)
  /// Records of each stage that were not read yet.
  private var unread: [UInt64]

  private struct Queue {
    var records: [JournalRecord] = []
    var first = 0
    var count: Int { records.count - first }
  }

  init(_ files: JournalFiles, _ summary: JournalSummary) throws(JournalError) {
    reader = try JournalReader(files)
    unread = (0..<256).map { summary.records[UInt8($0)] ?? 0 }
  }

  /// Records of the stage that were not taken.
  func remaining(_ stage: UInt8) -> UInt64 { unread[Int(stage)] + UInt64(queues[Int(stage)].count) }

  /// The stage's next record, or nil when it has no more.
  mutating func peek(_ stage: UInt8) throws(JournalError) -> JournalRecord? {
    while queues[Int(stage)].count == 0 {
      guard unread[Int(stage)] > 0, let record = try reader.next() else { return nil }
      let owner = Int(record.header.stage)
      unread[owner] -= 1
      queues[owner].records.append(record)
    }
    return queues[Int(stage)].records[queues[Int(stage)].first]
  }

  /// Takes the stage's next record, or nil when it has no more.
  mutating func take(_ stage: UInt8) throws(JournalError) -> JournalRecord? {
    guard let record = try peek(stage) else { return nil }
    let queue = Int(stage)
    queues[queue].first += 1
    if queues[queue].first >= 1024, queues[queue].first * 2 >= queues[queue].records.count {
      queues[queue].records.removeFirst(queues[queue].first)
      queues[queue].first = 0
    }
    return record
  }
}
