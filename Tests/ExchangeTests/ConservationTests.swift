// Nothing is made and nothing is lost: random orders with every feature mixed, the balance sheet after every request and
// a shadow ledger that believes the events alone.

import Market
import Simulation
import Support
import Testing

@Suite struct ConservationTests {
  #if DEBUG
    static let orders = 60_000
  #else
    static let orders = 1_000_000
  #endif

  static let schedule = FeeSchedule(
    [
      FeeTier(maker: 10_000, taker: 45_001),
      FeeTier(volume: Amount(units: 40_000_000_000), maker: -5_003, taker: 30_007),
    ], makerPerLot: -1, takerPerLot: 3)

  /// Spot, linear and inverse contracts with fees in three assets, funding, marks that jump, liquidations, an insurance
  /// fund; the spot price times quantity does not divide by a unit, so that every value is rounded.
  @Test func balancesToTheLastUnitAfterEveryRequest() throws {
    let schedule = try #require(Self.schedule)
    var exchange = try Fixture.exchange(
      accounts: 6, fees: schedule, payment: .other(Fixture.third, unitsPerCoin: 333_333),
      spotTick: DecimalStep(mantissa: 7, exponent: -7), band: 8_000...12_500, maximumOpenOrders: 60, endowed: false,
      tradeGroups: [1, 1, 2, 2, -1, -1])
    let assets = [Fixture.base, Fixture.quote, Fixture.third]
    var flow = RandomFlow(seed: 77, instruments: [Fixture.spot, Fixture.linear, Fixture.inverse], accounts: 6)
    // Small endowments, so that accounts run out of money and margin.
    for account in 0..<Int32(6) {
      exchange.deposit(Amount(units: 100_000_000), of: Fixture.base, to: AccountIndex(account))
      exchange.deposit(Amount(units: 10_000_000_000), of: Fixture.quote, to: AccountIndex(account))
      exchange.deposit(Amount(units: 50_000_000), of: Fixture.third, to: AccountIndex(account))
    }
    exchange.deposit(Amount(units: 1_000_000), of: Fixture.quote, to: exchange.insuranceFund)
    for account in [AccountIndex(1), AccountIndex(2)] {
      exchange.setMarginMode(.isolated, account, Fixture.linear)
      exchange.setMarginMode(.isolated, account, Fixture.inverse)
    }
    var outbox: [ExchangeEvent] = []
    var shadow = ShadowLedger(exchange)
    var timeNs: Int64 = 1_000_000_000_000_000_000
    var kinds = [ExchangeEventKind: Int]()
    var placed = 0
    var requests = 0
    while placed < Self.orders {
      timeNs += flow.below(4_000_000_000)
      outbox.removeAll(keepingCapacity: true)
      if flow.below(1_000) == 0 {
        flow.endow(&exchange)
        shadow = ShadowLedger(exchange)
      }
      placed += flow.request(&exchange, timeNs, &outbox)
      flow.learn(outbox)
      shadow.apply(outbox, fund: exchange.insuranceFund)
      for event in outbox { kinds[event.kind, default: 0] += 1 }
      requests += 1
      let imbalances = assets.map { exchange.imbalance($0) }
      let contracts = [Fixture.linear, Fixture.inverse].map { exchange.openContracts($0) }
      guard imbalances == [0, 0, 0], contracts == [0, 0], shadow.agrees(with: exchange) else {
        Issue.record("request \(requests): \(imbalances) \(contracts) \(outbox)")
        return
      }
    }
    let missing = ExchangeEventKind.allCases.filter { kinds[$0, default: 0] == 0 }
    #expect(missing.isEmpty, "kinds of event that never happened: \(missing)")
    let revenue = assets.map { exchange.revenue($0) }
    #expect(revenue.allSatisfy { $0 != .zero }, "fees were paid in every asset: \(revenue)")
  }
}

/// What every account has, by the events alone: free, locked and set aside, less the cost of its contracts.
struct ShadowLedger {
  private var worth: [[Int64]] = []

  init(_ exchange: borrowing Exchange) {
    worth = Self.worth(exchange)
  }

  mutating func apply(_ events: [ExchangeEvent], fund: AccountIndex) {
    for event in events {
      let (account, amount) = (event.account, event.amount.units)
      switch event.kind {
      case .filled:
        trade(event, account)
        pay(event.fee.units, event.asset, from: account, to: nil)
      case .deleveraged, .transferred: trade(event, account)
      case .takenOver:
        var closing = event
        closing.side = event.side.opposite
        trade(closing, account)
        trade(event, fund)
      case .funding, .shortfall: pay(amount, event.asset, from: fund, to: account)
      case .forfeited: pay(amount, event.asset, from: account, to: fund)
      default: break
      }
    }
  }

  func agrees(with exchange: borrowing Exchange) -> Bool { worth == Self.worth(exchange) }

  /// A purchase or sale of the event's side, for its amount.
  private mutating func trade(_ event: ExchangeEvent, _ account: AccountIndex) {
    let sign = event.side.sign
    if event.instrument == Fixture.inverse {
      worth[Int(account.rawValue)][0] += sign * event.amount.units
    } else {
      worth[Int(account.rawValue)][1] -= sign * event.amount.units
    }
    // A spot lot of the fixture is 0.001 of the base asset.
    if event.instrument == Fixture.spot { worth[Int(account.rawValue)][0] += sign * event.quantity.lots * 100_000 }
  }

  private mutating func pay(_ units: Int64, _ asset: AssetIndex, from: AccountIndex, to: AccountIndex?) {
    worth[Int(from.rawValue)][Int(asset.rawValue)] -= units
    if let to { worth[Int(to.rawValue)][Int(asset.rawValue)] += units }
  }

  private static func worth(_ exchange: borrowing Exchange) -> [[Int64]] {
    var worth: [[Int64]] = []
    for i in 0..<exchange.configuration.accounts + 2 {
      let account = AccountIndex(i)
      let (linear, inverse) = (
        exchange.position(account, Fixture.linear), exchange.position(account, Fixture.inverse)
      )
      let margins = [inverse.isolatedMargin - inverse.cost, linear.isolatedMargin - linear.cost, 0]
      var balances: [Int64] = []
      for (asset, margin) in zip([Fixture.base, Fixture.quote, Fixture.third], margins) {
        balances.append(exchange.free(account, asset).units + exchange.locked(account, asset).units + margin)
      }
      worth.append(balances)
    }
    return worth
  }
}

extension RandomFlow {
  /// Whoever has nothing left gets something: the market goes on.
  mutating func endow(_ exchange: inout Exchange) {
    let account = AccountIndex(Int32(below(Int64(accounts))))
    for (asset, units) in [(Fixture.base, 40_000_000), (Fixture.quote, 3_000_000_000)] {
      exchange.deposit(Amount(units: Int64(units)), of: asset, to: account)
    }
  }

  /// Makes one random request of the exchange, of any kind.
  ///
  /// - Returns: how many orders it placed.
  mutating func request(
    _ exchange: inout Exchange, _ timeNs: Int64, _ outbox: inout [ExchangeEvent]
  ) -> Int {
    if below(400) == 0 {
      let instrument = below(2) == 0 ? Fixture.linear : Fixture.inverse
      let jump = below(12) == 0 ? below(1_601) - 800 : below(61) - 30
      exchange.setMark(
        Price(ticks: max(8_200, min(12_000, centre + jump))), of: instrument, timeNs: timeNs, outbox: &outbox)
      return 0
    }
    if below(2_000) == 0 {
      let instrument = below(2) == 0 ? Fixture.linear : Fixture.inverse
      exchange.payFunding(rate: below(200_001) - 100_000, of: instrument, timeNs: timeNs, outbox: &outbox)
      return 0
    }
    switch next(timeNs: timeNs) {
    case .place(var entry):
      if entry.instrument != Fixture.spot { entry.reduceOnly = below(5) == 0 }
      exchange.place(entry, timeNs: timeNs, outbox: &outbox)
      return 1
    case .cancel(let id, let account):
      exchange.cancel(id, account: account, timeNs: timeNs, outbox: &outbox)
    case .amend(let id, let account, let price, let lots):
      exchange.amend(
        id, account: account, price: Price(ticks: price), quantity: Quantity(lots: lots), timeNs: timeNs,
        outbox: &outbox)
    case .state(let state):
      let instrument = instruments[Int(below(Int64(instruments.count)))]
      exchange.setState(state, of: instrument, timeNs: timeNs, outbox: &outbox)
    }
    return 0
  }
}
