// Files of one market as messages in the order in which a backtest plays them.

public import Market

/// Captures or tapes of one instrument, read row by row and played message by message.
///
/// When a message happened at the venue: for contracts, whose messages all carry the venue's stamp, at that stamp (equal
/// ones in the order of the file); for spot, whose touches and snapshots carry none, when it was received (on a clock that
/// is set right where it ran behind the venue's: `CaptureRows`). One owner, one thread; in memory are the messages that
/// were received within the spread of the file's delays.
public final class RowMarket {
  public let instrument: Instrument
  /// When the first and the last message were received.
  public let spanNs: ClosedRange<Int64>

  private let files: [String]
  /// One of the two; tapes follow each other.
  private var capture: CaptureRows?
  private var tapes: [TapeReader] = []
  private var messages: RowMessages
  /// No message that was received later happened earlier than its time of receipt less this.
  private let greatestDelayNs: Int64
  private var waiting: [StampedMessage] = []
  private var isAtEnd = false
  private var lastTimeNs = Int64.min
  /// Whether there was a book so far.
  public private(set) var hasBook = false

  /// More waiting messages than this have delays that no market has.
  private static let waitingLimit = 1 << 20

  /// - Parameters:
  ///   - source: the files, as `MarketFile.all` finds them.
  ///   - instrument: what they are of; its steps divide those of the files.
  /// - Throws: `CaptureError` or `TapeError` with file, place and reason.
  public init(_ source: MarketFiles, as instrument: Instrument) throws {
    self.instrument = instrument
    files = source.paths
    let rows: TapeInstrument
    if source.areTapes {
      tapes = try source.paths.map { path in try TapeReader(path: path, of: source.instrument) }.reversed()
      rows = source.instrument
      greatestDelayNs = tapes.reduce(Int64.min) { max($0, $1.summary.greatestLatencyNs) }
    } else {
      let capture = try CaptureRows(paths: source.paths, touches: true, rebuilds: true)
      rows = capture.instrument
      greatestDelayNs = capture.greatestLatencyNs
      self.capture = capture
    }
    spanNs = source.spanNs
    guard rows.kind == instrument.kind, let messages = RowMessages(of: rows, for: instrument) else {
      throw CaptureError(
        file: source.paths[0],
        reason:
          "is of \(rows), which is no market of \(TapeInstrument(instrument)): kinds differ, or steps do not divide")
    }
    self.messages = messages
  }

  /// - Returns: the next message and when it happened at the venue, in the order of those times; nil at the end.
  public func next() throws -> (timeNs: Int64, stamped: StampedMessage)? {
    guard instrument.kind != .spot else {
      guard let stamped = try read() else { return nil }
      return (stamped.localTimeNs, stamped)
    }
    while !isAtEnd, waiting.first.map({ $0.exchangeTimeNs > safeNs }) ?? true {
      guard let stamped = try read() else {
        isAtEnd = true
        break
      }
      safeNs = stamped.localTimeNs - greatestDelayNs
      var place = waiting.count
      while place > 0, waiting[place - 1].exchangeTimeNs > stamped.exchangeTimeNs { place -= 1 }
      waiting.insert(stamped, at: place)
      guard waiting.count <= Self.waitingLimit else {
        throw CaptureError(file: files[0], reason: "has more than \(Self.waitingLimit) messages within its delays")
      }
    }
    guard !waiting.isEmpty else { return nil }
    let stamped = waiting.removeFirst()
    // What waited for its snapshot cannot happen before what was played meanwhile.
    lastTimeNs = max(lastTimeNs, stamped.exchangeTimeNs)
    return (lastTimeNs, stamped)
  }

  /// Up to when all messages have been read.
  private var safeNs = Int64.min

  private func read() throws -> StampedMessage? {
    do {
      let stamped = try messages.next { try self.row() }
      if case .snapshot? = stamped?.message { hasBook = true }
      return stamped
    } catch let error as RowMessageError {
      throw CaptureError(file: tapes.last?.path ?? files[0], reason: error.reason)
    }
  }

  private func row() throws -> TapeRow? {
    if capture != nil { return try capture?.next() }
    while let last = tapes.indices.last {
      if let row = try tapes[last].next() { return row }
      if last == 0 { return nil }
      tapes.removeLast()
    }
    return nil
  }
}
