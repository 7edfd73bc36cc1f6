// Binance's public data files: aggTrades and trades as they are; klines and bookDepth as markets DERIVED from them.

import Market

/// Rows of one file of Binance's public data (plain CSV or the zip archive as it is published).
///
/// Source: github.com/binance/binance-public-data, README. Times are milliseconds, in spot files from 2025-01-01 on
/// microseconds. The files say nothing of when anything was received: the receive time is the venue's time.
final class BinanceFileSource: ImportSource {
  enum Kind: String, Sendable {
    case aggregateTrades = "aggTrades"
    case trades
    /// DERIVED: four trades for each interval, at its open, its extremes and its close.
    case klines
    /// DERIVED: five levels a side, at the mean price of each percent of distance.
    case bookDepth
  }

  let path: String
  let kind: Kind
  private let table: TableFile
  private var waiting: [ImportedRow] = []
  private var lastTimeNs = Int64.min
  private var depth = BookDepthSnapshot()
  /// Depth snapshots whose mean prices contradict their distances (binance-public-data issue 431), and were left out.
  var inconsistentSnapshots: Int { depth.inconsistent }

  /// - Returns: nil when neither the columns nor the file's name tell the kind.
  init?(_ table: TableFile) {
    let columns = table.columns
    let name = table.path.split(separator: "/").last.map(String.init) ?? ""
    func isNamed(_ part: String) -> Bool { name.contains("-\(part)-") }
    if columns == ["timestamp", "percentage", "depth", "notional"] {
      kind = .bookDepth
    } else if columns.first == "agg_trade_id" || columns.isEmpty && isNamed("aggTrades") {
      kind = .aggregateTrades
    } else if columns.first == "open_time" || columns.isEmpty && Self.intervals.contains(where: isNamed) {
      kind = .klines
    } else if columns.prefix(3) == ["id", "price", "qty"] || columns.isEmpty && isNamed("trades") {
      kind = .trades
    } else {
      return nil
    }
    self.table = table
    path = table.path
  }

  private static let intervals = [
    "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1mo",
  ]

  func next() throws(CaptureError) -> ImportedRow? {
    while waiting.isEmpty {
      let expected = kind == .bookDepth ? 4 : kind == .klines ? 11 : kind == .trades ? 6 : 7
      var rows = try table.next(fields: expected) { fields throws(CaptureError) in try self.read(fields) }
      if rows == nil { rows = depth.finish() }
      guard let rows else { return nil }
      waiting = rows.reversed()
    }
    return waiting.popLast()
  }

  private func read(_ fields: TableFields) throws(CaptureError) -> [ImportedRow] {
    switch kind {
    case .aggregateTrades:
      return [try trade(fields, price: 1, quantity: 2, time: 5, buyerIsMaker: 6)]
    case .trades:
      return [try trade(fields, price: 1, quantity: 2, time: 4, buyerIsMaker: 5)]
    case .klines:
      return try kline(fields)
    case .bookDepth:
      return try depth.read(fields, table)
    }
  }

  private func trade(
    _ fields: TableFields, price: Int, quantity: Int, time: Int, buyerIsMaker: Int
  ) throws(CaptureError) -> ImportedRow {
    let timeNs = try orderedTimeNs(fields, time, "time")
    return ImportedRow(
      kind: .trade, side: try fields.truth(buyerIsMaker, "is_buyer_maker") ? .sell : .buy, exchangeTimeNs: timeNs,
      localTimeNs: timeNs, price: try fields.decimal(price, "price"),
      quantity: try fields.decimal(quantity, "quantity"), line: table.lineNumber,
      number: UInt64(try fields.whole(0, "id")), endsMessage: true)
  }

  /// An interval's path: open, then the extreme on the way against its change, the other one, and the close. The volume
  /// of takers who bought goes to the moves up, the rest to the moves down, in equal parts.
  private func kline(_ fields: TableFields) throws(CaptureError) -> [ImportedRow] {
    let openNs = try orderedTimeNs(fields, 0, "open_time")
    let closeNs = try fields.timeNs(6, "close_time", allowsMilliseconds: true)
    let (open, high) = (try fields.decimal(1, "open"), try fields.decimal(2, "high"))
    let (low, close) = (try fields.decimal(3, "low"), try fields.decimal(4, "close"))
    let (volume, bought) = (try fields.decimal(5, "volume"), try fields.decimal(9, "taker_buy_volume"))
    guard closeNs > openNs, let sold = volume.minus(bought), sold.digits >= 0,
      !low.isGreater(than: open), !low.isGreater(than: close), !open.isGreater(than: high), !close.isGreater(than: high)
    else { throw table.failure("contradicts itself: its times, prices or volumes cannot be those of one interval") }
    guard volume.digits > 0 else { return [] }
    let isUp = !open.isGreater(than: close)
    let path = isUp ? [open, low, high, close] : [open, high, low, close]
    let takers: [Side] = isUp ? [.buy, .sell, .buy, .sell] : [.sell, .buy, .sell, .buy]
    let stepNs = (closeNs - openNs) / 3
    // The next interval begins after this one's last trade.
    lastTimeNs = openNs + 3 * stepNs
    let (boughtHalf, soldHalf) = (bought.half, sold.half)
    let source = DerivedFrom(
      priceExponent: path.map(\.exponent).min(), quantityExponent: min(volume.exponent, bought.exponent))
    return path.indices.compactMap { i in
      let taker = takers[i]
      let quantity = taker == .buy ? boughtHalf : soldHalf
      guard quantity.digits > 0 else { return nil }
      let timeNs = openNs + stepNs * Int64(i)
      return ImportedRow(
        kind: .trade, side: taker, exchangeTimeNs: timeNs, localTimeNs: timeNs, price: path[i], quantity: quantity,
        line: table.lineNumber, endsMessage: true, derived: source)
    }
  }

  /// The time of a line, which is never before that of the line above.
  private func orderedTimeNs(_ fields: TableFields, _ i: Int, _ name: String) throws(CaptureError) -> Int64 {
    let timeNs = try fields.timeNs(i, name, allowsMilliseconds: true)
    guard timeNs >= lastTimeNs else { throw table.failure("is older than the line above it") }
    lastTimeNs = timeNs
    return timeNs
  }
}

extension ImportedDecimal {
  /// Both with the finer exponent.
  private func aligned(_ other: ImportedDecimal) -> (Int128, Int128, exponent: Int) {
    let finest = min(exponent, other.exponent)
    func digits(_ value: ImportedDecimal) -> Int128 {
      (finest..<value.exponent).reduce(Int128(value.digits)) { digits, _ in digits &* 10 }
    }
    return (digits(self), digits(other), finest)
  }

  func isGreater(than other: ImportedDecimal) -> Bool {
    let (own, others, _) = aligned(other)
    return own > others
  }

  func minus(_ other: ImportedDecimal) -> ImportedDecimal? {
    let (own, others, exponent) = aligned(other)
    return Int64(exactly: own &- others).map { ImportedDecimal($0, exponent) }
  }

  var half: ImportedDecimal { ImportedDecimal(digits * 5, exponent - 1) }

  /// The quotient, cut off at eight decimals; nil when it does not fit.
  func divided(by divisor: ImportedDecimal) -> ImportedDecimal? {
    let decimals = exponent - divisor.exponent + 8
    guard divisor.digits != 0, (0...18).contains(decimals) else { return nil }
    let numerator = (0..<decimals).reduce(Int128(digits)) { value, _ in value * 10 }
    return Int64(exactly: numerator / Int128(divisor.digits)).map { ImportedDecimal($0, -8) }
  }
}
