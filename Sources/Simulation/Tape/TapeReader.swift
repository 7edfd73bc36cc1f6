// Reads a tape file through a mapping, block by block: memory follows the block size and not the file's length.

import CShims
import Market

/// The rows of a tape file in the order of their local times. Blocks are checked as they are entered, and their memory is
/// given back as they are left. A copy reads on by itself. One owner, one thread.
public struct TapeReader {
  public let path: String
  public let instrument: TapeInstrument
  public let summary: TapeSummary
  public var blockCount: Int { entries.count }

  private let mapping: TapeMapping
  private let entries: [TapeIndexEntry]
  private let indexOffset: Int64
  private var nextBlock = 0
  private var place = 0
  private var lastLocalTimeNs = Int64.min

  /// Opens the file and checks header and index.
  ///
  /// - Parameter expected: the instrument that it must be of; any when nil.
  public init(path: String, of expected: TapeInstrument? = nil) throws(TapeError) {
    self.path = path
    mapping = try TapeMapping(path: path)
    let header: TapeHeader
    do throws(TapeFormatError) {
      header = try TapeHeader(mapping.bytes)
    } catch {
      throw TapeError(file: path, offset: 0, reason: error.reason)
    }
    if let expected, expected != header.instrument {
      throw TapeError(file: path, reason: "is a tape of \(header.instrument), not of \(expected)")
    }
    instrument = header.instrument
    summary = header.summary
    indexOffset = header.indexOffset
    entries = try Self.index(header, mapping, path)
  }

  /// - Returns: the next row; nil after the last.
  public mutating func next() throws(TapeError) -> TapeRow? {
    while true {
      if nextBlock > 0 {
        let entry = entries[nextBlock - 1]
        if place < Int(entry.rows) {
          defer { place += 1 }
          return try row(entry)
        }
        mapping.forget(Int(entry.offset), TapeFormat.blockBytes(rows: Int(entry.rows)))
      }
      guard nextBlock < entries.count else { return nil }
      try enter(nextBlock)
    }
  }

  /// Goes to the first row received at `localTimeNs` or later, by the index.
  public mutating func seek(localTimeNs: Int64) throws(TapeError) {
    lastLocalTimeNs = .min
    guard let block = entries.firstIndex(where: { $0.lastLocalTimeNs >= localTimeNs }) else {
      (nextBlock, place) = (entries.count, entries.last.map { Int($0.rows) } ?? 0)
      return
    }
    try enter(block)
    while place < Int(entries[block].rows), try row(entries[block]).localTimeNs < localTimeNs { place += 1 }
  }

  private mutating func enter(_ block: Int) throws(TapeError) {
    let entry = entries[block]
    let length = TapeFormat.blockBytes(rows: Int(entry.rows))
    let bytes = UnsafeRawBufferPointer(rebasing: mapping.bytes[Int(entry.offset)..<Int(entry.offset) + length])
    guard TapeFormat.checksum(bytes) == entry.checksum else {
      throw TapeError(file: path, offset: entry.offset, reason: "block \(block) is corrupt: its checksum is wrong")
    }
    nextBlock = block + 1
    place = 0
  }

  private mutating func row(_ entry: TapeIndexEntry) throws(TapeError) -> TapeRow {
    let columns = TapeColumns(
      UnsafeMutableRawPointer(mutating: mapping.bytes.baseAddress! + Int(entry.offset)), rows: Int(entry.rows))
    guard let row = columns.row(at: place), row.exchangeTimeNs > 0, row.localTimeNs > 0, row.price.ticks >= 0,
      row.quantity.lots >= 0
    else { throw failure(entry, "is no row: its kind, a time, its price or its quantity cannot be") }
    guard row.localTimeNs >= lastLocalTimeNs, row.localTimeNs >= entry.firstLocalTimeNs else {
      throw failure(entry, "is unordered: its local time is before that of the row before it")
    }
    lastLocalTimeNs = row.localTimeNs
    return row
  }

  /// The offset of a row is that of its local time.
  private func failure(_ entry: TapeIndexEntry, _ reason: String) -> TapeError {
    TapeError(
      file: path, offset: entry.offset + Int64(8 * (Int(entry.rows) + place)),
      reason: "row \(place) of block \(nextBlock - 1) \(reason)")
  }

  private static func index(_ header: TapeHeader, _ mapping: TapeMapping, _ path: String) throws(TapeError)
    -> [TapeIndexEntry]
  {
    let size = Int64(mapping.bytes.count)
    let (indexBytes, overflow) = header.blockCount.multipliedReportingOverflow(by: Int64(TapeFormat.indexEntryBytes))
    guard !overflow, header.blockCount >= 0, header.indexOffset >= TapeFormat.page, header.indexOffset <= size,
      indexBytes <= size - header.indexOffset
    else {
      throw TapeError(file: path, offset: size, reason: "is truncated: the index should begin at \(header.indexOffset)")
    }
    guard indexBytes == size - header.indexOffset else {
      throw TapeError(file: path, offset: header.indexOffset + indexBytes, reason: "has bytes behind its end")
    }
    let bytes = UnsafeRawBufferPointer(rebasing: mapping.bytes[Int(header.indexOffset)...])
    guard TapeFormat.checksum(bytes) == header.indexChecksum else {
      throw TapeError(file: path, offset: header.indexOffset, reason: "the index is corrupt: its checksum is wrong")
    }
    let entries = (0..<Int(header.blockCount)).map { i in
      TapeIndexEntry(UnsafeRawBufferPointer(rebasing: bytes[(i * TapeFormat.indexEntryBytes)...]))
    }
    try check(entries, header, path)
    return entries
  }

  /// Blocks must follow each other without a gap, in the order of time, and hold as many rows as the header says.
  private static func check(_ entries: [TapeIndexEntry], _ header: TapeHeader, _ path: String) throws(TapeError) {
    var (offset, rows, timeNs) = (Int64(TapeFormat.page), Int64(0), Int64.min)
    for (i, entry) in entries.enumerated() {
      let place = header.indexOffset + Int64(i * TapeFormat.indexEntryBytes)
      guard entry.offset == offset, (1...UInt32(header.rowsPerBlock)).contains(entry.rows) else {
        throw TapeError(file: path, offset: place, reason: "the index names no block that could be")
      }
      guard entry.firstLocalTimeNs >= timeNs, entry.lastLocalTimeNs >= entry.firstLocalTimeNs else {
        throw TapeError(
          file: path, offset: place, reason: "block \(i) is unordered: it begins before the one before it")
      }
      offset += Int64(TapeFormat.blockBytes(rows: Int(entry.rows)))
      rows += Int64(entry.rows)
      timeNs = entry.lastLocalTimeNs
    }
    guard offset == header.indexOffset, rows == header.summary.rowCount else {
      throw TapeError(
        file: path, offset: header.indexOffset,
        reason: "the index has \(rows) rows, the header \(header.summary.rowCount)")
    }
  }
}

/// The file's bytes as long as somebody reads them.
final class TapeMapping {
  let bytes: UnsafeRawBufferPointer

  init(path: String) throws(TapeError) {
    var address: UnsafeMutableRawPointer?
    var count = 0
    let status = apus_map_lazily(path, &address, &count)
    guard status == 0, let address else {
      throw TapeError(file: path, reason: "cannot be opened: \(String(cString: apus_error_text(-status)))")
    }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit { apus_unmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }

  /// Gives the memory of these pages back; reading them again maps them again.
  func forget(_ offset: Int, _ count: Int) {
    apus_forget(UnsafeMutableRawPointer(mutating: bytes.baseAddress! + offset), count)
  }
}
