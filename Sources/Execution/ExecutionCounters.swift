// Counters and gauges of execution, readable from outside. Written by its thread only.

import Market
public import Pipeline
import Risk

/// The counters of an execution stage, all named `execution.*`.
public struct ExecutionCounters: ~Copyable {
  let ordersSent: Counter
  let ordersOpen: Counter
  let fillsMaker: Counter
  let fillsTaker: Counter
  let cancelsSent: Counter
  let queriesSent: Counter
  let cancelMisses: Counter
  /// Cancels and queries put off, because the ring to their gateway had no room.
  let requestsBlocked: Counter
  let amendsSent: Counter
  let amendsRejected: Counter
  let ordersCanceled: Counter
  let ordersExpired: Counter
  let ordersRejected: Counter
  let ordersNotSent: Counter
  let ordersUnknown: Counter
  let duplicateFills: Counter
  let lateFills: Counter
  let inferredFills: Counter
  let orphanReports: Counter
  let contradictions: Counter
  let overfills: Counter
  let instrumentHalts: Counter
  let malformedReports: Counter
  let balanceMismatches: Counter
  let untrackedAssets: Counter
  let stalls: Counter
  let reconciliation: ReconciliationCounters
  let trading: TradingCounters
  /// By `RefusalReason` and by `ReportReason` code.
  let refusals: UnsafeMutablePointer<Counter>
  let rejects: UnsafeMutablePointer<Counter>
  /// By instrument.
  let positions: UnsafeMutablePointer<Counter>
  let realised: UnsafeMutablePointer<Counter>
  let unrealised: UnsafeMutablePointer<Counter>
  let fees: UnsafeMutablePointer<Counter>

  /// `ReportReason` codes end below this.
  static var rejectCodeCount: Int { 64 }

  /// - Parameters:
  ///   - make: gives the counter of a name, as `CounterFile.counter` does. Not kept.
  ///   - histogram: gives the histogram of a name, as `CounterFile.histogram` does. Not kept.
  public init(
    instruments: [Instrument], _ make: (String) -> Counter, histogram: (String) -> LatencyHistogram
  ) {
    func named(_ name: String) -> Counter { make("execution." + name) }
    ordersSent = named("orders.sent")
    ordersOpen = named("orders.open")
    fillsMaker = named("fills.maker")
    fillsTaker = named("fills.taker")
    cancelsSent = named("cancels.sent")
    queriesSent = named("queries.sent")
    requestsBlocked = named("requests.blocked")
    cancelMisses = named("cancels.missed")
    amendsSent = named("amends.sent")
    amendsRejected = named("amends.rejected")
    ordersCanceled = named("orders.canceled")
    ordersExpired = named("orders.expired")
    ordersRejected = named("orders.rejected")
    ordersNotSent = named("orders.not_sent")
    ordersUnknown = named("orders.unknown")
    duplicateFills = named("fills.duplicate")
    lateFills = named("fills.late")
    inferredFills = named("fills.inferred")
    orphanReports = named("reports.orphan")
    contradictions = named("reports.contradiction")
    overfills = named("fills.over")
    instrumentHalts = named("instrument_halts")
    malformedReports = named("reports.malformed")
    balanceMismatches = named("balances.mismatch")
    untrackedAssets = named("balances.untracked")
    stalls = named("stalls")
    reconciliation = ReconciliationCounters(named)
    trading = TradingCounters(instruments: instruments, named, haltTime: histogram("execution.halt"))
    refusals = Self.table(RefusalReason.codeCount, unused: named("refused.other"))
    for reason in RefusalReason.allCases where reason != .none {
      refusals[Int(reason.rawValue)] = named("refused.\(reason)")
    }
    rejects = Self.table(Self.rejectCodeCount, unused: named("rejected.other"))
    for code in 0..<Self.rejectCodeCount {
      if let reason = ReportReason(rawValue: UInt16(code)), reason != .other, reason != .none {
        rejects[code] = named("rejected.\(reason)")
      }
    }
    positions = Self.table(instruments) { named("position.\($0).lots") }
    realised = Self.table(instruments) { named("position.\($0).realised") }
    unrealised = Self.table(instruments) { named("position.\($0).unrealised") }
    fees = Self.table(instruments) { named("position.\($0).fees") }
  }

  /// What the gate refused so far, by reason in the order of their numbers; reasons that were never given are left out.
  /// Cold.
  var refused: [RefusalCount] {
    RefusalReason.allCases.filter { $0 != .none }.sorted { $0.rawValue < $1.rawValue }
      .map { RefusalCount($0, refusals[Int($0.rawValue)].value) }.filter { $0.count > 0 }
  }

  deinit {
    refusals.deallocate()
    rejects.deallocate()
    positions.deallocate()
    realised.deallocate()
    unrealised.deallocate()
    fees.deallocate()
  }

  private static func table(_ count: Int, unused: Counter) -> UnsafeMutablePointer<Counter> {
    let table = UnsafeMutablePointer<Counter>.allocate(capacity: count)
    table.initialize(repeating: unused, count: count)
    return table
  }

  static func table(_ instruments: [Instrument], _ make: (String) -> Counter) -> UnsafeMutablePointer<Counter> {
    let table = UnsafeMutablePointer<Counter>.allocate(capacity: max(1, instruments.count))
    for (i, instrument) in instruments.enumerated() { (table + i).initialize(to: make(instrument.symbol.text)) }
    return table
  }
}
