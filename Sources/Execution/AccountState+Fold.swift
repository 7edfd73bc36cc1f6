// The fold of execution's records into an account: safe for any bytes, and blind to records that it has seen.

import Market
import Pipeline
import Risk

extension AccountState {
  public mutating func fold(_ record: UnsafeRawBufferPointer) {
    guard record.count >= RecordHeader.byteCount else { return }
    let header = record.loadUnaligned(as: RecordHeader.self)
    guard header.stage == stage, header.sequence > lastSequence else { return }
    lastSequence = header.sequence
    timeNs = header.timeNs
    let payload = UnsafeRawBufferPointer(rebasing: record[RecordHeader.byteCount...])
    switch RecordType(rawValue: header.type) {
    case .order: if let order = payload.checked(ApprovedOrderRecord.self) { fold(order) }
    case .orderState: if let state = payload.checked(OrderStateRecord.self) { fold(state) }
    case .fill: if let fill = payload.checked(FillRecord.self) { fold(fill) }
    case .position: if let position = payload.checked(PositionRecord.self) { fold(position) }
    case .balance: if let balance = payload.checked(BalanceRecord.self) { fold(balance) }
    case .reconciliation: if let step = payload.checked(ReconciliationRecord.self) { fold(step) }
    case .tradingState: if let state = payload.checked(TradingState.self) { tradingState = state }
    case .limit: if let limit = payload.checked(LimitRecord.self) { fold(limit) }
    default: break
    }
  }

  /// An order on its way. (An amendment of an open one changes nothing here: the venue's word on it follows.)
  private mutating func fold(_ order: ApprovedOrderRecord) {
    guard isKnown(order.instrument), orders[order.clientOrder.rawValue] == nil else { return }
    orders[order.clientOrder.rawValue] = AccountOrder(
      clientOrder: order.clientOrder, instrument: order.instrument, side: order.side, price: order.price,
      quantity: order.quantity)
  }

  private mutating func fold(_ state: OrderStateRecord) {
    guard var order = orders[state.clientOrder.rawValue] else { return }
    order.state = state.to
    order.venueOrder = state.venueOrder
    orders[state.clientOrder.rawValue] = order.isDone ? nil : order
  }

  private mutating func fold(_ fill: FillRecord) {
    guard isKnown(fill.instrument) else { return }
    let place = Int(fill.instrument.rawValue)
    instruments[place].position = fill.position
    instruments[place].add(trade: fill.trade)
    let instrument = instruments[place]
    change(fill.venue, instrument.base) { $0.computed = fill.baseComputed }
    change(fill.venue, instrument.quote) { $0.computed = fill.quoteComputed }
    if fill.feeAsset != .empty {
      change(fill.venue, fill.feeAsset) { ($0.computed, $0.fees) = (fill.feeComputed, fill.feesPaid) }
    }
    guard var order = orders[fill.clientOrder.rawValue] else { return }
    order.venueOrder = fill.venueOrder
    order.cumulative = Quantity(lots: fill.cumulativeLots)
    order.cumulativeValue = Amount(units: fill.cumulativeValue)
    order.inferred = Quantity(lots: fill.inferredLots)
    order.inferredValue = Amount(units: fill.inferredValue)
    orders[fill.clientOrder.rawValue] = order.isDone ? nil : order
  }

  private mutating func fold(_ record: PositionRecord) {
    guard isKnown(record.instrument) else { return }
    let place = Int(record.instrument.rawValue)
    instruments[place].position = record.position
    instruments[place].daily = record.daily
    instruments[place].verify(upTo: record.verifiedTrade)
  }

  private mutating func fold(_ balance: BalanceRecord) {
    change(balance.venue, balance.asset) {
      ($0.computed, $0.fees) = (balance.computed.units, balance.fees.units)
    }
  }

  /// Once a venue agrees, nothing of the sessions before this one is open there.
  private mutating func fold(_ record: ReconciliationRecord) {
    guard record.event == .green else { return }
    for i in instruments.indices where instruments[i].venue == record.venue { instruments[i].hasBaseline = true }
    orders = orders.filter { key, order in
      instruments[Int(order.instrument.rawValue)].venue != record.venue || key >> 40 >= record.bootEpoch
    }
  }

  private mutating func fold(_ record: LimitRecord) {
    limits.removeAll { $0.limit == record.limit && $0.instrument == record.instrument }
    limits.append(record)
  }

  private func isKnown(_ instrument: InstrumentIndex) -> Bool { Int(instrument.rawValue) < instruments.count }

  private mutating func change(_ venue: VenueIndex, _ asset: ShortName, _ body: (inout AccountAsset) -> Void) {
    let place = assets.firstIndex { $0.asset == asset && $0.venue == venue }
    if place == nil { assets.append(AccountAsset(venue: venue, asset: asset)) }
    body(&assets[place ?? assets.count - 1])
  }
}

extension AccountOrder {
  /// Nothing is open and nothing is still to come.
  var isDone: Bool { !state.isOpen && inferred.lots == 0 }
}

extension AccountInstrument {
  /// Remembers a trade that the venue will list again; 0 is none.
  mutating func add(trade: UInt64) {
    guard trade > verifiedTrade else { return }
    let place = trades.lastIndex { $0 <= trade }
    if let place, trades[place] == trade { return }
    trades.insert(trade, at: place.map { $0 + 1 } ?? 0)
    if trades.count > FillWindow.defaultCapacity { trades.removeFirst() }
  }

  mutating func verify(upTo trade: UInt64) {
    verifiedTrade = max(verifiedTrade, trade)
    trades.removeAll { $0 <= verifiedTrade }
  }
}
