// What is wrong with a market's data, counted row by row: silences, repetitions, crossed books, clocks, lateness.

import Market

/// A silence longer than all before it, or a place where data are missing.
public struct DataGap: Sendable, Equatable {
  /// Receive time of the row before it.
  public var afterNs: Int64
  public var lengthNs: Int64

  public init(afterNs: Int64, lengthNs: Int64) {
    self.afterNs = afterNs
    self.lengthNs = lengthNs
  }
}

/// What was found.
public struct DataQualityReport: Sendable, Equatable {
  public var rows: Int64 = 0
  public var messages: Int64 = 0
  /// Rows by kind, in the order of `TapeRowKind`.
  public var rowsByKind = [Int64](repeating: 0, count: TapeRowKind.allCases.count)
  public var firstTimeNs: Int64 = 0
  public var lastTimeNs: Int64 = 0
  /// Silences of at least the bound, and the longest of them, longest first.
  public var silences: Int64 = 0
  public var longestSilences: [DataGap] = []
  /// Trade numbers that were left out, and such that came again.
  public var tradesMissing: Int64 = 0
  public var tradesRepeated: Int64 = 0
  /// Messages that say again what the message before said, at the same venue time.
  public var messagesRepeated: Int64 = 0
  /// Whole messages after which the best bid was above the best ask, or equal to it.
  public var crossed: Int64 = 0
  public var locked: Int64 = 0
  /// How long the book was crossed or locked, in nanoseconds of receive time.
  public var crossedNs: Int64 = 0
  /// Removals of levels that were not there: what made them was lost, or came before the data began.
  public var removalsOfNothing: Int64 = 0
  /// Trades more than one tick outside the touch at their time: book and trades do not belong together, or run apart.
  public var tradesOutsideTouch: Int64 = 0
  /// Messages whose venue time is before that of an earlier one, and by how much at most.
  public var late: Int64 = 0
  public var latestByNs: Int64 = 0
  /// Receive time minus venue time: network plus the difference of the clocks. Negative: the receiver's clock is behind.
  public var smallestDelayNs: Int64 = 0
  public var medianDelayNs: Int64 = 0
  /// The 99th percentile.
  public var highDelayNs: Int64 = 0
  /// Whether the rows carry receive times of their own.
  public var hasReceiveTimes = false
}

/// Looks at every row of a market in the order of receive times. One owner, one thread; its memory does not grow with
/// the data but for the book itself.
public struct DataQuality {
  private var report = DataQualityReport()
  private let silenceNs: Int64
  private let derivedTimes: Set<TapeRowKind>
  private var book = DisplayedBook()
  private var message: [TapeRow] = []
  private var lastMessage: [TapeRow] = []
  private var newestVenueTimeNs = Int64.min
  private var lastTrade: UInt64 = 0
  private var crossedSinceNs: Int64?
  private var delays = DecimatedSample()
  private static let gapsKept = 5

  /// - Parameters:
  ///   - silenceNs: from which length on a silence is counted.
  ///   - derivedTimes: kinds of rows whose venue time was made of the receive time (`CaptureRows.derivedTimes`): they tell nothing
  ///     of lateness and delay.
  public init(silenceNs: Int64 = 5_000_000_000, derivedTimes: Set<TapeRowKind> = []) {
    self.silenceNs = silenceNs
    self.derivedTimes = derivedTimes
  }

  public mutating func note(_ row: TapeRow) {
    if report.rows == 0 { report.firstTimeNs = row.localTimeNs }
    if report.rows > 0 { noteSilence(row.localTimeNs) }
    report.rows += 1
    report.rowsByKind[Int(row.kind.rawValue)] += 1
    report.lastTimeNs = row.localTimeNs
    if row.localTimeNs != row.exchangeTimeNs { report.hasReceiveTimes = true }
    apply(row)
    message.append(row)
    if row.endsMessage { finishMessage() }
  }

  public func finish() -> DataQualityReport {
    var report = report
    if let since = crossedSinceNs { report.crossedNs += report.lastTimeNs - since }
    (report.smallestDelayNs, report.medianDelayNs, report.highDelayNs) = delays.summary
    return report
  }

  private mutating func noteSilence(_ nowNs: Int64) {
    let gap = DataGap(afterNs: report.lastTimeNs, lengthNs: nowNs - report.lastTimeNs)
    guard gap.lengthNs >= silenceNs else { return }
    report.silences += 1
    let place = report.longestSilences.firstIndex { $0.lengthNs < gap.lengthNs } ?? report.longestSilences.count
    report.longestSilences.insert(gap, at: place)
    if report.longestSilences.count > Self.gapsKept { report.longestSilences.removeLast() }
  }

  private mutating func apply(_ row: TapeRow) {
    switch row.kind {
    case .level:
      if row.quantity == .zero, book.level(row.side, row.price) == nil { report.removalsOfNothing += 1 }
      book.set(row.side, row.price, row.quantity, updateId: 0)
    case .snapshotLevel:
      book.set(row.side, row.price, row.quantity, updateId: 0)
    case .clear:
      book.clear(row.side, through: row.price)
    case .trade:
      noteTrade(row)
    case .touch, .gap, .orderAdded, .orderChanged, .orderRemoved, .orderExecuted:
      break
    }
  }

  private mutating func noteTrade(_ row: TapeRow) {
    if row.number != 0 {
      if lastTrade != 0, row.number <= lastTrade {
        report.tradesRepeated += 1
      } else if lastTrade != 0 {
        let (sum, overflow) = report.tradesMissing.addingReportingOverflow(Int64(clamping: row.number - lastTrade - 1))
        report.tradesMissing = overflow ? .max : sum
      }
      lastTrade = max(lastTrade, row.number)
    }
    guard let bid = book.bestBid?.price.ticks, let ask = book.bestAsk?.price.ticks else { return }
    if row.price.ticks < min(bid, ask) - 1 || row.price.ticks > max(bid, ask) + 1 { report.tradesOutsideTouch += 1 }
  }

  private mutating func finishMessage() {
    guard let last = message.last else { return }
    report.messages += 1
    if !derivedTimes.contains(last.kind) { noteTimes(last) }
    if last.kind != .trade, says(message, as: lastMessage) { report.messagesRepeated += 1 }
    noteCross(last.localTimeNs)
    swap(&message, &lastMessage)
    message.removeAll(keepingCapacity: true)
  }

  private mutating func noteTimes(_ row: TapeRow) {
    if row.exchangeTimeNs < newestVenueTimeNs {
      report.late += 1
      report.latestByNs = max(report.latestByNs, newestVenueTimeNs - row.exchangeTimeNs)
    }
    newestVenueTimeNs = max(newestVenueTimeNs, row.exchangeTimeNs)
    delays.add(row.localTimeNs - row.exchangeTimeNs)
  }

  private func says(_ one: [TapeRow], as other: [TapeRow]) -> Bool {
    one.count == other.count
      && zip(one, other).allSatisfy {
        $0.kind == $1.kind && $0.side == $1.side && $0.price == $1.price && $0.quantity == $1.quantity
          && $0.exchangeTimeNs == $1.exchangeTimeNs && $0.number == $1.number
      }
  }

  private mutating func noteCross(_ nowNs: Int64) {
    guard let bid = book.bestBid?.price, let ask = book.bestAsk?.price, bid >= ask else {
      if let since = crossedSinceNs { report.crossedNs += nowNs - since }
      crossedSinceNs = nil
      return
    }
    if bid > ask { report.crossed += 1 } else { report.locked += 1 }
    if crossedSinceNs == nil { crossedSinceNs = nowNs }
  }
}

/// Every value of a short series, and every 2^k-th of a long one: quantiles in bounded memory, without chance.
private struct DecimatedSample {
  private var values: [Int64] = []
  private var smallest = Int64.max
  private var count: Int64 = 0
  private var stride: Int64 = 1
  private static let capacity = 1 << 18

  mutating func add(_ value: Int64) {
    defer { count += 1 }
    smallest = min(smallest, value)
    guard count % stride == 0 else { return }
    if values.count == Self.capacity {
      values = values.indices.filter { $0 % 2 == 0 }.map { values[$0] }
      stride *= 2
      guard count % stride == 0 else { return }
    }
    values.append(value)
  }

  var summary: (smallest: Int64, median: Int64, high: Int64) {
    guard !values.isEmpty else { return (0, 0, 0) }
    let sorted = values.sorted()
    return (smallest, sorted[sorted.count / 2], sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
  }
}
