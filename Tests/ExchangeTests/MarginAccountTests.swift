// Contracts in the matching engine by hand, to the unit: margin, funding, reduce-only orders and liquidation.

import Market
import Simulation
import Testing

private let coin = Amount.unitsPerCoin
private let hour: Int64 = 3_600_000_000_000

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
}
