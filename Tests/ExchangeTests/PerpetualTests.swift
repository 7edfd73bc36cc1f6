// Perpetual contracts: margin, funding and liquidation, worked out by hand.
//
// Linear: a lot is 0.001 coin, a tick 0.01: 1000 lots at 10,000 are worth 100. Inverse: a contract is worth 10.

import Market
import Simulation
import Testing

@Suite struct PerpetualTests {
  static let coin: Int64 = 100_000_000
  let holder = AccountIndex(0)
  let other = AccountIndex(1)

  /// The holder is long 1000 lots (or contracts) from the other account at 10,000.
  private func longDesk(_ instrument: InstrumentIndex, _ mode: MarginMode, lots: Int64 = 1_000) throws -> Desk {
    var desk = Desk(try Fixture.exchange())
    desk.exchange.setMarginMode(mode, holder, instrument)
    desk.mark(10_000, instrument)
    desk.place(.sell, lots, at: 10_000, account: 1, instrument: instrument)
    desk.place(.buy, lots, at: 10_000, account: 0, instrument: instrument)
    return desk
  }

  @Test func profitIsRealisedInTheSettlementAsset() throws {
    var desk = try longDesk(Fixture.linear, .cross)
    desk.place(.buy, 400, at: 11_000, account: 2, instrument: Fixture.linear)
    desk.place(.sell, 400, at: 11_000, account: 0, instrument: Fixture.linear)
    var position = desk.exchange.position(holder, Fixture.linear)
    // 0.4 coins bought at 100 and sold at 110.
    #expect(position.lots == 600 && position.realised == 4 * Self.coin && position.cost == 60 * Self.coin)

    desk = try longDesk(Fixture.inverse, .cross)
    desk.place(.buy, 500, at: 12_500, account: 2, instrument: Fixture.inverse)
    desk.place(.sell, 500, at: 12_500, account: 0, instrument: Fixture.inverse)
    position = desk.exchange.position(holder, Fixture.inverse)
    // 500 contracts of 10: 5000/100 − 5000/125 = 10 coins.
    #expect(position.realised == 10 * Self.coin && position.cost == -50 * Self.coin)
  }

  @Test func turningAPositionClosesItFirst() throws {
    var desk = try longDesk(Fixture.linear, .cross)
    desk.place(.buy, 1_500, at: 9_000, account: 2, instrument: Fixture.linear)
    desk.place(.sell, 1_500, at: 9_000, account: 0, instrument: Fixture.linear)
    let position = desk.exchange.position(holder, Fixture.linear)
    #expect(position.lots == -500 && position.realised == -10 * Self.coin && position.cost == -45 * Self.coin)
  }

  @Test func ordersNeedInitialMargin() throws {
    var desk = Desk(try Fixture.exchange(endowed: false))
    desk.mark(10_000, Fixture.linear)
    // Five per cent of 100 is 5.
    desk.exchange.deposit(Amount(units: 5 * Self.coin), of: Fixture.quote, to: holder)
    desk.place(.buy, 1_001, at: 10_000, instrument: Fixture.linear)
    var refusal = desk.refusal
    #expect(refusal == .insufficientBalance)
    desk.place(.buy, 1_000, at: 10_000, instrument: Fixture.linear)
    refusal = desk.refusal
    #expect(refusal == nil)
    // The other side of the same position needs no more.
    desk.place(.sell, 1_000, at: 10_100, instrument: Fixture.linear)
    refusal = desk.refusal
    #expect(refusal == nil)
    desk.place(.sell, 1, at: 10_100, instrument: Fixture.linear)
    refusal = desk.refusal
    #expect(refusal == .insufficientBalance)
  }

  @Test func reduceOnlyNeverOpens() throws {
    var desk = try longDesk(Fixture.linear, .cross)
    desk.place(.buy, 10, at: 9_000, instrument: Fixture.linear) { $0.reduceOnly = true }
    let refusal = desk.refusal
    #expect(refusal == .reduceOnly)
    desk.place(.sell, 5_000, at: 10_200, instrument: Fixture.linear) { $0.reduceOnly = true }
    desk.place(.buy, 2_000, at: 10_200, account: 2, instrument: Fixture.linear)
    let (fills, expiry) = (desk.fills, desk.expiry)
    let lots = desk.exchange.position(holder, Fixture.linear).lots
    #expect(fills == [[10_200, 1_000]] && expiry == .reduceOnly && lots == 0)
  }

  @Test func fundingMovesFromLongsToShorts() throws {
    var desk = try longDesk(Fixture.linear, .cross)
    let before = [desk.free(holder), desk.free(other)]
    desk.outbox = []
    desk.exchange.payFunding(rate: 10_000, of: Fixture.linear, timeNs: desk.timeNs, outbox: &desk.outbox)
    let after = [desk.free(holder), desk.free(other)]
    // 100 × 0.0001.
    #expect(after[0] - before[0] == -1_000_000 && after[1] - before[1] == 1_000_000)
  }

  @Test func liquidationPricesAreTheFirstTickBelowMaintenance() throws {
    // Isolated: 5 + (p − 100) < 0.025 p below 97.4359.
    var desk = try longDesk(Fixture.linear, .isolated)
    let linear = desk.exchange.liquidationPrice(holder, Fixture.linear)
    #expect(linear == Price(ticks: 9_743))
    // Cross and inverse, with one coin beside 100 contracts: 1 + 10 − 1000/p < 25/p below 93.18.
    desk = Desk(try Fixture.exchange(endowed: false))
    for account in [holder, other] {
      desk.exchange.deposit(Amount(units: Self.coin), of: Fixture.base, to: account)
    }
    desk.mark(10_000, Fixture.inverse)
    desk.place(.sell, 100, at: 10_000, account: 1, instrument: Fixture.inverse)
    desk.place(.buy, 100, at: 10_000, instrument: Fixture.inverse)
    let inverse = desk.exchange.liquidationPrice(holder, Fixture.inverse)
    #expect(inverse == Price(ticks: 9_318))
    // The short: 1 − 10 + 1000/p < 25/p above 108.33.
    let short = desk.exchange.liquidationPrice(other, Fixture.inverse)
    #expect(short == Price(ticks: 10_834))
  }

  @Test func liquidationSellsWhatItCanAndTheFundTakesTheRest() throws {
    var desk = try longDesk(Fixture.linear, .isolated)
    let free = desk.free(holder)
    desk.mark(9_744, Fixture.linear)
    var kinds = desk.kinds
    #expect(kinds == [])
    desk.place(.buy, 500, at: 9_700, account: 2, instrument: Fixture.linear)
    desk.mark(9_700, Fixture.linear)
    kinds = desk.kinds
    #expect(
      kinds == [
        .liquidated, .accepted, .filled, .filled, .expired, .forfeited, .takenOver, .forfeited,
        .accepted, .expired,  // The fund finds nobody to sell to.
      ])
    // Half sold at 97: fee 0.5 % of 48.5; the fund takes the rest at the mark with what is left of the margin of 5.
    let amounts = desk.outbox.filter { $0.kind == .forfeited }.map(\.amount.units)
    #expect(amounts == [24_250_000, 175_750_000])
    let insurance = desk.exchange.insuranceFund
    var fund = desk.exchange.position(insurance, Fixture.linear)
    var owned = desk.free(insurance)
    let (lots, left) = (desk.exchange.position(holder, Fixture.linear).lots, desk.free(holder))
    #expect(fund.lots == 500 && fund.cost == 4_850_000_000 && owned == 2 * Self.coin)
    #expect(lots == 0 && left == free)
    // At the next mark the fund sells what it holds to whoever bids.
    desk.place(.buy, 500, at: 9_600, account: 2, instrument: Fixture.linear)
    desk.mark(9_600, Fixture.linear)
    fund = desk.exchange.position(insurance, Fixture.linear)
    owned = desk.free(insurance)
    let imbalance = desk.exchange.imbalance(Fixture.quote)
    #expect(fund.lots == 0 && owned == Self.coin * 3 / 2 && imbalance == 0)
  }

  @Test func theFundPaysWhatABankruptAccountCannot() throws {
    var desk = try longDesk(Fixture.linear, .isolated)
    let free = desk.free(holder)
    desk.exchange.deposit(Amount(units: 5 * Self.coin), of: Fixture.quote, to: desk.exchange.insuranceFund)
    desk.mark(9_000, Fixture.linear)
    // The margin of 5 does not cover the loss of 10.
    let shortfall = desk.outbox.last { $0.kind == .shortfall }?.amount.units
    let (left, fund) = (desk.free(holder), desk.free(desk.exchange.insuranceFund))
    #expect(shortfall == 5 * Self.coin && left == free && fund == 0)
    let imbalance = desk.exchange.imbalance(Fixture.quote)
    #expect(imbalance == 0)
  }

  /// The fund is a unit short: those opposite give up their profit beyond the bankruptcy price of 95, the most profitable
  /// and most leveraged first, and lose their orders.
  @Test func whatTheFundCannotTakeIsClosedAgainstThoseOpposite() throws {
    var desk = try longDesk(Fixture.linear, .isolated)
    let (free, insurance, short) = (desk.free(holder), desk.exchange.insuranceFund, AccountIndex(2))
    desk.exchange.deposit(Amount(units: 5 * Self.coin - 1), of: Fixture.quote, to: insurance)
    // Both shorts have sold at 100; the second with a margin of 5 %, the first with all that it owns.
    desk.exchange.setMarginMode(.isolated, short, Fixture.linear)
    desk.place(.buy, 400, at: 10_000, account: 3, instrument: Fixture.linear)
    desk.place(.sell, 400, at: 10_000, account: 2, instrument: Fixture.linear)
    let resting = desk.place(.buy, 10, at: 8_000, account: 2, instrument: Fixture.linear)
    let before = desk.free(short)
    desk.mark(9_000, Fixture.linear)
    let sides = desk.outbox.filter { $0.kind == .deleveraged }
    #expect(sides.map(\.account) == [holder, short, holder, other])
    #expect(sides.map(\.quantity.lots) == [400, 400, 600, 600])
    #expect(sides.map(\.amount.units) == [38, 38, 57, 57].map { $0 * Self.coin })
    // Sold for 40 and bought back for 38, with the margin of 2.
    let (left, gained, fund) = (desk.free(holder), desk.free(short) - before, desk.free(insurance))
    #expect(left == free && gained == 4 * Self.coin && fund == 5 * Self.coin - 1)
    let lots = [holder, other, short, insurance].map { desk.exchange.position($0, Fixture.linear).lots }
    #expect(lots == [0, -400, 0, 0])
    let isOpen = desk.exchange.find(resting) != nil
    let imbalance = desk.exchange.imbalance(Fixture.quote)
    #expect(!isOpen && imbalance == 0)
  }

  /// The exchange's order takes no price at which more is lost than margin and fund pay: 100 − 5 for a fund without money.
  @Test func liquidationSellsNothingBelowWhatIsPaidFor() throws {
    var desk = try longDesk(Fixture.linear, .isolated)
    desk.place(.buy, 300, at: 9_600, account: 2, instrument: Fixture.linear)
    desk.place(.buy, 300, at: 9_500, account: 2, instrument: Fixture.linear)
    desk.place(.buy, 500, at: 9_499, account: 2, instrument: Fixture.linear)
    desk.mark(9_700, Fixture.linear)
    let sold = desk.outbox.filter { $0.kind == .filled && $0.account == holder }.map(\.price.ticks)
    #expect(sold == [9_600, 9_500])
  }

  @Test func maintenanceIsContinuousFromTierToTier() throws {
    let margin = try #require(Fixture.margin)
    let cap = 1_000_000_000_000 as Int64
    let (at, above) = (margin.maintenance(Amount(units: cap)), margin.maintenance(Amount(units: cap + 100)))
    #expect(at == Amount(units: 25_000_000_000) && above == Amount(units: 25_000_000_005))
    #expect(MarginTable([]) == nil)
  }
}

extension Desk {
  mutating func mark(_ price: Int64, _ instrument: InstrumentIndex) {
    timeNs += 1
    outbox = []
    exchange.setMark(Price(ticks: price), of: instrument, timeNs: timeNs, outbox: &outbox)
  }

  func free(_ account: AccountIndex) -> Int64 { exchange.free(account, Fixture.quote).units }
}
