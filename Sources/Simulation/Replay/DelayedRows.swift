// A market whose rows arrive when a model says.

/// Rows with new times: each message's latency is drawn once, at the time that its rows have, and added to it. Messages are
/// FIFO: one that would overtake arrives with what it follows. One owner, one thread; memory for one piece.
final class DelayedRows<Model: FeedLatencyModel>: ReplayRows<ReplayRow> {
  private let source: ReplayRows<ReplayRow>
  private var model: Model
  /// What is left of the source's piece.
  private var rest: UnsafePointer<ReplayRow>
  private var rows = RowPiece<ReplayRow>()
  private var arrivalNs = Int64.min
  private var messageNs = Int64.min
  private var isMessageOver = true

  private static var pieceRows: Int { 1 << 14 }

  /// - Parameter source: rows in the order of the clock that the latency is added to.
  init(_ source: ReplayRows<ReplayRow>, _ model: Model) {
    self.source = source
    self.model = model
    rest = source.nothing
  }

  override func next() throws(TapeError) -> UnsafePointer<ReplayRow>? {
    if rest.pointee.timeNs == .max {
      guard let piece = try source.next() else { return nil }
      rest = piece
    }
    rows.removeAll()
    for _ in 0..<Self.pieceRows where rest.pointee.timeNs != .max {
      rows.append(delayed(rest.pointee))
      rest += 1
    }
    return rows.finish()
  }

  private func delayed(_ row: ReplayRow) -> ReplayRow {
    // Rows of one message have one time: where another comes between them by another clock, it has another time.
    if isMessageOver || row.timeNs != messageNs {
      messageNs = row.timeNs
      arrivalNs = max(arrivalNs, row.timeNs + model.latencyNs(at: row.timeNs))
    }
    isMessageOver = row.endsMessage
    var late = row
    late.timeNs = arrivalNs
    return late
  }
}
