// What the slow and obvious exchange refuses.

import Market
import Simulation

extension ReferenceExchange {
  func refusal(of entry: OrderEntry, timeNs: Int64) -> ExchangeRefusal? {
    guard state == .trading || (state == .postOnly && entry.postOnly) else { return .marketClosed }
    let isLimit = entry.type == .limit || entry.type == .stopLimit
    let rests = entry.lifetime == .goodTilCanceled || entry.lifetime == .goodTilDate
    if entry.postOnly {
      if entry.type != .limit || !rests { return .badCombination }
      if meets(entry) { return .wouldTake }
    }
    if entry.lifetime == .goodTilDate, !isLimit || entry.expiryNs <= timeNs { return .badCombination }
    if entry.lifetime == .fillOrKill, !isLimit { return .badCombination }
    if entry.type == .stop || entry.type == .stopLimit {
      if last == 0 { return .marketClosed }
      if entry.side == .buy ? last >= entry.stopPrice.ticks : last <= entry.stopPrice.ticks { return .wouldTrigger }
    }
    if entry.reduceOnly {
      guard let contract else { return .badCombination }
      if contract.reducible(entry.account, entry.side) == 0 { return .reduceOnly }
    }
    if let reason = filters(entry) { return reason }
    if orders.filter({ $0.entry.account == entry.account }).count >= maximumOpenOrders { return .tooManyOpenOrders }
    return nil
  }

  func filters(_ entry: OrderEntry) -> ExchangeRefusal? {
    let isLimit = entry.type == .limit || entry.type == .stopLimit
    if isLimit {
      if !prices.contains(entry.price.ticks) { return .priceFilter }
    }
    if entry.type == .stop || entry.type == .stopLimit, !prices.contains(entry.stopPrice.ticks) { return .priceFilter }
    if !(1...1_000_000).contains(entry.quantity.lots) { return .lotSize }
    let scaled = entry.price.ticks * 10_000
    if isLimit, last > 0, scaled < last * band.lowerBound || scaled > last * band.upperBound { return .priceBand }
    if entry.displayed.lots != 0 {
      if !isLimit || entry.lifetime == .immediateOrCancel || entry.lifetime == .fillOrKill { return .badCombination }
      let parts = (entry.quantity.lots + entry.displayed.lots - 1) / max(1, entry.displayed.lots)
      if entry.displayed.lots < 0 || entry.displayed >= entry.quantity || parts > 100 { return .icebergParts }
    }
    if entry.type == .market, last == 0, book(entry.side.opposite).isEmpty { return .marketClosed }
    return nil
  }

  func meets(_ entry: OrderEntry) -> Bool {
    guard let best = book(entry.side.opposite).first else { return false }
    return crosses(entry, best.entry.price.ticks)
  }

  func crosses(_ entry: OrderEntry, _ price: Int64) -> Bool {
    if entry.type == .market || entry.type == .stop { return true }
    return entry.side == .buy ? price <= entry.price.ticks : price >= entry.price.ticks
  }
}
