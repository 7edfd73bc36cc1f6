// Contracts in the matching engine on random markets: as the exchange has them, and conserved.

import Market
import Simulation
import Support
import Testing

private let coin = Amount.unitsPerCoin

@Suite("The margin account on random markets")
struct MarginEqualityTests {
  @Test("agrees with the exchange on random markets", arguments: [ContractKind.linear, .inverse], 0..<6)
  func equality(kind: ContractKind, seed: Int) throws {
    var random = SeededRandom(UInt64(seed + 1))
    var (fills, transfers, liquidations) = (0, 0, 0)
    // An account that lost everything does not trade: each round begins with a new one.
    for _ in 0..<20 {
      var pair = try Pair(kind)
      var price: Int64 = 500_000
      for _ in 0..<80 {
        price = max(100_000, min(2_000_000, price + Int64.random(in: -16_000...16_000, using: &random)))
        pair.move(to: price, lots: Int64.random(in: 1...60, using: &random))
        liquidations += pair.desk.events.contains { if case .liquidating = $0 { true } else { false } } ? 1 : 0
        if Int.random(in: 0..<10, using: &random) == 0 { pair.fund() }
        pair.trade(Bool.random(using: &random) ? .buy : .sell, Int64.random(in: 1...40, using: &random))
        try pair.compare()
      }
      fills += pair.desk.fills.count
      transfers += pair.desk.transfers.count
    }
    #expect(fills > 300 && transfers > 30 && liquidations > 0)
  }

  /// From the events alone: every unit that left the wallet is in a cost, a fee, a funding or the insurance fund.
  @Test("conserves every unit", arguments: [ContractKind.linear, .inverse], 0..<6)
  func conservation(kind: ContractKind, seed: Int) throws {
    var random = SeededRandom(UInt64(seed + 77))
    var kinds: Set<VenueTransfer.Kind> = []
    for _ in 0..<10 { kinds.formUnion(try trade(kind, &random)) }
    #expect(kinds == [.funding, .insurance])
  }

  /// A session of an account that borrows much.
  ///
  /// - Returns: the kinds of transfers that it met.
  private func trade(_ kind: ContractKind, _ random: inout SeededRandom) throws -> Set<VenueTransfer.Kind> {
    var cash: Int64 = kind == .inverse ? coin / 20 : 2_000 * coin
    var desk = try ContractDesk(
      kind, wallet: cash, leverage: 50, takerRate: 33_333, funding: .constant(rate: -12_345, intervalNs: 7),
      liquidationFee: 700_000)
    var price: Int64 = 500_000
    var insured: Int64 = 0
    var kinds: Set<VenueTransfer.Kind> = []
    for _ in 0..<300 {
      desk.timeNs += 1
      desk.fills = []
      desk.transfers = []
      switch Int.random(in: 0..<8, using: &random) {
      case 0: desk.apply(.cancelAll(desk.index))
      case 1...3:
        let side: Side = Bool.random(using: &random) ? .buy : .sell
        let isLimit = Bool.random(using: &random)
        let offset = Int64.random(in: -300...300, using: &random)
        desk.place(side, Int64.random(in: 1...300, using: &random), at: isLimit ? price + offset : nil)
      default:
        price = max(100_000, price + Int64.random(in: -6_000...6_000, using: &random))
        desk.book(price - 1, price + 1, lots: Int64.random(in: 1...200, using: &random))
      }
      for fill in desk.fills {
        cash -= (fill.side == .buy) != (kind == .inverse) ? fill.notional.units : -fill.notional.units
        cash -= fill.commission.units
      }
      for transfer in desk.transfers {
        cash += transfer.amount.units
        if transfer.kind == .insurance { insured -= transfer.amount.units }
        kinds.insert(transfer.kind)
      }
      #expect(desk.wallet == cash + desk.position.cost && desk.position.insured == insured)
      #expect(desk.wallet >= 0 && (desk.position.lots != 0 || desk.position.cost == 0))
    }
    return kinds
  }
}

/// The same market at the engine and at the exchange, where account 0 is ours and the market's own account the other.
private struct Pair: ~Copyable {
  var desk: ContractDesk
  var exchange: Exchange
  var outbox: [ExchangeEvent] = []
  let instrument = InstrumentIndex(0)
  let asset = AssetIndex(0)
  let interval: Int64 = 1_000
  var bid: Int64 = 0
  var lots: Int64 = 0

  init(_ kind: ContractKind) throws {
    let wallet = kind == .inverse ? coin / 20 : 1_000 * coin
    let desk = try ContractDesk(
      kind, wallet: wallet, leverage: 25, maintenance: 2_000_000, takerRate: 45_000,
      funding: .constant(rate: 21_000, intervalNs: interval), liquidationFee: 300_000)
    let definition = desk.engine.instruments[0]
    let table = desk.engine.models.contracts[0].margin
    let (base, quote) = kind == .inverse ? (asset, AssetIndex(1)) : (AssetIndex(1), asset)
    var exchange = try Exchange(
      ExchangeConfiguration(
        accounts: 1, assets: [definition.settlement, kind == .inverse ? definition.quote : definition.base],
        instruments: [ExchangeInstrument(definition, base: base, quote: quote, margin: table)],
        fees: try #require(FeeSchedule([FeeTier(maker: 0, taker: 45_000)]))))
    exchange.deposit(Amount(units: wallet), of: asset, to: AccountIndex(0))
    // The engine's fund pays whatever is asked of it: nobody is deleveraged.
    exchange.deposit(Amount(units: 1_000_000 * coin), of: asset, to: exchange.insuranceFund)
    self.desk = desk
    self.exchange = exchange
  }

  mutating func move(to ticks: Int64, lots: Int64) {
    desk.timeNs += 1
    desk.book(ticks, ticks + 2, lots: lots)
    outbox = []
    (bid, self.lots) = (ticks, lots)
    quote()
    exchange.setMark(Price(ticks: ticks + 1), of: instrument, timeNs: desk.timeNs, outbox: &outbox)
  }

  /// Replaces what the market offers.
  private mutating func quote() {
    for id in quotes { exchange.cancel(id, account: exchange.marketAccount, timeNs: desk.timeNs, outbox: &outbox) }
    quotes = [(Side.buy, bid), (.sell, bid + 2)].map { side, price in
      exchange.place(
        OrderEntry(
          account: exchange.marketAccount, instrument: instrument, side: side, type: .limit, price: Price(ticks: price),
          quantity: Quantity(lots: lots)), timeNs: desk.timeNs, outbox: &outbox)
    }
  }
  private var quotes: [OrderId] = []

  mutating func trade(_ side: Side, _ lots: Int64) {
    desk.place(side, lots)
    exchange.place(
      OrderEntry(
        account: AccountIndex(0), instrument: instrument, side: side, type: .market, lifetime: .immediateOrCancel,
        quantity: Quantity(lots: lots)), timeNs: desk.timeNs, outbox: &outbox)
  }

  /// Lets time pass to the next funding.
  mutating func fund() {
    desk.timeNs = (desk.timeNs / interval + 1) * interval
    desk.apply(.cancelAll(desk.index))
    exchange.payFunding(rate: 21_000, of: instrument, timeNs: desk.timeNs, outbox: &outbox)
  }

  func compare() throws {
    let (ours, theirs) = (desk.position, exchange.position(AccountIndex(0), instrument))
    #expect(ours.lots == theirs.lots && ours.cost == theirs.cost && ours.realised == theirs.realised)
    #expect(ours.funding == theirs.funding)
    #expect(desk.wallet == exchange.free(AccountIndex(0), asset).units)
    #expect(desk.engine.liquidationPrice(instrument) == exchange.liquidationPrice(AccountIndex(0), instrument))
  }
}
