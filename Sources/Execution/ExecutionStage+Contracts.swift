// Execution: what contracts have beside spot: margin that is held back, and money that moves without a trade.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Holds back what position, open orders and mark of a contract need by now. Nothing for spot.
  @inline(always)
  mutating func holdMargin(_ instrument: Int) {
    let state = instruments + instrument
    guard state.pointee.margin != nil else { return }
    let units = state.pointee.marginNeeded(
      buyLots: state.pointee.workingBuyLots, sellLots: state.pointee.workingSellLots)
    balances.rows[state.pointee.quote].reserved &+= units &- state.pointee.heldMargin
    state.pointee.heldMargin = units
  }

  /// Counts funding, or what the insurance fund of the venue took or gave: once, by the number of the payment. The
  /// strategy finds it among its fees.
  mutating func handleTransfer(_ report: UnsafePointer<ExecutionReport>) {
    let instrument = Int(report.pointee.instrument.rawValue)
    guard instrument < instrumentCount, instruments[instrument].definition.kind != .spot, report.pointee.trade > 0,
      balances.place(of: report.pointee.asset, venue: report.pointee.venue) == instruments[instrument].quote
    else {
      counters.malformedReports.add()
      return
    }
    let state = instruments + instrument
    guard report.pointee.trade > state.pointee.lastTransfer else { return }  // told before
    state.pointee.lastTransfer = report.pointee.trade
    let (units, place) = (report.pointee.amount.units, state.pointee.quote)
    state.pointee.position.fees = state.pointee.position.fees &- units
    state.pointee.areFiguresDue = true
    balances.change(place, by: units, nowNs: input.nowNs)
    nextDueNs = min(nextDueNs, balances.nextSettlementNs)
    _ = write(.balance, cause: report.pointee.cause, BalanceRecord(balances.rows[place], isMismatch: false))
    recordPosition(instrument, cause: report.pointee.cause)
    sendPosition(instrument, cause: report.pointee.cause)
    if report.pointee.kind == .insurance { haltContract(report.pointee.instrument, cause: report.pointee.cause) }
  }

  /// Somebody else moved a position in contracts: the venue liquidates, or another hand trades on the account. Nothing
  /// more is sent until somebody has looked.
  mutating func haltContract(_ instrument: InstrumentIndex, cause: UInt64) {
    let i = Int(instrument.rawValue)
    if i < instrumentCount && instruments[i].definition.kind != .spot { halt(i, cause: cause) }
  }
}
