// A tape file replayed without being in memory.

import Market

/// A tape of any length, read twice at once: by local time, and by exchange time a little ahead. What is in memory is a piece
/// of rows for the first and, for the second, the rows that may still be out of order: those that were received within the
/// tape's spread of latencies. Each replay opens the file anew.
public struct TapeStream: ReplayMarket {
  public let instrument: TapeInstrument
  public let lowestTicks: Int64
  public let tickCount: Int
  public var pages: [Int] { [] }

  private let path: String
  private let rowsInMemory: Int

  /// - Parameter rowsInMemory: how many rows may wait for their turn; the replay fails, and says so, where the tape's
  ///   latencies spread over more. 24 bytes each.
  public init(path: String, of expected: TapeInstrument? = nil, rowsInMemory: Int = 1 << 20) throws(TapeError) {
    precondition(rowsInMemory > 0)
    let reader = try TapeReader(path: path, of: expected)
    self.path = path
    self.rowsInMemory = rowsInMemory
    instrument = reader.instrument
    lowestTicks = reader.summary.lowestPriceTicks
    tickCount = try Self.tickCount(from: lowestTicks, to: reader.summary.highestPriceTicks, file: path)
  }

  public func localRows() throws(TapeError) -> ReplayRows {
    LocalRows(try TapeReader(path: path, of: instrument), lowestTicks: lowestTicks, piece: min(rowsInMemory, 1 << 14))
  }

  public func exchangeRows() throws(TapeError) -> ReplayRows {
    ExchangeRows(
      try TapeReader(path: path, of: instrument), path: path, lowestTicks: lowestTicks, limit: rowsInMemory)
  }
}

private final class LocalRows: ReplayRows {
  private var reader: TapeReader
  private let lowestTicks: Int64
  private let piece: Int
  private let rows: UnsafeMutablePointer<ReplayRow>

  init(_ reader: TapeReader, lowestTicks: Int64, piece: Int) {
    self.reader = reader
    self.lowestTicks = lowestTicks
    self.piece = piece
    rows = .allocate(capacity: piece + 1)
  }

  deinit { rows.deallocate() }

  override func next() throws(TapeError) -> UnsafePointer<ReplayRow>? {
    var count = 0
    while count < piece, let row = try reader.next() {
      rows[count] = ReplayRow(row, timeNs: row.localTimeNs, lowestTicks: lowestTicks)
      count += 1
    }
    rows[count] = .end
    return count == 0 ? nil : UnsafePointer(rows)
  }
}

/// A row's turn has come when no later one can be before it: those are received no earlier than the last one read, and so
/// were made no earlier than that less the tape's greatest latency.
private final class ExchangeRows: ReplayRows {
  private var reader: TapeReader
  private let path: String
  private let lowestTicks: Int64
  private let limit: Int
  private var waiting: [ReplayRow] = []
  private var lastLocalNs: Int64 = 0
  private var isAtEnd = false
  private var given: UnsafeMutablePointer<ReplayRow>
  private var capacity = 1

  init(_ reader: TapeReader, path: String, lowestTicks: Int64, limit: Int) {
    self.reader = reader
    self.path = path
    self.lowestTicks = lowestTicks
    self.limit = limit
    given = .allocate(capacity: 1)
  }

  deinit { given.deallocate() }

  override func next() throws(TapeError) -> UnsafePointer<ReplayRow>? {
    while true {
      let safeNs = try readAhead()
      let ready = waiting.firstIndex { $0.timeNs > safeNs } ?? waiting.count
      if ready > 0 { return give(ready) }
      if isAtEnd { return nil }
      guard waiting.count < limit else {
        throw TapeError(
          file: path,
          reason: """
            has latencies from \(reader.summary.leastLatencyNs) to \(reader.summary.greatestLatencyNs) ns, within which \
            more than \(limit) rows are received: they do not fit in the memory that was given
            """)
      }
    }
  }

  /// Reads a piece, as far as there is room, and sorts it in.
  ///
  /// - Returns: the time up to which all rows are there.
  private func readAhead() throws(TapeError) -> Int64 {
    for _ in 0..<min(limit - waiting.count, 1 << 14) {
      guard let row = try reader.next() else {
        isAtEnd = true
        break
      }
      waiting.append(ReplayRow(row, timeNs: row.exchangeTimeNs, lowestTicks: lowestTicks))
      lastLocalNs = row.localTimeNs
    }
    // Swift's sort keeps equal elements in their order, which is the tape's.
    waiting.sort { $0.timeNs < $1.timeNs }
    return isAtEnd ? .max : lastLocalNs - reader.summary.greatestLatencyNs
  }

  private func give(_ count: Int) -> UnsafePointer<ReplayRow> {
    if count + 1 > capacity {
      given.deallocate()
      capacity = count + 1
      given = .allocate(capacity: capacity)
    }
    for i in 0..<count { given[i] = waiting[i] }
    given[count] = .end
    waiting.removeFirst(count)
    return UnsafePointer(given)
  }
}
