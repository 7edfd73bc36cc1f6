// Random requests with every feature mixed, from a seed.

import Market
import Simulation
import Support

enum RandomRequest {
  case place(OrderEntry)
  case cancel(OrderId, AccountIndex)
  case amend(OrderId, AccountIndex, price: Int64, lots: Int64)
  case state(InstrumentState)
}

/// Requests of a few accounts around one price; remembers the accepted orders, so that most cancels find one.
struct RandomFlow {
  var random: SeededRandom
  let instruments: [InstrumentIndex]
  let accounts: Int32
  var centre: Int64 = 10_000
  /// Whether orders may be reduce-only, as those of contracts.
  var reduces = false
  private var known: [(id: OrderId, account: AccountIndex, price: Int64, lots: Int64)] = []

  init(seed: UInt64, instruments: [InstrumentIndex], accounts: Int32 = 4) {
    random = SeededRandom(seed)
    self.instruments = instruments
    self.accounts = accounts
  }

  mutating func below(_ bound: Int64) -> Int64 { Int64(random.next() % UInt64(bound)) }

  mutating func learn(_ events: [ExchangeEvent]) {
    for event in events where event.kind == .accepted {
      known.append((event.id, event.account, event.price.ticks, event.quantity.lots))
    }
    if known.count > 256 { known.removeFirst(128) }
  }

  mutating func next(timeNs: Int64) -> RandomRequest {
    let draw = below(1_000)
    if draw < 6 { return .state(below(3) == 0 ? InstrumentState.allCases[Int(below(4))] : .trading) }
    if draw < 30 { return .state(.trading) }
    if draw < 300, !known.isEmpty {
      let order = known[Int(below(Int64(known.count)))]
      return .cancel(order.id, below(20) == 0 ? AccountIndex(0) : order.account)
    }
    if draw < 420, !known.isEmpty {
      let order = known[Int(below(Int64(known.count)))]
      let price = below(2) == 0 ? order.price : centre + below(41) - 20
      // Now and then nothing changes but the price, or nothing at all.
      let more = below(8) == 0 ? 0 : below(31) - 20
      return .amend(order.id, order.account, price: price, lots: max(1, order.lots + more))
    }
    return .place(entry(timeNs: timeNs))
  }

  private mutating func entry(timeNs: Int64) -> OrderEntry {
    let side: Side = below(2) == 0 ? .buy : .sell
    var entry = OrderEntry(
      account: AccountIndex(Int32(below(Int64(accounts)))),
      instrument: instruments[Int(below(Int64(instruments.count)))],
      side: side, price: Price(ticks: centre + below(41) - 20), quantity: Quantity(lots: 1 + below(50)))
    // A transfer needs two orders that ask for it: it is drawn more often than the others.
    let modes = SelfTradePrevention.allCases
    entry.selfTradePrevention = modes[min(Int(below(8)), modes.count - 1)]
    switch below(100) {
    case 0..<55: break
    case 55..<65: entry.type = .market
    case 65..<73: entry.type = .stop
    case 73..<81: entry.type = .stopLimit
    case 81..<90: entry.postOnly = true
    default: entry.price.ticks += (below(2) == 0 ? 1 : -1) * below(2_000)
    }
    entry.stopPrice = Price(ticks: centre + (below(6) == 0 ? -side.sign : side.sign) * below(25))
    switch below(100) {
    case 0..<70: break
    case 70..<80: entry.lifetime = .immediateOrCancel
    case 80..<90: entry.lifetime = .fillOrKill
    default:
      entry.lifetime = .goodTilDate
      entry.expiryNs = timeNs + below(400)
    }
    if reduces { entry.reduceOnly = below(5) == 0 }
    if below(6) == 0 { entry.displayed = Quantity(lots: 1 + below(20)) }
    if below(50) == 0 {
      entry.displayed = Quantity(lots: 1)
      entry.quantity = Quantity(lots: 99 + below(8))
    }
    return entry
  }
}
