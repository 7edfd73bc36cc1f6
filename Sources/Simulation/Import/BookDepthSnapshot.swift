// Binance's bookDepth files: what is displayed within 1 to 5 percent of the price, every half minute or so.

import Market

/// Gathers the ten lines of a snapshot and derives a book of five levels a side from them.
///
/// The file gives, for each whole percent of distance, the quantity (`depth`) and worth (`notional`) displayed up to
/// there. The difference of two neighbours is what stands between them, and worth by quantity its mean price: the price
/// of the derived level. Nothing nearer to the touch can be known from these files.
struct BookDepthSnapshot {
  private(set) var inconsistent = 0
  private var timeText = ""
  private var timeNs: Int64 = 0
  private var lastTimeNs = Int64.min
  private var lastLine = 0
  private var lines: [(percent: Int, depth: ImportedDecimal, notional: ImportedDecimal)] = []

  /// - Returns: the rows of the snapshot before, when this line begins another.
  mutating func read(_ fields: TableFields, _ table: TableFile) throws(CaptureError) -> [ImportedRow] {
    let text = fields.text(0)
    var rows: [ImportedRow] = []
    if text != timeText {
      rows = finish() ?? []
      guard let seconds = CivilTime.secondsSince1970(text) else {
        throw table.failure("timestamp is \"\(text)\"; YYYY-MM-DD HH:MM:SS is expected")
      }
      timeText = text
      timeNs = seconds * 1_000_000_000
      guard timeNs >= lastTimeNs else { throw table.failure("is older than the line above it") }
      lastTimeNs = timeNs
    }
    lastLine = table.lineNumber
    // Newer files print distances as decimals ("-5.00") and have 0.2 percent besides.
    guard let percent = Double(fields.text(1)), percent != 0, abs(percent) <= 5 else {
      throw table.failure("percentage is \"\(fields.text(1))\"; -5 to 5 without 0 is expected")
    }
    if percent == percent.rounded() {
      lines.append((Int(percent), try fields.decimal(2, "depth"), try fields.decimal(3, "notional")))
    }
    return rows
  }

  /// - Returns: the rows of the snapshot that was being gathered; nil without one.
  mutating func finish() -> [ImportedRow]? {
    guard !lines.isEmpty else { return nil }
    defer { lines = [] }
    guard let bids = levels(.buy), let asks = levels(.sell), let bid = bids.first, let ask = asks.first,
      ask.price.isGreater(than: bid.price)
    else {
      inconsistent += 1
      return []
    }
    // Prices stand nowhere in these files.
    let source = DerivedFrom(priceExponent: nil, quantityExponent: lines.map(\.depth.exponent).min() ?? 0)
    func row(_ kind: TapeRowKind, _ side: Side, _ price: ImportedDecimal, _ quantity: ImportedDecimal) -> ImportedRow {
      ImportedRow(
        kind: kind, side: side, exchangeTimeNs: timeNs, localTimeNs: timeNs, price: price, quantity: quantity,
        line: lastLine, derived: source)
    }
    var rows = [row(.clear, .buy, .zero, .zero), row(.clear, .sell, .zero, .zero)]
    rows += bids.map { row(.snapshotLevel, .buy, $0.price, $0.quantity) }
    rows += asks.map { row(.snapshotLevel, .sell, $0.price, $0.quantity) }
    rows[rows.count - 1].endsMessage = true
    return rows
  }

  /// The levels of a side, best first; nil when quantities do not grow with the distance, or the mean prices are not in
  /// its order (such files exist: binance-public-data issue 431).
  private func levels(_ side: Side) -> [(price: ImportedDecimal, quantity: ImportedDecimal)]? {
    let own = lines.filter { ($0.percent < 0) == (side == .buy) }.sorted { abs($0.percent) < abs($1.percent) }
    var (depth, notional) = (ImportedDecimal.zero, ImportedDecimal.zero)
    var levels: [(price: ImportedDecimal, quantity: ImportedDecimal)] = []
    for line in own {
      guard let quantity = line.depth.minus(depth), let worth = line.notional.minus(notional), quantity.digits >= 0,
        worth.digits >= 0
      else { return nil }
      (depth, notional) = (line.depth, line.notional)
      guard quantity.digits > 0 else { continue }
      guard let price = worth.divided(by: quantity), price.digits > 0 else { return nil }
      if let last = levels.last {
        guard side == .buy ? last.price.isGreater(than: price) : price.isGreater(than: last.price) else { return nil }
      }
      levels.append((price, quantity))
    }
    return levels.isEmpty ? nil : levels
  }
}

/// Dates and times of day in UTC, of this century and the next two: nanoseconds of them fit 64 bits.
enum CivilTime {
  /// - Parameter text: `YYYY-MM-DD HH:MM:SS`.
  static func secondsSince1970(_ text: String) -> Int64? {
    let parts = text.split { $0 == "-" || $0 == " " || $0 == ":" }.map { Int64($0) }
    guard text.utf8.count == 19, parts.count == 6, let year = parts[0], let month = parts[1], let day = parts[2],
      let hour = parts[3], let minute = parts[4], let second = parts[5], (1970...2199).contains(year),
      (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute),
      (0...60).contains(second)
    else { return nil }
    // Days of the civil calendar: years begin in March, so that a leap day is a year's last.
    let shifted = month > 2 ? year : year - 1
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    return days * 86_400 + hour * 3_600 + minute * 60 + second
  }
}
