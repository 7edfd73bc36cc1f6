// Contracts in the matching engine: margin, funding and liquidation by hand, to the unit, and as the exchange has them.

import Market
import Simulation
import Support
import Testing

private let coin = Amount.unitsPerCoin
private let hour: Int64 = 3_600_000_000_000

/// A desk of one contract at the engine; its book has one level a side, set anew whenever it moves.
private struct ContractDesk {
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

@Suite("The margin account")
struct MarginAccountTests {
  @Test("a linear contract by hand: fee, margin in use, profit")
  func linear() throws {
    var desk = try ContractDesk(.linear, wallet: 1_000 * coin, takerRate: 40_000)
    desk.book(600_000, 600_002)
    desk.place(.buy, 100)
    // 0.1 BTC at 60,000.2 cost 6,000.02; 0.04 % of it are 2.400008; a tenth of 0.1 at the mark of 60,000.1 is 600.001.
    #expect(desk.fills[0].notional.units == 600_002_000_000 && desk.fills[0].commission.units == 240_000_800)
    #expect(desk.fills[0].commissionAsset == Fixture.name("USDT"))
    #expect(desk.wallet == 1_000 * coin - 240_000_800)
    #expect(desk.engine.balances[0].locked.units == 60_000_100_000)
    #expect(desk.position.lots == 100 && desk.position.cost == 600_002_000_000)
    guard case .balances(let told)? = desk.events.last else {
      Issue.record("a fill changes the balance")
      return
    }
    #expect(told == desk.engine.balances)
    desk.book(610_000, 610_002)
    #expect(desk.events.isEmpty, "a mark alone is told nobody")
    desk.place(.sell, 150)
    // 0.1 at 61,000 brings 99.98; 0.05 more are short at that price; 0.04 % of 9,150 are 3.66.
    #expect(desk.position.lots == -50 && desk.position.cost == -305_000_000_000)
    #expect(desk.position.realised == 9_998_000_000)
    #expect(desk.wallet == 1_000 * coin - 240_000_800 + 9_998_000_000 - 366_000_000)
  }

  @Test("an inverse contract by hand: value and profit in the base asset")
  func inverse() throws {
    var desk = try ContractDesk(.inverse, wallet: 1_000_000)
    desk.book(500_000, 500_000)
    desk.place(.buy, 10)
    // 1,000 USD at 50,000 are 0.02 BTC; at 55,000 they are 0.01818181 (rounded down).
    #expect(desk.fills[0].notional.units == 2_000_000 && desk.position.cost == -2_000_000)
    #expect(desk.engine.balances[0].locked.units == 200_000)
    desk.book(550_000, 550_000)
    desk.place(.sell, 10)
    #expect(desk.position.realised == 2_000_000 - 1_818_181 && desk.wallet == 1_000_000 + 181_819)
  }

  @Test("orders need initial margin, and what they would lose at once")
  func initialMargin() throws {
    var desk = try ContractDesk(.linear, wallet: 600 * coin)
    desk.book(600_000, 600_000)
    desk.place(.buy, 101)
    #expect(desk.isRefused)
    desk.place(.buy, 100, at: 600_001)
    #expect(desk.isRefused, "0.01 more than the mark is lost at once")
    desk.place(.buy, 100, at: 599_990)
    #expect(!desk.isRefused && desk.engine.balances[0].free == .zero)
    desk.place(.sell, 100, at: 600_010)
    #expect(!desk.isRefused, "the other side needs no more")
    desk.place(.sell, 1, at: 600_010)
    #expect(desk.isRefused)
    desk.apply(.cancelAll(desk.index))
    #expect(desk.engine.balances[0].locked == .zero && desk.wallet == 600 * coin)
  }

  @Test("funding is paid at its times, by the mark before them")
  func funding() throws {
    var desk = try ContractDesk(
      .linear, wallet: 1_000 * coin, funding: .constant(rate: 10_000, intervalNs: 8 * hour))
    desk.timeNs = 8 * hour - 1
    desk.book(600_000, 600_002)
    desk.place(.buy, 100)
    desk.timeNs = 8 * hour
    desk.book(700_000, 700_002)
    // 0.01 % of 0.1 at 60,000.1.
    #expect(desk.transfers.map(\.amount.units) == [-60_000_100])
    #expect(desk.wallet == 1_000 * coin - 60_000_100 && desk.position.funding == -60_000_100)
    desk.timeNs = 24 * hour
    desk.book(700_000, 700_002)
    #expect(desk.transfers.map(\.number) == [1, 2, 3] && desk.transfers[2].amount.units == -70_000_100)
    desk.place(.sell, 200)
    desk.timeNs = 32 * hour
    desk.book(700_000, 700_002)
    #expect(desk.transfers.last?.amount.units == 70_000_100, "a short receives")
  }

  @Test("recorded funding is paid at its own times and rates")
  func recordedFunding() throws {
    let series = FundingSeries(
      [
        .init(timeNs: 4 * hour, rate: 50_000), .init(timeNs: 5 * hour + 3, rate: 10_000),
        .init(timeNs: 9 * hour, rate: -20_000), .init(timeNs: 10 * hour, rate: 30_000),
      ], coveredNs: 0...14 * hour)
    var desk = try ContractDesk(.linear, wallet: 1_000 * coin, funding: .recorded(series))
    desk.timeNs = 4 * hour
    desk.book(600_000, 600_002)
    desk.place(.buy, 100)
    desk.timeNs = 5 * hour + 2
    desk.book(600_000, 600_002)
    #expect(desk.transfers.isEmpty, "what was paid before there was a position is none of ours")
    desk.timeNs = 5 * hour + 3
    desk.book(700_000, 700_002)
    // 0.01 % of 0.1 at 60,000.1, then 0.02 % back at 70,000.1 and 0.03 % once more, both told late.
    #expect(desk.transfers.map(\.amount.units) == [-60_000_100])
    desk.timeNs = 11 * hour
    desk.book(700_000, 700_002)
    #expect(desk.transfers.map(\.amount.units) == [-60_000_100, 140_000_200, -210_000_300])
  }

  @Test("a position is liquidated at its price, not a tick before")
  func liquidation() throws {
    var desk = try ContractDesk(.linear, wallet: 100 * coin, leverage: 100, liquidationFee: 100_000)
    desk.book(600_000, 600_000)
    desk.place(.buy, 100)
    desk.place(.buy, 1, at: 500_000)
    // 100 + 0.1 (P - 60,000) < 0.005 x 0.1 P: below 59,296.48...
    #expect(desk.engine.liquidationPrice(desk.index) == Price(ticks: 592_964))
    desk.book(592_965, 592_965)
    #expect(desk.events.isEmpty && desk.position.lots == 100)
    desk.book(592_964, 592_964)
    guard case .expired(_, .liquidation)? = desk.events.first,
      case .liquidating(let order)? = desk.events.dropFirst().first
    else {
      Issue.record("the account's order goes first: \(desk.events)")
      return
    }
    // Sold at 59,296.4: 70.36 lost; 0.1 % of 5,929.64 go to the fund.
    #expect(desk.position.lots == 0 && desk.fills.last?.orderId == order.id && desk.fills.last?.isMaker == false)
    #expect(desk.transfers.map(\.kind) == [.insurance] && desk.transfers[0].amount.units == -592_964_000)
    #expect(desk.wallet == 100 * coin - 7_036_000_000 - 592_964_000)
    #expect(desk.position.insured == 592_964_000)
  }

  @Test("what the book does not take goes to the insurance fund, which pays a loss beyond the wallet")
  func takeOver() throws {
    for (mark, insured): (Int64, Int64) in [(591_000, 10 * coin), (580_000, -100 * coin)] {
      var desk = try ContractDesk(.linear, wallet: 100 * coin, leverage: 100)
      desk.book(600_000, 600_000)
      desk.place(.buy, 100)
      desk.book(mark, mark, lots: 40)
      #expect(desk.fills.dropFirst().map(\.quantity.lots) == [40, 60] && desk.fills.last?.source == .insuranceFund)
      #expect(desk.position.lots == 0 && desk.wallet == 0 && desk.position.insured == insured)
    }
  }

  @Test("reduce-only orders never open or turn a position")
  func reduceOnly() throws {
    var desk = try ContractDesk(.linear, wallet: 10_000 * coin)
    desk.book(600_000, 600_010)
    desk.place(.sell, 10, reduceOnly: true)
    #expect(desk.events.count == 1 && desk.isRefused, "there is nothing to reduce")
    desk.place(.buy, 100)
    desk.place(.buy, 10, reduceOnly: true)
    #expect(desk.isRefused, "it would make the position larger")
    desk.place(.sell, 40, at: 600_020, reduceOnly: true)
    desk.place(.sell, 90, at: 600_030, reduceOnly: true)
    #expect(desk.engine.openOrders(desk.index).count == 2, "what rests is judged when it trades")
    desk.trade(600_020, lots: 1_000, taker: .buy)
    desk.trade(600_031, lots: 1_000, taker: .buy)
    #expect(desk.position.lots == 0 && desk.fills.map(\.quantity.lots) == [100, 40, 60])
    #expect(desk.engine.openOrders(desk.index).map(\.remaining.lots) == [30])
    desk.trade(600_031, lots: 1_000, taker: .buy)
    guard case .expired(let order, .reduceOnly)? = desk.events.first else {
      Issue.record("nothing is left to reduce: \(desk.events)")
      return
    }
    #expect(order.executed.lots == 60 && desk.engine.openOrders(desk.index).isEmpty)
    desk.place(.sell, 50)
    desk.place(.buy, 80, at: 600_010, reduceOnly: true)
    #expect(desk.position.lots == 0 && desk.fills.last?.quantity.lots == 50)
    guard case .expired(_, .reduceOnly)? = desk.events.first(where: { if case .expired = $0 { true } else { false } })
    else {
      Issue.record("the rest of a taker expires: \(desk.events)")
      return
    }
  }

  @Test("spot and contracts, and contracts without terms, are no venue")
  func refusals() throws {
    let (spot, linear) = (Fixture.definition(0, .spot), Fixture.definition(0, .linear))
    let terms = ContractTerms(margin: try #require(Fixture.margin))
    #expect(MatchingEngine(instruments: [linear], balances: []) == nil)
    #expect(MatchingEngine(instruments: [spot], balances: [], models: MatchingModels(contracts: [terms])) == nil)
    let mixed = [spot, Fixture.definition(1, .linear)]
    #expect(MatchingEngine(instruments: mixed, balances: [], models: MatchingModels(contracts: [terms, terms])) == nil)
    #expect(Fixture.margin?.limited(toLeverage: 21) == nil && Fixture.margin?.limited(toLeverage: 0) == nil)
  }

  /// Market orders, marks that jump and funding: where both engines have the same rules they must agree to the unit.
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
