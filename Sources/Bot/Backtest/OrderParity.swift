// One order of a recorded session beside the same order in the simulator.

import Market
import Risk

/// All fills of one order on one side of the comparison.
struct FillTotals: Equatable {
  var fills = 0
  var lots: Int64 = 0
  var makerLots: Int64 = 0
  /// In units of the quote asset.
  var value: Int64 = 0
  /// In units of the fee's own asset: base for a buy, quote for a sell.
  var fee: Int64 = 0
  var lastTimeNs: Int64 = 0

  mutating func add(_ fill: ExecutionReport) {
    fills += 1
    lots += fill.quantity.lots
    if fill.isMaker { makerLots += fill.quantity.lots }
    value += fill.quoteAmount.units
    fee += fill.amount.units
    lastTimeNs = max(lastTimeNs, fill.venueTimeNs)
  }

  /// What was bought and sold, to whom it fell, and at what cost. When is told apart: the market as a feed received it has
  /// the bot's clock, and fills have the venue's.
  func hasSameFills(as other: FillTotals) -> Bool {
    lots == other.lots && makerLots == other.makerLots && value == other.value && fee == other.fee
  }
}

struct OrderParity {
  var terms: ApprovedOrderRecord
  var sentNs: Int64
  var arrivalNs: Int64
  var answeredNs: Int64?
  /// Displayed lots before it in the simulator when it began to rest; no venue tells the real ones.
  var queueAheadLots: Int64 = 0
  var recorded = FillTotals()
  var simulated = FillTotals()

  /// The last fill in the simulator less the last one recorded; nil where one side has none.
  var lateNs: Int64? {
    recorded.fills > 0 && simulated.fills > 0 ? simulated.lastTimeNs &- recorded.lastTimeNs : nil
  }

  var isEqual: Bool { recorded.hasSameFills(as: simulated) }

  /// Cash that the simulator made more than the session did, in units of the quote asset; fees apart.
  var cashDifference: Int64 { terms.side.sign * (recorded.value - simulated.value) }
}

/// The orders of a session while both sides of each come in.
struct OrderParities {
  private var orders: [ClientOrderIdentifier: OrderParity] = [:]
  /// Fills that the session had reported before the comparison meets their order.
  private var early: [ClientOrderIdentifier: FillTotals] = [:]

  mutating func add(recorded fill: ExecutionReport) { early[fill.clientOrder, default: FillTotals()].add(fill) }

  mutating func add(_ terms: ApprovedOrderRecord, sentNs: Int64, arrivalNs: Int64, answeredNs: Int64?) {
    var order = OrderParity(terms: terms, sentNs: sentNs, arrivalNs: arrivalNs, answeredNs: answeredNs)
    order.recorded = early[terms.clientOrder] ?? FillTotals()
    orders[terms.clientOrder] = order
  }

  mutating func queue(_ ahead: Quantity, of name: ClientOrderIdentifier) { orders[name]?.queueAheadLots = ahead.lots }

  /// Takes the fills out of what the simulated venue said.
  mutating func add(simulated reports: inout [ExecutionReport]) {
    for report in reports where report.kind == .fill { orders[report.clientOrder]?.simulated.add(report) }
    reports.removeAll(keepingCapacity: true)
  }

  /// By their number, which is the order in which they were approved.
  var all: [OrderParity] { orders.values.sorted { $0.terms.clientOrder.rawValue < $1.terms.clientOrder.rawValue } }
}
