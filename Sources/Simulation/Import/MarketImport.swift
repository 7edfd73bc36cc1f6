// Other people's files as one market: recognised by their contents, put on a grid, merged by time.

public import Market

/// What the user says of the market that the files do not.
public struct ImportSettings: Sendable {
  /// The finest step that the files print when nil.
  public var tick: DecimalStep?
  public var lot: DecimalStep?

  public init(tick: DecimalStep? = nil, lot: DecimalStep? = nil) {
    self.tick = tick
    self.lot = lot
  }
}

/// What is in a file that was recognised.
public enum ImportFormat: String, Sendable, CaseIterable {
  case tardis = "Tardis CSV"
  case binanceAggregateTrades = "Binance aggTrades"
  case binanceTrades = "Binance trades"
  /// Trades derived from intervals.
  case binanceKlines = "Binance klines (derived trades)"
  /// A book derived from depth by distance.
  case binanceBookDepth = "Binance bookDepth (derived book)"
  case hftbacktest = "hftbacktest events"
}

/// Rows of one market out of one or more files, merged by receive time; files given first come first at equal times.
/// One owner, one thread; holds one row of each file in memory.
public struct MarketImport {
  public struct File: Sendable {
    public let path: String
    public let format: ImportFormat
  }

  public let files: [File]
  public let tick: DecimalStep
  public let lot: DecimalStep
  /// Rows on which the grid was found.
  public let scannedRows: Int64
  private var heads: [(source: any ImportSource, row: ImportedRow?)] = []

  /// Opens the files. Unless both steps are given it reads them once to find the finest steps printed.
  ///
  /// - Throws: `CaptureError` for a file of no known format, and for everything that is wrong in one.
  public init(paths: [String], settings: ImportSettings = ImportSettings()) throws(CaptureError) {
    guard !paths.isEmpty else { throw CaptureError(file: "import", reason: "no file is given") }
    var files: [File] = []
    var steps = PrintedSteps()
    for path in paths {
      let (source, format) = try Self.open(path)
      files.append(File(path: path, format: format))
      guard settings.tick == nil || settings.lot == nil else { continue }
      while let row = try source.next() { steps.note(row) }
    }
    self.files = files
    scannedRows = steps.rows
    guard let tick = settings.tick ?? steps.tick else {
      throw CaptureError(
        file: paths[0], reason: "prints no price, so that its tick cannot be known: give it with --tick")
    }
    guard let lot = settings.lot ?? steps.lot else {
      throw CaptureError(
        file: paths[0], reason: "prints no quantity, so that its lot cannot be known: give it with --lot")
    }
    (self.tick, self.lot) = (tick, lot)
    for path in paths {
      let source = try Self.open(path).source
      heads.append((source, try source.next()))
    }
  }

  /// - Returns: the next row; nil after the last.
  public mutating func next() throws(CaptureError) -> TapeRow? {
    while true {
      var earliest: Int?
      for (i, head) in heads.enumerated() {
        guard let row = head.row else { continue }
        if let e = earliest, let best = heads[e].row, best.localTimeNs <= row.localTimeNs { continue }
        earliest = i
      }
      guard let earliest, let row = heads[earliest].row else { return nil }
      let placed = try placed(row, of: heads[earliest].source)
      heads[earliest].row = try heads[earliest].source.next()
      if let placed { return placed }
    }
  }

  /// The row on the grid; nil for a derived one of which nothing is left.
  private func placed(_ row: ImportedRow, of source: any ImportSource) throws(CaptureError) -> TapeRow? {
    let (ticks, lots): (Int64?, Int64?)
    if row.derived == nil {
      (ticks, lots) = (row.price.steps(tick), row.quantity.steps(lot))
    } else {
      ticks = row.price.steps(tick, roundedUp: row.side == .sell && row.kind != .trade)
      lots = row.quantity.steps(lot, roundedUp: false)
      if lots == 0, row.kind == .trade { return nil }
    }
    guard let ticks, let lots else {
      throw source.failure(
        row, "has \(row.quantity) at \(row.price), which is not on the grid of tick \(tick.text) and lot \(lot.text)")
    }
    return TapeRow(
      kind: row.kind, side: row.side, exchangeTimeNs: row.exchangeTimeNs, localTimeNs: row.localTimeNs,
      price: Price(ticks: ticks), quantity: Quantity(lots: lots), number: row.number, endsMessage: row.endsMessage)
  }

  /// Whether a file is a recorded capture, which `CaptureRows` reads: its first line begins with a receive time and JSON.
  public static func isCapture(_ path: String) -> Bool {
    guard !ZipArchive.isArchive(path), let lines = try? TextLines(path: path), let first = try? lines.next(),
      let space = first.firstIndex(of: UInt8(ascii: " ")), space + 1 < first.count
    else { return false }
    let isNumber = first[..<space].allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return space > 0 && isNumber && first[space + 1] == UInt8(ascii: "{")
  }

  private static func open(_ path: String) throws(CaptureError) -> (source: any ImportSource, format: ImportFormat) {
    if NumpyEventSource.isArray(path) { return (try NumpyEventSource(path: path), .hftbacktest) }
    let table = try TableFile(path: path)
    if let source = TardisSource(table) { return (source, .tardis) }
    if let source = BinanceFileSource(table) {
      switch source.kind {
      case .aggregateTrades: return (source, .binanceAggregateTrades)
      case .trades: return (source, .binanceTrades)
      case .klines: return (source, .binanceKlines)
      case .bookDepth: return (source, .binanceBookDepth)
      }
    }
    let seen = table.columns.isEmpty ? "no header" : "the columns \(table.columns.joined(separator: ","))"
    throw CaptureError(
      file: path,
      reason: """
        is none of the known formats: it has \(seen). Tardis files have a header; Binance's older files without one are \
        known by their published names (SYMBOL-aggTrades-DATE.zip); hftbacktest's arrays end in .npz or .npy
        """)
  }
}

/// The finest steps that files print.
private struct PrintedSteps {
  private(set) var rows: Int64 = 0
  private var priceExponent: Int?
  private var quantityExponent: Int?

  var tick: DecimalStep? { priceExponent.map { DecimalStep(mantissa: 1, exponent: Int8($0)) } }
  var lot: DecimalStep? { quantityExponent.map { DecimalStep(mantissa: 1, exponent: Int8($0)) } }

  mutating func note(_ row: ImportedRow) {
    rows += 1
    if let derived = row.derived {
      if let exponent = derived.priceExponent { priceExponent = Self.finer(priceExponent, exponent) }
      quantityExponent = Self.finer(quantityExponent, derived.quantityExponent)
      return
    }
    if row.price.digits != 0 { priceExponent = Self.finer(priceExponent, row.price.exponent) }
    if row.quantity.digits != 0 { quantityExponent = Self.finer(quantityExponent, row.quantity.exponent) }
  }

  /// A step is at most 1, however round the numbers are.
  private static func finer(_ known: Int?, _ exponent: Int) -> Int { max(min(known ?? 0, exponent, 0), -18) }
}

extension ImportedDecimal: CustomStringConvertible {
  var description: String { "\(digits)e\(exponent)" }
}

extension DecimalStep {
  /// As a decimal number.
  var text: String { DecimalText.string(1, step: self) ?? "\(mantissa)e\(exponent)" }
}
