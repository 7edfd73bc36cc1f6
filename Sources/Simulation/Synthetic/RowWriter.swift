// Writes one message of a synthetic market as tape rows into memory of its caller.

import Market

/// The rows of one message. The caller's buffer has room for the largest one.
struct RowWriter {
  private let rows: UnsafeMutablePointer<TapeRow>
  private let exchangeTimeNs: Int64
  private let localTimeNs: Int64
  private let number: UInt64
  private(set) var count = 0

  /// More rows than any message has: a sweep tells two for each level, a snapshot one for each of both sides.
  static var capacity: Int { 2 * FlatBook.capacity + 2 }

  @inline(always)
  init(_ rows: UnsafeMutablePointer<TapeRow>, exchangeTimeNs: Int64, localTimeNs: Int64, number: UInt64) {
    self.rows = rows
    self.number = number
    self.exchangeTimeNs = exchangeTimeNs
    self.localTimeNs = localTimeNs
  }

  @inline(always)
  mutating func row(_ kind: TapeRowKind, _ side: Side, _ price: Price, lots: Int64, number: UInt64) {
    rows[count] = TapeRow(
      kind: kind, side: side, exchangeTimeNs: exchangeTimeNs, localTimeNs: localTimeNs, price: price,
      quantity: Quantity(lots: lots), number: number, endsMessage: false)
    count &+= 1
  }

  /// A level's new quantity, under the message's number.
  @inline(always)
  mutating func level(_ side: Side, _ price: Price, lots: Int64) {
    row(.level, side, price, lots: lots, number: number)
  }

  /// Marks the last row as the message's end.
  @inline(always)
  func end() { if count > 0 { rows[count &- 1].endsMessage = true } }

  /// The whole book: both sides cleared, then every level, best first.
  mutating func snapshot(_ book: borrowing FlatBook) {
    row(.clear, .buy, Price(ticks: 0), lots: 0, number: number)
    row(.clear, .sell, Price(ticks: 0), lots: 0, number: number)
    levels(book, .buy)
    levels(book, .sell)
    end()
  }

  private mutating func levels(_ book: borrowing FlatBook, _ side: Side) {
    for depth in 0..<book.count(side) {
      let level = book.level(side, depth)
      row(.snapshotLevel, side, level.price, lots: level.quantity.lots, number: number)
    }
  }
}
