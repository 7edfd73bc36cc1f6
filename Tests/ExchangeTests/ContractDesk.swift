// One contract at the matching engine, with a market set by hand.

import Market
import Simulation
import Testing

/// A desk of one contract at the engine; its book has one level a side, set anew whenever it moves.
struct ContractDesk {
  var engine: MatchingEngine
  let index = InstrumentIndex(0)
  var updateId: UInt64 = 0
  var timeNs: Int64 = 1
  /// Of the last input.
  var events: [VenueEvent] = []
  var fills: [VenueFill] = []
  var transfers: [VenueTransfer] = []

  /// A lot of a linear contract is 0.001 BTC, an inverse one is worth 100 USD; a tick is 0.1.
  init(
    _ kind: ContractKind, wallet: Int64, leverage: Int64 = 10, maintenance: Int64 = 500_000, takerRate: Int64 = 0,
    funding: FundingTerms? = nil, liquidationFee: Int64 = 0
  ) throws {
    let definition = Fixture.definition(
      0, kind, tick: DecimalStep(mantissa: 1, exponent: -1),
      lot: DecimalStep(mantissa: 1, exponent: kind == .inverse ? 0 : -3), multiplier: kind == .inverse ? 100 : 1,
      prices: 1...10_000_000)
    let tier = MarginTier(notionalCap: Amount(units: .max), initialRate: maintenance, maintenanceRate: maintenance)
    let table = try #require(MarginTable([tier], liquidationFeeRate: liquidationFee)?.limited(toLeverage: leverage))
    engine = try #require(
      MatchingEngine(
        instruments: [definition],
        balances: [AssetBalance(asset: definition.settlement, free: Amount(units: wallet))],
        models: MatchingModels(
          fees: FeeTerms(maker: 0, taker: takerRate), contracts: [ContractTerms(margin: table, funding: funding)])))
  }

  var wallet: Int64 { engine.balances[0].free.units + engine.balances[0].locked.units }
  var position: MatchingEngine.ContractPosition { engine.position(index)! }

  mutating func book(_ bid: Int64, _ ask: Int64, lots: Int64 = 1_000_000) {
    updateId += 1
    func level(_ ticks: Int64) -> [PriceQuantity] {
      [PriceQuantity(price: Price(ticks: ticks), quantity: Quantity(lots: lots))]
    }
    apply(.market(index, .snapshot(bids: level(bid), asks: level(ask), updateId: updateId)))
  }

  mutating func place(_ side: Side, _ lots: Int64, at ticks: Int64? = nil, reduceOnly: Bool = false) {
    apply(
      .place(
        PlaceOrder(
          instrument: index, side: side, type: ticks == nil ? .market : .limit,
          timeInForce: ticks == nil ? .immediateOrCancel : .goodTilCanceled, price: Price(ticks: ticks ?? 0),
          quantity: Quantity(lots: lots), reduceOnly: reduceOnly)))
  }

  mutating func trade(_ ticks: Int64, lots: Int64, taker: Side) {
    updateId += 1
    let trade = PriceQuantity(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
    apply(.market(index, .trade(trade, takerSide: taker, tradeId: updateId)))
  }

  mutating func apply(_ input: MatchingInput) {
    events = []
    engine.apply(input, timeNs: timeNs, outbox: &events)
    for event in events {
      if case .filled(_, let fill) = event { fills.append(fill) }
      if case .transferred(let transfer) = event { transfers.append(transfer) }
    }
  }

  var isRefused: Bool {
    if case .refused? = events.first { return true }
    return false
  }
}
