// Tardis CSV files: incremental_book_L2, trades, and book_ticker or quotes.

import Market

/// Rows of one Tardis file.
///
/// Source: docs.tardis.dev, "Downloadable CSV files", data types. Times are microseconds since 1970; rows of one
/// `local_timestamp` are one message; the first rows with `is_snapshot` after others replace the whole book.
final class TardisSource: ImportSource {
  let path: String
  private let table: TableFile
  private let kind: Kind
  /// The rows of the message that is being handed out, last first.
  private var message: [ImportedRow] = []
  /// The rows of the line that was read after it.
  private var following: [ImportedRow] = []
  private var isInSnapshot = false
  private var localTimeNs = Int64.min
  private var symbol: String?
  /// Trades whose taker is not known; they tell nothing of a queue and are left out.
  private(set) var tradesWithoutSide = 0

  private enum Kind {
    case book, trades
    /// Columns of bid price, bid amount, ask price, ask amount.
    case touch(SIMD4<Int>)
  }

  /// - Returns: nil when the columns are not those of a Tardis file.
  init?(_ table: TableFile) {
    let common = ["exchange", "symbol", "timestamp", "local_timestamp"]
    switch table.columns {
    case common + ["is_snapshot", "side", "price", "amount"]: kind = .book
    case common + ["id", "side", "price", "amount"]: kind = .trades
    case common + ["ask_amount", "ask_price", "bid_price", "bid_amount"]: kind = .touch([6, 7, 5, 4])
    default: return nil
    }
    self.table = table
    path = table.path
  }

  func next() throws(CaptureError) -> ImportedRow? {
    if message.isEmpty { try readMessage() }
    return message.popLast()
  }

  /// Reads up to the line that belongs to another message: in a book, the first one of another receive time.
  private func readMessage() throws(CaptureError) {
    swap(&message, &following)
    if message.isEmpty { message = try readLine() ?? [] }
    if case .book = kind {
      while let line = try readLine() {
        guard line[0].localTimeNs == message[0].localTimeNs else {
          following = line
          break
        }
        message += line
      }
    }
    guard !message.isEmpty else { return }
    message[message.count - 1].endsMessage = true
    message.reverse()
  }

  /// - Returns: the rows of the next line that has any; nil after the last line.
  private func readLine() throws(CaptureError) -> [ImportedRow]? {
    while let rows = try table.next(fields: 8, { fields throws(CaptureError) in try self.read(fields) }) {
      if !rows.isEmpty { return rows }
    }
    return nil
  }

  private func read(_ fields: TableFields) throws(CaptureError) -> [ImportedRow] {
    let name = fields.text(1)
    if symbol == nil { symbol = name }
    guard name == symbol else {
      throw table.failure("is of \(name); the file began with \(symbol ?? "") and one instrument a file is expected")
    }
    let exchangeNs = try fields.timeNs(2, "timestamp")
    let localNs = try fields.timeNs(3, "local_timestamp")
    guard localNs >= localTimeNs else { throw table.failure("was received before the line above it") }
    localTimeNs = localNs
    func row(_ kind: TapeRowKind, _ side: Side, _ price: ImportedDecimal, _ quantity: ImportedDecimal) -> ImportedRow {
      ImportedRow(
        kind: kind, side: side, exchangeTimeNs: exchangeNs, localTimeNs: localNs, price: price, quantity: quantity,
        line: table.lineNumber)
    }
    switch kind {
    case .book:
      let isSnapshot = try fields.truth(4, "is_snapshot")
      let side: Side
      switch fields.text(5) {
      case "bid": side = .buy
      case "ask": side = .sell
      default: throw table.failure("side is \"\(fields.text(5))\"; bid or ask is expected")
      }
      let level = row(
        isSnapshot ? .snapshotLevel : .level, side, try fields.decimal(6, "price"), try fields.decimal(7, "amount"))
      defer { isInSnapshot = isSnapshot }
      guard isSnapshot, !isInSnapshot else { return [level] }
      return [row(.clear, .buy, .zero, .zero), row(.clear, .sell, .zero, .zero), level]
    case .trades:
      let taker: Side
      switch fields.text(5) {
      case "buy": taker = .buy
      case "sell": taker = .sell
      default:
        tradesWithoutSide += 1
        return []
      }
      var trade = row(.trade, taker, try fields.decimal(6, "price"), try fields.decimal(7, "amount"))
      // Some venues name trades by text: those have no number.
      trade.number = UInt64(fields.text(4)) ?? 0
      return [trade]
    case .touch(let columns):
      // An empty field is a side without orders.
      func touch(_ side: Side, _ price: Int, _ amount: Int) throws(CaptureError) -> ImportedRow {
        if fields.text(price).isEmpty { return row(.touch, side, .zero, .zero) }
        return row(.touch, side, try fields.decimal(price, "price"), try fields.decimal(amount, "amount"))
      }
      return [try touch(.buy, columns[0], columns[1]), try touch(.sell, columns[2], columns[3])]
    }
  }
}
