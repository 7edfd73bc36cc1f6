// Execution: what it takes over from the session before, and what it records so that the next can take over from it.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Takes over an account before the first step: positions, balances, counted trades, and its open orders as orders
  /// whose outcome is unknown and which are to be cancelled.
  ///
  /// An order that finds its row taken (another capacity than the last session's) is left out: if it is open, the
  /// venue's list of open orders has it, and its trades count for the position like any.
  mutating func inherit(_ account: AccountState) {
    precondition(account.instruments.count == instrumentCount, "a recovered account in this session's instruments")
    for (i, held) in account.instruments.enumerated() {
      let state = instruments + i
      precondition(held.symbol == state.pointee.definition.symbol, "a recovered account in this session's instruments")
      state.pointee.position = held.position
      state.pointee.daily = held.daily
      state.pointee.unrealised = held.daily.unrealised  // until the first touch
      state.pointee.verifiedTrade = held.verifiedTrade
      state.pointee.list.startLots = held.position.lots
      state.pointee.list.hasBaseline = held.hasBaseline
      holdMargin(i)
      for trade in held.trades {
        _ = fills.insert(
          FillKey(
            trade: trade, venue: held.venue, account: self.account, instrument: state.pointee.definition.index))
      }
    }
    isInheriting = true
    for g in 0..<reconciliation.count {
      reconciliation.venues[g].hasBaseline = account.hasBaseline(VenueIndex(UInt8(g)))
    }
    for asset in account.assets {
      guard let place = balances.place(of: asset.asset, venue: asset.venue) else {
        counters.untrackedAssets.add()
        continue
      }
      balances.rows[place].computed = asset.computed
      balances.rows[place].fees = asset.fees
      balances.rows[place].hasBaseline = true
    }
    for order in account.orders.values.sorted(by: { $0.clientOrder.rawValue < $1.clientOrder.rawValue }) {
      inherit(order)
    }
  }

  private mutating func inherit(_ old: AccountOrder) {
    var order = Order()
    order.clientOrder = old.clientOrder
    order.venueOrder = old.venueOrder
    order.instrument = old.instrument
    order.side = old.side
    order.price = old.price
    order.quantity = old.quantity
    order.cumulative = old.cumulative
    order.cumulativeQuote = old.cumulativeValue
    order.inferred = old.inferred
    order.inferredQuote = old.inferredValue
    order.state = old.state.isOpen ? .unknown : old.state
    order.isInherited = true
    order.isCancelWanted = old.state.isOpen
    guard let row = orders.inherit(order) else { return }
    if order.isOpen { hold(row) }
  }

  /// Counts an open order that this session did not place among the working ones.
  mutating func hold(_ order: UnsafeMutablePointer<Order>) {
    let state = instruments + Int(order.pointee.instrument.rawValue)
    order.pointee.reserved = Amount(units: state.pointee.reservation(order.pointee))
    let asset = order.pointee.side == .buy ? state.pointee.quote : state.pointee.base
    balances.rows[asset].reserved &+= order.pointee.reserved.units
    state.pointee.addWorking(order.pointee.remainingLots, side: order.pointee.side)
    state.pointee.openOrders &+= 1
    holdMargin(Int(order.pointee.instrument.rawValue))
  }

  /// Records a fill with all that stands after it.
  mutating func record(_ fill: Fill, _ report: UnsafePointer<ExecutionReport>, order: Order?) {
    let isTrade = report.pointee.kind == .fill
    let instrument = Int(order?.instrument.rawValue ?? report.pointee.instrument.rawValue)
    let state = instruments[instrument]
    let fee = isTrade ? report.pointee.amount.units : 0
    var feeRow: AssetBalance?
    if fee != 0, let place = balances.place(of: report.pointee.asset, venue: state.definition.venue) {
      feeRow = balances.rows[place]
    }
    _ = write(
      .fill, cause: report.pointee.cause,
      FillRecord(
        fill, trade: isTrade ? report.pointee.trade : 0, fee: fee, feeAsset: report.pointee.asset,
        isMaker: isTrade && report.pointee.isMaker, venueOrder: report.pointee.venueOrder, order: order, state: state,
        base: balances.rows[state.base], quote: balances.rows[state.quote], feeRow: feeRow, account: account))
  }

  /// Records an instrument's position, daily figures and verified trade after a change that no fill made.
  mutating func recordPosition(_ instrument: Int, cause: UInt64) {
    _ = write(.position, cause: cause, PositionRecord(instruments[instrument]))
  }
}
