// Which of a capture's depth messages make a book that is known to be whole: its snapshot, and what continues it.

import Market

/// Depth messages and snapshots by their update ids, as the live feed takes them: void until a snapshot that everything
/// received since continues, and void again from a missing message to the next such snapshot. What comes while it is void
/// waits; what the book has already is left out.
///
/// Source: binance-spot-api-docs, web-socket-streams.md, "How to manage a local order book correctly"; for futures the same
/// page of their documentation, where each message says what it continues (`pu`).
struct BookSequence {
  /// What a depth message says of its place, and the times of its rows.
  struct Place {
    var number: UInt64
    /// The update that it continues; nil where it does not say, which continues anything.
    var previous: UInt64?
    /// Whether it continues exactly that one (futures) or may overlap what is known (spot).
    var isExact: Bool
    var exchangeNs: Int64
    var localNs: Int64

    /// - Parameter isFirst: after a snapshot, which any message may overlap.
    func continues(_ last: UInt64, isFirst: Bool) -> Bool {
      guard let previous else { return true }
      return isExact && !isFirst ? previous == last : previous <= last
    }
  }

  /// The last update id of the book; nil while it is void.
  private var last: UInt64?
  /// Whether `last` is a message's and not the snapshot's.
  private var isChained = false
  private var waiting: [(place: Place, rows: [TapeRow])] = []
  private var waitingRows = 0
  /// A recorder has its snapshot within seconds. Where none comes the oldest are dropped.
  private static let waitingRowsMax = 1_000_000

  /// Whether the book is whole and has that update.
  func has(_ number: UInt64) -> Bool { last.map { number <= $0 } ?? false }

  /// Leaves in `rows`, which are those of a depth message that the book does not have, what is to be played now: all, none
  /// while it waits, or a gap.
  mutating func take(_ rows: inout [TapeRow], of place: Place) {
    guard let last else {
      wait(place, rows)
      return rows.removeAll(keepingCapacity: true)
    }
    guard place.continues(last, isFirst: !isChained) else {
      self.last = nil
      wait(place, rows)
      rows = Self.gap(before: place)
      return
    }
    self.last = place.number
    isChained = true
  }

  /// Leaves in `rows`, which are those of a snapshot, the book as it is at that time: the snapshot and what has waited for
  /// it; nothing where the snapshot is older than the book, or than what has been received.
  mutating func begin(_ rows: inout [TapeRow], of place: Place) {
    let following = waiting.filter { $0.place.number > place.number }
    guard !has(place.number), isWhole(following, after: place.number) else {
      return rows.removeAll(keepingCapacity: true)
    }
    for i in rows.indices where rows[i].kind == .clear { rows[i].price = Price(ticks: 0) }
    if !rows.isEmpty { rows[rows.count - 1].endsMessage = true }
    last = place.number
    isChained = false
    for message in following {
      for var row in message.rows {
        // What waited can be known from now on, and changes what the snapshot says by either clock.
        row.localTimeNs = place.localNs
        row.exchangeTimeNs = max(row.exchangeTimeNs, place.exchangeNs)
        rows.append(row)
      }
      last = message.place.number
      isChained = true
    }
    waiting = []
    waitingRows = 0
  }

  private mutating func wait(_ place: Place, _ rows: [TapeRow]) {
    // What comes again would stand behind what it is older than, and seem not to continue it.
    if let newest = waiting.last, place.number <= newest.place.number { return }
    var rows = rows
    if !rows.isEmpty { rows[rows.count - 1].endsMessage = true }
    waiting.append((place, rows))
    waitingRows += rows.count
    while waitingRows > Self.waitingRowsMax, waiting.count > 1 { waitingRows -= waiting.removeFirst().rows.count }
  }

  private func isWhole(_ messages: [(place: Place, rows: [TapeRow])], after snapshot: UInt64) -> Bool {
    var last = snapshot
    for (i, message) in messages.enumerated() {
      guard message.place.continues(last, isFirst: i == 0) else { return false }
      last = message.place.number
    }
    return true
  }

  /// A gap, and a book without a level: what a reader by rows alone has to know.
  private static func gap(before place: Place) -> [TapeRow] {
    func row(_ kind: TapeRowKind, _ side: Side, endsMessage: Bool) -> TapeRow {
      TapeRow(
        kind: kind, side: side, exchangeTimeNs: place.exchangeNs, localTimeNs: place.localNs, price: Price(ticks: 0),
        quantity: .zero, number: place.number, endsMessage: endsMessage)
    }
    return [
      row(.gap, .buy, endsMessage: false), row(.clear, .buy, endsMessage: false),
      row(.clear, .sell, endsMessage: true),
    ]
  }
}
