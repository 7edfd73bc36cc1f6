// A tape file replayed without being in memory.

import Market

/// A tape of any length, read twice at once: by local time, and by exchange time a little ahead. What is in memory is a piece
/// of rows for the first and, for the second, the rows that may still be out of order: those that were received within the
/// tape's spread of latencies. Each replay opens the file anew.
///
/// A tape with rows of single orders is a market by order, as in a `ReplayTape`; its open orders are in memory as well.
public struct TapeStream: ReplayMarket {
  public let instrument: TapeInstrument
  public let lowestTicks: Int64
  public let tickCount: Int
  public var pages: [Int] { [] }

  private let path: String
  private let rowsInMemory: Int
  private let isByOrder: Bool

  /// - Parameter rowsInMemory: how many rows may wait for their turn; the replay fails, and says so, where the tape's
  ///   latencies spread over more. 24 bytes each, and 56 of a market by order.
  public init(path: String, of expected: TapeInstrument? = nil, rowsInMemory: Int = 1 << 20) throws(TapeError) {
    precondition(rowsInMemory > 0)
    var reader = try TapeReader(path: path, of: expected)
    self.path = path
    self.rowsInMemory = rowsInMemory
    instrument = reader.instrument
    lowestTicks = reader.summary.lowestPriceTicks
    tickCount = try Self.tickCount(from: lowestTicks, to: reader.summary.highestPriceTicks, file: path)
    // The first row that is of a book says which kind of book it is.
    var first = try reader.next()
    while let row = first, row.kind == .clear || row.kind == .trade || row.kind == .touch { first = try reader.next() }
    isByOrder = first?.kind.isOfOrder ?? false
  }

  public func localRows() throws(TapeError) -> ReplayRows<ReplayRow> {
    isByOrder ? LevelRows(try inLocalOrder(OrderRow.self), lowestTicks: lowestTicks) : try inLocalOrder(ReplayRow.self)
  }

  public func exchangeRows() throws(TapeError) -> ReplayRows<ReplayRow> {
    isByOrder
      ? LevelRows(try inExchangeOrder(OrderRow.self), lowestTicks: lowestTicks) : try inExchangeOrder(ReplayRow.self)
  }

  public func orderRows() throws(TapeError) -> ReplayRows<OrderRow>? {
    isByOrder ? try inExchangeOrder(OrderRow.self) : nil
  }

  private func inLocalOrder<Row: TimedRow>(_ row: Row.Type) throws(TapeError) -> ReplayRows<Row> {
    LocalRows(try TapeReader(path: path, of: instrument), lowestTicks: lowestTicks, piece: min(rowsInMemory, 1 << 14))
  }

  private func inExchangeOrder<Row: TimedRow>(_ row: Row.Type) throws(TapeError) -> ReplayRows<Row> {
    ExchangeRows(
      try TapeReader(path: path, of: instrument), path: path, lowestTicks: lowestTicks, limit: rowsInMemory)
  }
}

private final class LocalRows<Row: TimedRow>: ReplayRows<Row> {
  private var reader: TapeReader
  private let lowestTicks: Int64
  private let piece: Int
  private var rows = RowPiece<Row>()

  init(_ reader: TapeReader, lowestTicks: Int64, piece: Int) {
    self.reader = reader
    self.lowestTicks = lowestTicks
    self.piece = piece
  }

  override func next() throws(TapeError) -> UnsafePointer<Row>? {
    rows.removeAll()
    for _ in 0..<piece {
      guard let row = try reader.next() else { break }
      rows.append(Row(row, timeNs: row.localTimeNs, lowestTicks: lowestTicks))
    }
    return rows.finish()
  }
}

/// A row's turn has come when no later one can be before it: those are received no earlier than the last one read, and so
/// were made no earlier than that less the tape's greatest latency.
private final class ExchangeRows<Row: TimedRow>: ReplayRows<Row> {
  private var reader: TapeReader
  private let path: String
  private let lowestTicks: Int64
  private let limit: Int
  private var waiting: [Row] = []
  private var lastLocalNs: Int64 = 0
  private var isAtEnd = false
  private var given = RowPiece<Row>()

  init(_ reader: TapeReader, path: String, lowestTicks: Int64, limit: Int) {
    self.reader = reader
    self.path = path
    self.lowestTicks = lowestTicks
    self.limit = limit
  }

  override func next() throws(TapeError) -> UnsafePointer<Row>? {
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
      waiting.append(Row(row, timeNs: row.exchangeTimeNs, lowestTicks: lowestTicks))
      lastLocalNs = row.localTimeNs
    }
    // Swift's sort keeps equal elements in their order, which is the tape's.
    waiting.sort { $0.timeNs < $1.timeNs }
    return isAtEnd ? .max : lastLocalNs - reader.summary.greatestLatencyNs
  }

  private func give(_ count: Int) -> UnsafePointer<Row>? {
    given.removeAll()
    for row in waiting[..<count] { given.append(row) }
    waiting.removeFirst(count)
    return given.finish()
  }
}

/// What the orders of a market by order display, at their times.
private final class LevelRows: ReplayRows<ReplayRow> {
  private let source: ReplayRows<OrderRow>
  private let lowestTicks: Int64
  private var display = OrderLevels()
  private var changes: [TapeRow] = []
  private var rows = RowPiece<ReplayRow>()

  init(_ source: ReplayRows<OrderRow>, lowestTicks: Int64) {
    self.source = source
    self.lowestTicks = lowestTicks
  }

  override func next() throws(TapeError) -> UnsafePointer<ReplayRow>? {
    // A piece of orders may change no level.
    while var order = try source.next() {
      rows.removeAll()
      while order.pointee.timeNs != .max {
        changes.removeAll(keepingCapacity: true)
        display.append(order.pointee.row, to: &changes)
        for change in changes {
          rows.append(ReplayRow(change, timeNs: order.pointee.timeNs, lowestTicks: lowestTicks))
        }
        order += 1
      }
      if let piece = rows.finish() { return piece }
    }
    return nil
  }
}
