// Writes a tape file row by row, in memory of one block, however long it gets.

import CShims
import Market

/// Rows go to a file beside the final one, which takes its name when it is whole: a tape at `path` is never half written.
/// One owner, one thread.
public struct TapeWriter: ~Copyable {
  public let path: String
  public private(set) var summary = TapeSummary()

  private let instrument: TapeInstrument
  private let rowsPerBlock: Int
  private let descriptor: Int32
  private let block: UnsafeMutableRawBufferPointer
  private var rowsInBlock = 0
  private var entry = TapeWriter.emptyEntry
  private var entries: [TapeIndexEntry] = []
  private var offset = Int64(TapeFormat.page)
  private var isFinished = false

  private static let emptyEntry = TapeIndexEntry(
    offset: 0, rows: 0, checksum: 0, firstLocalTimeNs: 0, lastLocalTimeNs: 0, earliestExchangeTimeNs: 0,
    latestExchangeTimeNs: 0)

  /// - Parameter rowsPerBlock: smaller blocks cost a longer index; tests use them.
  public init(path: String, instrument: TapeInstrument, rowsPerBlock: Int = 16_384) throws(TapeError) {
    precondition((1...TapeFormat.rowsPerBlockLimit).contains(rowsPerBlock))
    self.path = path
    self.instrument = instrument
    self.rowsPerBlock = rowsPerBlock
    let unfinished = path + ".new"
    _ = apus_remove(unfinished)
    let opened = apus_open_new(unfinished)
    block = .allocate(byteCount: TapeFormat.blockBytes(rows: rowsPerBlock), alignment: TapeFormat.page)
    descriptor = opened
    guard opened >= 0 else { throw Self.failure(unfinished, "cannot be created", opened) }
  }

  deinit {
    if descriptor >= 0 { apus_close(descriptor) }
    if !isFinished { _ = apus_remove(path + ".new") }
    block.deallocate()
  }

  /// - Throws: for a row that is none or that is older than the one before it, and for a disk that takes no more.
  public mutating func append(_ row: TapeRow) throws(TapeError) {
    if let reason = row.problem(after: summary) {
      throw TapeError(file: path, reason: "row \(summary.rowCount): \(reason)")
    }
    summary.note(row)
    if rowsInBlock == 0 {
      entry.firstLocalTimeNs = row.localTimeNs
      (entry.earliestExchangeTimeNs, entry.latestExchangeTimeNs) = (row.exchangeTimeNs, row.exchangeTimeNs)
    }
    entry.lastLocalTimeNs = row.localTimeNs
    entry.earliestExchangeTimeNs = min(entry.earliestExchangeTimeNs, row.exchangeTimeNs)
    entry.latestExchangeTimeNs = max(entry.latestExchangeTimeNs, row.exchangeTimeNs)
    TapeColumns(block.baseAddress!, rows: rowsPerBlock).store(row, at: rowsInBlock)
    rowsInBlock += 1
    if rowsInBlock == rowsPerBlock { try writeBlock() }
  }

  /// Writes what is left, the index and the header, and gives the file its name.
  public consuming func finish() throws(TapeError) -> TapeSummary {
    if rowsInBlock > 0 { try writeBlock() }
    let index = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(entries.count, 1) * TapeFormat.indexEntryBytes, alignment: 8)
    defer { index.deallocate() }
    var bytes = LittleEndianWriter(index)
    for entry in entries { entry.encode(into: &bytes) }
    let written = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(index)[..<bytes.place])
    try write(written, at: offset)
    let header = TapeHeader(
      instrument: instrument, summary: summary, rowsPerBlock: rowsPerBlock, blockCount: Int64(entries.count),
      indexOffset: offset, indexChecksum: TapeFormat.checksum(written))
    let first = UnsafeMutableRawBufferPointer.allocate(byteCount: TapeFormat.page, alignment: 8)
    defer { first.deallocate() }
    first.initializeMemory(as: UInt8.self, repeating: 0)
    header.encode(into: first)
    try write(UnsafeRawBufferPointer(first), at: 0)
    let synced = apus_sync(descriptor)
    guard synced == 0 else { throw Self.failure(path, "cannot be synced", synced) }
    let renamed = apus_rename(path + ".new", path)
    guard renamed == 0 else { throw Self.failure(path, "cannot take its name", renamed) }
    isFinished = true
    return summary
  }

  /// The last block is as long as its rows: its columns move together.
  private mutating func writeBlock() throws(TapeError) {
    let base = block.baseAddress!
    if rowsInBlock < rowsPerBlock {
      TapeColumns(base, rows: rowsPerBlock).moveTogether(rows: rowsInBlock)
    }
    let used = rowsInBlock * TapeFormat.rowBytes
    let length = TapeFormat.blockBytes(rows: rowsInBlock)
    UnsafeMutableRawBufferPointer(rebasing: block[used..<length]).initializeMemory(as: UInt8.self, repeating: 0)
    let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[..<length])
    entry.offset = offset
    entry.rows = UInt32(rowsInBlock)
    entry.checksum = TapeFormat.checksum(bytes)
    try write(bytes, at: offset)
    entries.append(entry)
    entry = Self.emptyEntry
    offset += Int64(length)
    rowsInBlock = 0
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(TapeError) {
    guard bytes.count > 0 else { return }
    var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    let status = apus_write_at(descriptor, &part, 1, offset)
    guard status == 0 else { throw Self.failure(path + ".new", "cannot be written", status, offset) }
  }

  private static func failure(_ file: String, _ what: String, _ status: Int32, _ offset: Int64? = nil) -> TapeError {
    TapeError(file: file, offset: offset, reason: "\(what): \(String(cString: apus_error_text(-status)))")
  }
}
