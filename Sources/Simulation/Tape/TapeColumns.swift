// Where the columns of a block stand, and how a row is put into them and taken out.

import Market

/// The columns of one block: exchange time, local time, price, quantity, number (8 bytes each), then kind, side and end
/// of message in one byte.
struct TapeColumns {
  private let base: UnsafeMutableRawPointer
  private let rows: Int

  /// - Parameter rows: how many rows the columns have room for.
  init(_ base: UnsafeMutableRawPointer, rows: Int) {
    self.base = base
    self.rows = rows
  }

  private static let kindMask: UInt8 = 0x3F
  private static let sideBit: UInt8 = 0x40
  private static let endBit: UInt8 = 0x80

  func store(_ row: TapeRow, at place: Int) {
    let words = (
      row.exchangeTimeNs.littleEndian, row.localTimeNs.littleEndian, row.price.ticks.littleEndian,
      row.quantity.lots.littleEndian, Int64(bitPattern: row.number).littleEndian
    )
    set(0, place, words.0)
    set(1, place, words.1)
    set(2, place, words.2)
    set(3, place, words.3)
    set(4, place, words.4)
    let flags =
      row.kind.rawValue | (row.side == .sell ? Self.sideBit : 0) | (row.endsMessage ? Self.endBit : 0)
    base.storeBytes(of: flags, toByteOffset: 40 * rows + place, as: UInt8.self)
  }

  /// - Returns: nil when the kind is none.
  @inline(__always)
  func row(at place: Int) -> TapeRow? {
    let flags = base.load(fromByteOffset: 40 * rows + place, as: UInt8.self)
    guard let kind = TapeRowKind(rawValue: flags & Self.kindMask) else { return nil }
    return TapeRow(
      kind: kind, side: flags & Self.sideBit == 0 ? .buy : .sell, exchangeTimeNs: word(0, place),
      localTimeNs: word(1, place), price: Price(ticks: word(2, place)), quantity: Quantity(lots: word(3, place)),
      number: UInt64(bitPattern: word(4, place)), endsMessage: flags & Self.endBit != 0)
  }

  /// Makes a block of the first rows: each column moves up to the one before it.
  func moveTogether(rows kept: Int) {
    for column in 1..<5 {
      (base + 8 * column * kept).copyMemory(from: base + 8 * column * rows, byteCount: 8 * kept)
    }
    (base + 40 * kept).copyMemory(from: base + 40 * rows, byteCount: kept)
  }

  private func set(_ column: Int, _ place: Int, _ word: Int64) {
    base.storeBytes(of: word, toByteOffset: 8 * (column * rows + place), as: Int64.self)
  }

  @inline(__always)
  private func word(_ column: Int, _ place: Int) -> Int64 {
    Int64(littleEndian: base.load(fromByteOffset: 8 * (column * rows + place), as: Int64.self))
  }
}
