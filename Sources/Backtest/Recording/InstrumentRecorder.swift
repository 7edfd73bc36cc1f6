// All that is followed of one instrument.

import Market

struct InstrumentRecorder {
  let instrument: Instrument
  private(set) var ledger: ProfitLedger
  private(set) var markouts: MarkoutTracker
  private(set) var trips = RoundTrips()
  private(set) var fees = FeeTable()
  private(set) var orders = OrderTracker()
  private(set) var liquidation = LiquidationTotals()
  /// Lots that the market traded, with us and without.
  private(set) var marketLots: Int64 = 0
  private(set) var marketTurnoverUnits: Int128 = 0
  private(set) var ownLots: Int64 = 0
  private var bidTicks: Int64 = 0
  private var askTicks: Int64 = 0

  init(_ instrument: Instrument, _ configuration: RecorderConfiguration) {
    guard let scale = ValueScale(instrument) else {
      preconditionFailure("\(instrument.symbol.text): tick, lot and multiplier are beyond 128 bits")
    }
    self.instrument = instrument
    ledger = ProfitLedger(scale)
    markouts = MarkoutTracker(configuration)
  }

  /// - Returns: whether the mid moved.
  mutating func touch(bid: Price, ask: Price) -> Bool {
    (bidTicks, askTicks) = (bid.ticks, ask.ticks)
    // A side that is empty, or an instant in which the replayed book is crossed, has no mid: the last one stays.
    guard bid.ticks > 0, ask.ticks > bid.ticks else { return false }
    let (sum, overflow) = bid.ticks.addingReportingOverflow(ask.ticks)
    guard !overflow, sum != ledger.midHalfTicks else { return false }
    ledger.mark(halfTicks: sum)
    return true
  }

  mutating func settle(before timeNs: Int64, _ told: (Int64, MarkoutHorizon, Double) -> Void) {
    markouts.settle(before: timeNs, &ledger, told)
  }

  mutating func end() { markouts.end(&ledger) }

  /// - Parameter feeUnits: in the settlement asset; nil when the fee's asset has no price.
  mutating func fill(_ fill: BacktestFill, feeUnits: Int64?, number: Int64) {
    let position = ledger.positionLots
    ledger.fill(fill)
    ledger.feeUnits += feeUnits ?? 0
    if feeUnits == nil { fees.addUnvalued(fill.fee, fill.feeAsset) }
    fees.add(fill, feeUnits: feeUnits ?? 0)
    trips.fill(fill, position: position, feeUnits: feeUnits ?? 0, ledger.scale)
    orders.fill(fill, ledger.scale)
    ownLots += fill.quantity.lots
    if fill.order == .none { liquidation.fills += 1 }
    markouts.add(
      PendingMarkout(
        number: number, timeNs: fill.timeNs, signedLots: fill.side.sign * fill.quantity.lots,
        priceTicks: fill.price.ticks, isMaker: fill.isMaker, worthAtFill: ledger.worthAtMid))
  }

  mutating func order(_ event: OrderEvent) {
    let taking = event.side == .buy ? askTicks : bidTicks
    orders.event(event, taking: 2 * taking, mid: ledger.midHalfTicks)
  }

  mutating func funding(_ amount: Amount) { ledger.fundingUnits += amount.units }

  mutating func insurance(_ received: Amount) {
    ledger.feeUnits -= received.units
    liquidation.insurancePaid.units -= received.units
  }

  mutating func marketTrade(price: Price, quantity: Quantity) {
    marketLots += quantity.lots
    let worth = ledger.scale.worth(halfTicks: 2 * price.ticks).magnitude
    marketTurnoverUnits += Int128(ledger.scale.units(Int128(quantity.lots) * Int128(worth)))
  }
}
