// Self-trade prevention between accounts of one trade group (stp_faq.md): what is transferred, and when nothing is.

import Market
import Simulation
import Testing

@Suite struct TransferTests {
  private let maker = AccountIndex(1)
  private let taker = AccountIndex(0)

  /// Accounts 0 and 1 are of one group; 2 is alone in another, 3 has none. Every trade would cost a fee.
  private func groupDesk() throws -> Desk {
    let fees = try #require(FeeSchedule([FeeTier(maker: 100_000, taker: 100_000)]))
    return Desk(try Fixture.exchange(fees: fees, tradeGroups: [4, 4, 0, -1]))
  }

  /// Quantity and notional change hands at the maker's price; both orders lose it, the smaller one expires. It is no trade:
  /// no fees, no last price, and the next trade is the first.
  @Test func quantityAndValueChangeHands() throws {
    var desk = try groupDesk()
    desk.place(.buy, 12, at: 110, account: 1) { $0.selfTradePrevention = .transfer }
    let id = desk.place(.sell, 30, at: 100) { $0.selfTradePrevention = .transfer }
    let events = desk.outbox
    #expect(events.map(\.kind) == [.accepted, .transferred, .transferred, .expired])
    let moved = events.filter { $0.kind == .transferred }
    #expect(moved.map(\.account) == [maker, taker] && moved.map(\.remaining.lots) == [0, 18])
    // 12 lots of 0.001 at 110 ticks of 0.01 are worth 0.0132.
    #expect(moved.allSatisfy { $0.quantity.lots == 12 && $0.price.ticks == 110 && $0.amount.units == 1_320_000 })
    #expect(moved.allSatisfy { $0.fee == .zero && $0.trade == 0 })
    #expect(moved[0].counterOrder == id && events[3].account == maker && events[3].expiry == .selfTrade)
    let start: Int64 = 100_000_000_000_000
    let (bought, paid) = (desk.exchange.free(maker, Fixture.base).units, desk.exchange.free(maker, Fixture.quote).units)
    #expect(bought == start + 1_200_000 && paid == start - 1_320_000)
    let (sold, got) = (desk.exchange.free(taker, Fixture.base).units, desk.exchange.free(taker, Fixture.quote).units)
    let locked = desk.exchange.locked(taker, Fixture.base).units
    #expect(sold == start - 3_000_000 && locked == 1_800_000 && got == start + 1_320_000)
    let (revenue, rest) = (desk.exchange.revenue(Fixture.quote), desk.shown(.sell, 100))
    #expect(revenue == .zero && rest == 18)
    desk.place(.buy, 1, at: 100, account: 3)
    let trade = desk.outbox.last { $0.kind == .filled }?.trade
    #expect(trade == 1)
  }

  /// The FAQ's table of effective modes, for every pair of modes of two accounts of a group.
  @Test(arguments: SelfTradePrevention.allCases)
  func bothMustAskForIt(takerMode: SelfTradePrevention) throws {
    for makerMode in SelfTradePrevention.allCases {
      var desk = try groupDesk()
      desk.place(.buy, 10, at: 100, account: 1) { $0.selfTradePrevention = makerMode }
      desk.place(.sell, 10, at: 100) { $0.selfTradePrevention = takerMode }
      let expected: [ExchangeEventKind] =
        switch takerMode {
        case .none: [.filled, .filled]
        case .expireTaker, .expireMaker: [.prevented, .expired]
        case .expireBoth, .decrement: [.prevented, .expired, .prevented, .expired]
        case .transfer where makerMode == .transfer: [.transferred, .transferred, .expired, .expired]
        case .transfer: [.prevented, .expired, .prevented, .expired]
        }
      let kinds = Array(desk.kinds.dropFirst())
      #expect(kinds == expected, "maker \(makerMode)")
    }
  }

  /// Between orders of one account it is a decrement; between strangers, a trade.
  @Test func needsTwoAccountsOfOneGroup() throws {
    for (makerAccount, takerAccount, kind) in [(0, 0, .prevented), (2, 0, .filled), (3, 2, .filled), (3, 1, .filled)]
      as [(Int32, Int32, ExchangeEventKind)]
    {
      var desk = try groupDesk()
      desk.place(.buy, 10, at: 100, account: makerAccount) { $0.selfTradePrevention = .transfer }
      desk.place(.sell, 10, at: 100, account: takerAccount) { $0.selfTradePrevention = .transfer }
      let kinds = desk.kinds.filter { $0 != .accepted && $0 != .expired }
      #expect(kinds == [kind, kind])
    }
  }

  /// An iceberg gives what it shows and goes to the back; what is transferred does not fill a fill-or-kill order.
  @Test func icebergsAndFillOrKill() throws {
    var desk = try groupDesk()
    desk.place(.buy, 10, at: 100, account: 1) {
      $0.selfTradePrevention = .transfer
      $0.displayed = Quantity(lots: 4)
    }
    desk.place(.buy, 5, at: 100, account: 3)
    desk.place(.sell, 4, at: 100) {
      $0.selfTradePrevention = .transfer
      $0.lifetime = .fillOrKill
    }
    let expiry = desk.expiry
    #expect(expiry == .notFillable)
    desk.place(.sell, 6, at: 100) { $0.selfTradePrevention = .transfer }
    let (kinds, fills) = (desk.kinds, desk.fills)
    #expect(kinds == [.accepted, .transferred, .transferred, .replenished, .filled, .filled])
    #expect(fills == [[100, 2]])
  }

  /// A market purchase is transferred as far as the money goes.
  @Test func purchasesEndWithTheMoney() throws {
    var desk = Desk(try Fixture.exchange(endowed: false, tradeGroups: [4, 4, 4, 4]))
    desk.exchange.deposit(Amount(units: 10_000_000), of: Fixture.base, to: maker)
    // A lot at 100 ticks is worth 0.001.
    desk.exchange.deposit(Amount(units: 350_000), of: Fixture.quote, to: taker)
    desk.place(.sell, 10, at: 100, account: 1) { $0.selfTradePrevention = .transfer }
    desk.place(.buy, 10) {
      $0.type = .market
      $0.selfTradePrevention = .transfer
    }
    let lots = desk.outbox.filter { $0.kind == .transferred }.map(\.quantity.lots)
    let (expiry, left) = (desk.expiry, desk.exchange.free(taker, Fixture.quote).units)
    #expect(lots == [3, 3] && expiry == .insufficientBalance && left == 50_000)
  }

  /// Contracts move with their value; reduce-only orders are reduced no further than to nothing.
  @Test(arguments: [Fixture.linear, Fixture.inverse])
  func contractsMoveWithTheirValue(instrument: InstrumentIndex) throws {
    var desk = try groupDesk()
    let price: Int64 = 10_000
    desk.exchange.setMark(Price(ticks: price), of: instrument, timeNs: 0, outbox: &desk.outbox)
    desk.place(.buy, 6, at: price, account: 3, instrument: instrument)
    desk.place(.sell, 6, at: price, instrument: instrument)
    desk.place(.sell, 10, at: price, account: 1, instrument: instrument) { $0.selfTradePrevention = .transfer }
    desk.place(.buy, 10, at: price, instrument: instrument) {
      $0.selfTradePrevention = .transfer
      $0.reduceOnly = true
    }
    let lots = desk.outbox.filter { $0.kind == .transferred }.map(\.quantity.lots)
    let (ours, theirs) = (desk.exchange.position(taker, instrument), desk.exchange.position(maker, instrument))
    let expiry = desk.expiry
    #expect(lots == [6, 6] && expiry == .reduceOnly)
    #expect(ours.lots == 0 && ours.cost == 0 && ours.realised == 0 && theirs.lots == -6)
    let (settlement, contracts) = (
      desk.exchange.imbalance(instrument == Fixture.inverse ? Fixture.base : Fixture.quote),
      desk.exchange.openContracts(instrument)
    )
    #expect(settlement == 0 && contracts == 0)
  }

  @Test func groupsThatFitNoAccountsAreRefused() {
    for groups: [Int32] in [[1], [1, 1, 1, 1, 1], [1, -2, 1, 1]] {
      #expect(throws: ExchangeProblem.badTradeGroups) { _ = try Fixture.exchange(tradeGroups: groups) }
    }
  }
}
