// What a capture is of: read off all its messages before the first becomes a row.

import Market

/// Symbol, contract, finest printed steps and the recorder's clock.
///
/// Tick and lot are INFERRED: the finest step of any price and quantity, zeros at the end of a number not counted. A
/// capture carries no contract definition; by Binance's naming a `*_PERP` is an inverse contract, worth 100 USD for BTC
/// and 10 USD for any other coin, and any other futures symbol a linear one.
struct CaptureSurvey {
  private(set) var leastLatencyNs: Int64?
  private(set) var greatestLatencyNs: Int64?
  /// Snapshots of the depth.
  private(set) var snapshots = 0
  private var firstTimeNs: Int64?
  private var symbol: String?
  private var isFutures = false
  private var decimalsOfPrice = 0
  private var decimalsOfQuantity = 0
  private var lastTimeNs = Int64.min

  mutating func read(_ path: String) throws(CaptureError) {
    let lines = try TextLines(path: path)
    while let line = try lines.next() {
      let (timeNs, message) = try Self.message(line, of: lines, after: lastTimeNs)
      lastTimeNs = timeNs
      if message.kind == .snapshot { snapshots += 1 }
      // Depth from before the snapshot waits for it.
      if firstTimeNs == nil, message.kind != .depth, message.kind != .other { firstTimeNs = timeNs }
      if let named = message.symbol {
        guard symbol == nil || symbol == named else {
          throw lines.failure("is of \(named), the lines before it of \(symbol ?? ""): a tape is of one market")
        }
        symbol = named
      }
      guard message.kind != .other, message.kind != .touch else { continue }
      isFutures = isFutures || message.isFutures
      if let ms = message.transactionMs ?? message.eventMs, let ms = Int64(exactly: ms) {
        guard ms > 0, ms < Int64.max / 1_000_000 else { throw lines.failure("has a time that cannot be") }
        leastLatencyNs = min(leastLatencyNs ?? .max, timeNs - ms * 1_000_000)
        greatestLatencyNs = max(greatestLatencyNs ?? .min, timeNs - ms * 1_000_000)
      }
      note(message)
    }
  }

  /// What is added to every time of receipt: a clock that shows a message before it was made runs behind.
  var localShiftNs: Int64 { max(0, -(leastLatencyNs ?? 0)) }

  /// When the first and the last message were received, on the shifted clock.
  var spanNs: ClosedRange<Int64> {
    let first = firstTimeNs ?? 0
    return first + localShiftNs...max(first, lastTimeNs) + localShiftNs
  }

  func instrument(path: String) throws(CaptureError) -> TapeInstrument {
    guard let symbol, let name = ShortName(symbol) else {
      throw CaptureError(file: path, reason: "has no message that names a symbol of at most 15 bytes")
    }
    let kind: ContractKind = !isFutures ? .spot : symbol.hasSuffix("_PERP") ? .inverse : .linear
    return TapeInstrument(
      symbol: name, kind: kind, tick: DecimalStep(mantissa: 1, exponent: Int8(-decimalsOfPrice)),
      lot: DecimalStep(mantissa: 1, exponent: Int8(-decimalsOfQuantity)),
      multiplier: kind != .inverse ? 1 : symbol.hasPrefix("BTC") ? 100 : 10)
  }

  private mutating func note(_ message: CaptureMessage) {
    if let (price, quantity) = message.first { note(price, quantity) }
    for levels in [message.bids, message.asks] {
      guard let levels else { continue }
      var scanner = JSONScanner(levels)
      // That they are pairs of numbers is seen when they become rows.
      _ = scanner.pairs {
        note($0, $1)
        return true
      }
    }
  }

  private mutating func note(_ price: UnsafeRawBufferPointer, _ quantity: UnsafeRawBufferPointer) {
    decimalsOfPrice = max(decimalsOfPrice, Self.decimals(price))
    decimalsOfQuantity = max(decimalsOfQuantity, Self.decimals(quantity))
  }

  /// Digits behind the point, zeros at the end not counted; at most 18, so that a step of them is an integer.
  private static func decimals(_ text: UnsafeRawBufferPointer) -> Int {
    guard let point = text.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
    var last = text.count - 1
    while text[last] == UInt8(ascii: "0") { last -= 1 }
    return min(last - point, 18)
  }

  /// The symbol and the first time of a capture.
  static func beginning(of path: String) throws(CaptureError) -> (symbol: String, timeNs: Int64) {
    let lines = try TextLines(path: path)
    var firstNs: Int64?
    while let line = try lines.next() {
      let (timeNs, message) = try message(line, of: lines, after: firstNs ?? .min)
      if firstNs == nil { firstNs = timeNs }
      if let symbol = message.symbol { return (symbol, firstNs ?? timeNs) }
    }
    throw CaptureError(file: path, reason: "has no message that names a symbol")
  }

  /// Splits a line into its receive time and its message.
  static func message(_ line: UnsafeRawBufferPointer, of lines: TextLines, after previousNs: Int64)
    throws(CaptureError) -> (timeNs: Int64, message: CaptureMessage)
  {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")),
      let digits = UnsafeRawBufferPointer(rebasing: line[..<space]).digits, let timeNs = Int64(exactly: digits),
      timeNs > 0
    else { throw lines.failure("does not start with a receive time in nanoseconds and a space") }
    guard timeNs >= previousNs else { throw lines.failure("is older than the line before it") }
    guard let message = CaptureMessage(UnsafeRawBufferPointer(rebasing: line[(space + 1)...])) else {
      throw lines.failure("is neither a combined-stream message nor a depth snapshot")
    }
    return (timeNs, message)
  }
}
