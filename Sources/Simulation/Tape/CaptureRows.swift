// A recorded capture as the rows of a tape.

import Market

/// The rows of one market's capture: one for each level, clear, snapshot level or trade, in the order of the messages, bids
/// before asks, as hftbacktest 2.4's converter makes them.
///
/// - Futures rows carry `T` as their exchange time, and trades of another type than MARKET are left out: they are transfers
///   of the insurance fund and of liquidations, not matches in the book.
/// - Spot depth has no `T`; its `E` stands in. Touches and spot snapshots have no time at all: they count as received with
///   the least latency of the capture. Both are DERIVED.
/// - A book is rebuilt by Binance's rule where that is asked for (`rebuilds`, see `BookSequence`): messages from before the
///   snapshot wait for it, those that it has already are left out, and it replaces the whole book. Where messages are
///   missing there is a `gap`, and no book until the next snapshot. Without it everything stands as recorded, as the peer
///   has it: a snapshot that is older than the message before it then turns levels back.
/// - Where the recorder's clock is so far behind that the least latency is negative, all local times are shifted by it.
///
/// Reads each file twice: once for steps, contract and clock, once for the rows. One owner, one thread; memory of a message.
public struct CaptureRows {
  public let instrument: TapeInstrument
  /// What was added to every local time, in nanoseconds.
  public let localShiftNs: Int64
  /// The greatest difference of the shifted local time and the exchange time that a message says.
  public let greatestLatencyNs: Int64

  /// Kinds of rows whose exchange time is DERIVED from the receive time, since the venue gives none.
  public var derivedTimes: Set<TapeRowKind> { instrument.kind == .spot ? [.touch, .clear, .snapshotLevel] : [] }

  private let paths: [String]
  private let leastLatencyNs: Int64
  private let withTouches: Bool
  private let rebuilds: Bool
  private var sequence = BookSequence()
  private var lines: TextLines
  private var file = 0
  private var lastTimeNs = Int64.min
  private var rows: [TapeRow] = []
  private var place = 0

  /// - Parameters:
  ///   - paths: files of one market that follow each other in time.
  ///   - touches: whether best prices that were sent apart from the depth are rows too.
  ///   - rebuilds: whether snapshot and depth messages are put in the order of their update ids.
  /// - Throws: `CaptureError` for the first thing that is no capture of one market.
  public init(paths: [String], touches: Bool = false, rebuilds: Bool = false) throws(CaptureError) {
    guard let first = paths.first else { throw CaptureError(file: "capture", reason: "no file is given") }
    var survey = CaptureSurvey()
    for path in paths { try survey.read(path) }
    instrument = try survey.instrument(path: first)
    leastLatencyNs = survey.leastLatencyNs ?? 0
    localShiftNs = survey.localShiftNs
    greatestLatencyNs = (survey.greatestLatencyNs ?? 0) + localShiftNs
    self.paths = paths
    withTouches = touches
    self.rebuilds = rebuilds
    lines = try TextLines(path: first)
  }

  /// - Returns: the next row; nil after the last.
  public mutating func next() throws(CaptureError) -> TapeRow? {
    while place == rows.count {
      rows.removeAll(keepingCapacity: true)
      place = 0
      guard try readMessage() else { return nil }
    }
    defer { place += 1 }
    return rows[place]
  }

  /// Fills `rows` with those of the next message, of which there may be none; false at the end.
  private mutating func readMessage() throws(CaptureError) -> Bool {
    guard let line = try lines.next() else {
      file += 1
      guard file < paths.count else { return false }
      lines = try TextLines(path: paths[file])
      return true
    }
    let (timeNs, message) = try CaptureSurvey.message(line, of: lines, after: lastTimeNs)
    lastTimeNs = timeNs
    let exchangeMs = message.transactionMs ?? message.eventMs
    let exchangeNs = exchangeMs.flatMap { Int64(exactly: $0) }.map { $0 * 1_000_000 } ?? timeNs - leastLatencyNs
    let stamp = (exchangeNs, timeNs + localShiftNs)
    switch message.kind {
    case .depth:
      if rebuilds, sequence.has(message.number) { break }
      try add(.level, .buy, message.bids, message.number, stamp)
      try add(.level, .sell, message.asks, message.number, stamp)
      if rebuilds { sequence.take(&rows, of: place(message, stamp)) }
    case .snapshot:
      try addSnapshot(.buy, message.bids, message.number, stamp)
      try addSnapshot(.sell, message.asks, message.number, stamp)
      if rebuilds { sequence.begin(&rows, of: place(message, stamp)) }
    case .trade:
      if let type = message.tradeType, !type.equals("MARKET") { break }
      try add(.trade, message.buyerIsMaker ? .sell : .buy, message.first, message.number, stamp)
    case .touch where withTouches:
      try add(.touch, .buy, message.first, message.number, stamp)
      try add(.touch, .sell, message.second, message.number, stamp)
    case .touch, .other: break
    }
    if !rows.isEmpty { rows[rows.count - 1].endsMessage = true }
    return true
  }

  private func place(_ message: CaptureMessage, _ stamp: Stamp) -> BookSequence.Place {
    BookSequence.Place(
      number: message.number, previous: message.previousNumber, isExact: message.isFutures,
      exchangeNs: stamp.exchangeNs, localNs: stamp.localNs)
  }

  private typealias Stamp = (exchangeNs: Int64, localNs: Int64)
  private typealias Text = UnsafeRawBufferPointer

  /// A clear up to the last price, then the levels; nothing for a side without levels.
  private mutating func addSnapshot(_ side: Side, _ levels: Text?, _ number: UInt64, _ stamp: Stamp)
    throws(CaptureError)
  {
    let start = rows.count
    try add(.snapshotLevel, side, levels, number, stamp)
    guard var clear = rows.last, rows.count > start else { return }
    clear.kind = .clear
    clear.quantity = .zero
    rows.insert(clear, at: start)
  }

  private mutating func add(_ kind: TapeRowKind, _ side: Side, _ levels: Text?, _ number: UInt64, _ stamp: Stamp)
    throws(CaptureError)
  {
    guard let levels else { return }
    var scanner = JSONScanner(levels)
    let (tick, lot) = (instrument.tick, instrument.lot)
    var isOnGrid = true
    let isWhole = scanner.pairs { price, quantity in
      guard let row = Self.row(kind, side, price, quantity, number, stamp, tick, lot) else {
        isOnGrid = false
        return false
      }
      rows.append(row)
      return true
    }
    guard isWhole else { throw lines.failure(isOnGrid ? "has levels that are no pairs" : Self.offGrid) }
  }

  private mutating func add(_ kind: TapeRowKind, _ side: Side, _ level: (Text, Text)?, _ number: UInt64, _ stamp: Stamp)
    throws(CaptureError)
  {
    guard let level else { return }
    guard let row = Self.row(kind, side, level.0, level.1, number, stamp, instrument.tick, instrument.lot) else {
      throw lines.failure(Self.offGrid)
    }
    rows.append(row)
  }

  private static let offGrid = "has a price or quantity that is no decimal number"

  private static func row(
    _ kind: TapeRowKind, _ side: Side, _ price: Text, _ quantity: Text, _ number: UInt64, _ stamp: Stamp,
    _ tick: DecimalStep, _ lot: DecimalStep
  ) -> TapeRow? {
    var (ticks, lots): (Int64, Int64) = (0, 0)
    guard DecimalText.parse(price, step: tick, into: &ticks) == .exact,
      DecimalText.parse(quantity, step: lot, into: &lots) == .exact, ticks >= 0, lots >= 0
    else { return nil }
    return TapeRow(
      kind: kind, side: side, exchangeTimeNs: stamp.exchangeNs, localTimeNs: stamp.localNs, price: Price(ticks: ticks),
      quantity: Quantity(lots: lots), number: number, endsMessage: false)
  }
}

extension Tape {
  /// A whole capture in memory.
  public convenience init(capture paths: [String], touches: Bool = false, rebuilds: Bool = false)
    throws(CaptureError)
  {
    var source = try CaptureRows(paths: paths, touches: touches, rebuilds: rebuilds)
    var rows: [TapeRow] = []
    while let row = try source.next() { rows.append(row) }
    do throws(TapeError) {
      try self.init(instrument: source.instrument, rows: rows)
    } catch {
      throw CaptureError(file: paths[0], reason: error.reason)
    }
  }
}
