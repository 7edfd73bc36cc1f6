// A venue that outlives the bot: what really happened to each order, and every answer it gives about it.

import Market
import Risk
import Support

/// One instrument's orders, trades and balances. Everything random comes from its own seed.
struct SurvivingVenue {
  struct Resting {
    var clientOrder: ClientOrderIdentifier
    var venueOrder: UInt64
    var side: Side
    var ticks: Int64
    var lots: Int64
    var filled: Int64 = 0
    var value: Int64 = 0
    var state = VenueOrderState.new
    var isOpen: Bool { state == .new || state == .partiallyFilled }
  }

  struct Trade {
    var id: UInt64
    var order: Int
    var ticks: Int64
    var lots: Int64
    var fee: Int64
    var feeAsset: String
  }

  static let initial = [
    "BTC": 1_000 * Amount.unitsPerCoin, "USDT": 50_000_000 * Amount.unitsPerCoin, "BNB": 1_000_000_000,
  ]

  private(set) var orders: [Resting] = []
  private(set) var trades: [Trade] = []
  /// Client order identifiers that came a second time: there must be none.
  private(set) var repeated: [ClientOrderIdentifier] = []
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed) }

  var open: [Resting] { orders.filter(\.isOpen) }
  var positionLots: Int64 { trades.reduce(0) { $0 + orders[$1.order].side.sign * $1.lots } }

  /// Free and locked together, in units of 10^-8.
  func total(_ asset: String) -> Int64 {
    trades.reduce(Self.initial[asset] ?? 0) { sum, trade in
      let sign = orders[trade.order].side.sign
      let moved =
        asset == "BTC" ? sign * trade.lots * 1000 : asset == "USDT" ? -sign * trade.ticks * trade.lots * 10 : 0
      return sum + moved - (trade.feeAsset == asset ? trade.fee : 0)
    }
  }

  // MARK: - What happens

  /// An order arrives. Some trade at once, in part or whole.
  mutating func place(_ order: ApprovedOrderRecord) -> [ExecutionReport] {
    if orders.contains(where: { $0.clientOrder == order.clientOrder }) {
      repeated.append(order.clientOrder)
      return []
    }
    orders.append(
      Resting(
        clientOrder: order.clientOrder, venueOrder: UInt64(orders.count + 1) * 10, side: order.side,
        ticks: order.price.ticks, lots: order.quantity.lots))
    let place = orders.count - 1
    if Int.random(in: 0..<10, using: &random) == 0 {
      orders[place].state = .rejected
      return [report(.rejected, place)]
    }
    let acknowledged = report(.acknowledged, place)
    return Int.random(in: 0..<4, using: &random) == 0 ? [acknowledged] + fill(place) : [acknowledged]
  }

  mutating func cancel(_ id: ClientOrderIdentifier) -> ExecutionReport {
    guard let place = orders.firstIndex(where: { $0.clientOrder == id }), orders[place].isOpen else {
      var refusal = blank(.cancelRejected)
      refusal.clientOrder = id
      refusal.reason = .unknownOrder
      return refusal
    }
    orders[place].state = .canceled
    return report(.canceled, place)
  }

  /// Somebody trades with what rests.
  mutating func trade() -> [ExecutionReport] {
    orders.indices.filter { orders[$0].isOpen }.flatMap { place in
      Int.random(in: 0..<40, using: &random) == 0 ? fill(place) : []
    }
  }

  private mutating func fill(_ place: Int) -> [ExecutionReport] {
    let rest = orders[place].lots - orders[place].filled
    let lots = Bool.random(using: &random) ? rest : Int64.random(in: 1...rest, using: &random)
    let trade = Trade(
      id: UInt64(trades.count + 1) * 3, order: place, ticks: orders[place].ticks, lots: lots,
      fee: .random(in: 0...5000, using: &random), feeAsset: ["USDT", "BTC", "BNB"].randomElement(using: &random)!)
    trades.append(trade)
    orders[place].filled += lots
    orders[place].value += trade.ticks * lots * 10
    orders[place].state = lots == rest ? .filled : .partiallyFilled
    return [report(of: trade, isListed: false)]
  }

  // MARK: - What it answers

  func answer(_ request: GatewayRequest) -> [ExecutionReport] {
    switch request.kind {
    case .cancel, .cancelAll: preconditionFailure("cancels change the venue")
    case .queryStatus:
      if let place = orders.firstIndex(where: { $0.clientOrder == request.clientOrder }) {
        return [report(.status, place)]
      }
      var unknown = blank(.status)
      unknown.clientOrder = request.clientOrder
      unknown.orderState = .notFound
      return [unknown]
    case .queryBalances: return balances()
    case .queryOpenOrders:
      let listed = orders.indices.filter { orders[$0].isOpen }.map { report(.status, $0) }
      return listed + [end(.openOrdersListed, listed.count)]
    case .queryTrades:
      let page = trades.filter { $0.id >= request.fromTrade }.prefix(GatewayRequest.tradesPerPage)
      return page.map { report(of: $0, isListed: true) } + [end(.tradesListed, page.count)]
    }
  }

  func balances() -> [ExecutionReport] {
    Self.initial.keys.sorted().map { asset in
      var locked: Int64 = 0
      for order in open {
        let rest = order.lots - order.filled
        if order.side == .buy && asset == "USDT" { locked += order.ticks * rest * 10 }
        if order.side == .sell && asset == "BTC" { locked += rest * 1000 }
      }
      var balance = blank(.balance)
      balance.asset = ShortName(asset)!
      balance.amount = Amount(units: total(asset) - locked)
      balance.lockedAmount = Amount(units: locked)
      return balance
    }
  }

  private func end(_ kind: ReportKind, _ count: Int) -> ExecutionReport {
    var end = blank(kind)
    end.trade = UInt64(count)
    return end
  }

  private func report(_ kind: ReportKind, _ place: Int) -> ExecutionReport {
    let order = orders[place]
    var report = blank(kind)
    report.clientOrder = order.clientOrder
    report.venueOrder = order.venueOrder
    report.side = order.side
    report.orderState = order.state
    report.price = Price(ticks: order.ticks)
    report.quantity = Quantity(lots: order.lots)
    report.cumulativeQuantity = Quantity(lots: order.filled)
    report.quoteAmount = Amount(units: order.value)
    return report
  }

  /// A trade as the user stream tells it, or as a list does, without the client's identifier.
  private func report(of trade: Trade, isListed: Bool) -> ExecutionReport {
    let order = orders[trade.order]
    var fill = blank(.fill)
    if !isListed { fill.clientOrder = order.clientOrder }
    fill.venueOrder = order.venueOrder
    fill.side = order.side
    fill.trade = trade.id
    fill.price = Price(ticks: trade.ticks)
    fill.quantity = Quantity(lots: trade.lots)
    fill.quoteAmount = Amount(units: trade.ticks * trade.lots * 10)
    fill.amount = Amount(units: trade.fee)
    fill.asset = ShortName(trade.feeAsset)!
    return fill
  }

  private func blank(_ kind: ReportKind) -> ExecutionReport {
    ExecutionReport(kind: kind, venue: VenueIndex(0), receiveTimeNs: 0, cause: 0)
  }
}
