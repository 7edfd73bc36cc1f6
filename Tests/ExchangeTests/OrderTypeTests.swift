// Known answers for each order type, worked out by hand.

import Market
import Simulation
import Testing

/// A desk that talks to one spot instrument: `buy(10, at: 100)` and the like, each a moment after the last.
struct Desk: ~Copyable {
  var exchange: Exchange
  var outbox: [ExchangeEvent] = []
  var timeNs: Int64 = 0

  init(_ exchange: consuming Exchange) { self.exchange = exchange }

  /// Places an order with the events of it alone in `outbox`.
  @discardableResult
  mutating func place(
    _ side: Side, _ lots: Int64, at price: Int64 = 0, account: Int32 = 0, instrument: InstrumentIndex = Fixture.spot,
    _ change: (inout OrderEntry) -> Void = { _ in }
  ) -> OrderId {
    var entry = OrderEntry(
      account: AccountIndex(account), instrument: instrument, side: side, price: Price(ticks: price),
      quantity: Quantity(lots: lots))
    change(&entry)
    timeNs += 1
    outbox = []
    return exchange.place(entry, timeNs: timeNs, outbox: &outbox)
  }

  mutating func amend(_ id: OrderId, at price: Int64, _ lots: Int64, account: Int32 = 0) {
    timeNs += 1
    outbox = []
    exchange.amend(
      id, account: AccountIndex(account), price: Price(ticks: price), quantity: Quantity(lots: lots), timeNs: timeNs,
      outbox: &outbox)
  }

  mutating func state(_ state: InstrumentState) {
    exchange.setState(state, of: Fixture.spot, timeNs: timeNs, outbox: &outbox)
  }

  /// Kinds of the last request's events.
  var kinds: [ExchangeEventKind] { outbox.map(\.kind) }
  /// Price and lots of the taker's fills of the last request.
  var fills: [[Int64]] {
    outbox.filter { $0.kind == .filled && !$0.isMaker }.map { [$0.price.ticks, $0.quantity.lots] }
  }
  var refusal: ExchangeRefusal? { outbox.last { $0.kind == .refused }?.refusal }
  var expiry: ExchangeExpiry? { outbox.last { $0.kind == .expired }?.expiry }

  func shown(_ side: Side, _ price: Int64) -> Int64 {
    exchange.level(Fixture.spot, side, Price(ticks: price)).quantity.lots
  }

  func queue(_ side: Side, _ price: Int64) -> [OrderId] { exchange.queue(Fixture.spot, side, Price(ticks: price)) }
}

@Suite struct OrderTypeTests {
  @Test func limitOrdersTradeAtTheMakersPriceBestFirstOldestFirst() throws {
    var desk = Desk(try Fixture.exchange())
    let second = desk.place(.sell, 5, at: 101)
    let first = desk.place(.sell, 5, at: 100)
    let third = desk.place(.sell, 5, at: 101, account: 1)
    desk.place(.buy, 12, at: 102, account: 2)
    let fills = desk.fills
    #expect(fills == [[100, 5], [101, 5], [101, 2]])
    let makers = desk.outbox.filter { $0.isMaker }.map(\.id)
    #expect(makers == [first, second, third])
    let left = desk.exchange.find(third)?.remaining
    #expect(left == Quantity(lots: 3))
  }

  @Test func immediateOrCancelAndFillOrKillNeverRest() throws {
    var desk = Desk(try Fixture.exchange())
    desk.place(.sell, 5, at: 100)
    desk.place(.buy, 6, at: 100, account: 1) { $0.lifetime = .fillOrKill }
    var (fills, expiry) = (desk.fills, desk.expiry)
    #expect(fills == [] && expiry == .notFillable)
    desk.place(.buy, 6, at: 100, account: 1) { $0.lifetime = .immediateOrCancel }
    (fills, expiry) = (desk.fills, desk.expiry)
    #expect(fills == [[100, 5]] && expiry == .noLiquidity)
    let open = desk.exchange.openOrderCount
    #expect(open == 0)
  }

  @Test func fillOrKillCountsTheHiddenPartOfIcebergs() throws {
    var desk = Desk(try Fixture.exchange())
    desk.place(.sell, 50, at: 100) { $0.displayed = Quantity(lots: 10) }
    desk.place(.buy, 50, at: 100, account: 1) { $0.lifetime = .fillOrKill }
    let fills = desk.fills
    #expect(fills == Array(repeating: [100, 10], count: 5))
  }

  @Test func marketOrdersTakeAnyPriceAndExpireWithTheRest() throws {
    var desk = Desk(try Fixture.exchange())
    desk.place(.buy, 5, at: 100)
    desk.place(.buy, 5, at: 40)
    desk.place(.sell, 12, account: 1) { $0.type = .market }
    let (fills, expiry) = (desk.fills, desk.expiry)
    #expect(fills == [[100, 5], [40, 5]] && expiry == .noLiquidity)
  }

  @Test func aMarketPurchaseEndsWhereTheMoneyEnds() throws {
    var desk = Desk(try Fixture.exchange(endowed: false))
    // 0.01 of a tick times 0.001 of a lot: 1000 units for each tick and lot.
    desk.exchange.deposit(Amount(units: 250_999), of: Fixture.quote, to: AccountIndex(0))
    desk.exchange.deposit(Amount(units: 100_000_000), of: Fixture.base, to: AccountIndex(1))
    desk.place(.sell, 10, at: 100, account: 1)
    desk.place(.buy, 10) { $0.type = .market }
    let (fills, expiry) = (desk.fills, desk.expiry)
    #expect(fills == [[100, 2]] && expiry == .insufficientBalance)
    let left = desk.exchange.free(AccountIndex(0), Fixture.quote)
    #expect(left == Amount(units: 50_999))
  }

  @Test func postOnlyIsRefusedWhereItWouldTake() throws {
    var desk = Desk(try Fixture.exchange())
    desk.place(.sell, 5, at: 100)
    desk.place(.buy, 5, at: 100, account: 1) { $0.postOnly = true }
    var refusal = desk.refusal
    #expect(refusal == .wouldTake)
    desk.place(.buy, 5, at: 99, account: 1) { $0.postOnly = true }
    refusal = desk.refusal
    #expect(refusal == nil)
  }

  @Test func stopsWaitForATradeAndRunInTheirOrder() throws {
    var desk = Desk(try Fixture.exchange())
    desk.place(.sell, 1, at: 100)
    desk.place(.buy, 1, at: 100, account: 1)
    desk.place(.buy, 5, account: 1) {
      $0.type = .stop
      $0.stopPrice = Price(ticks: 100)
    }
    var refusal = desk.refusal
    #expect(refusal == .wouldTrigger)
    let high = desk.place(.buy, 3, account: 1) {
      $0.type = .stop
      $0.stopPrice = Price(ticks: 103)
    }
    let low = desk.place(.buy, 3, at: 104, account: 1) {
      $0.type = .stopLimit
      $0.stopPrice = Price(ticks: 102)
    }
    desk.place(.sell, 2, at: 102)
    desk.place(.sell, 1, at: 103)
    desk.place(.sell, 9, at: 104)
    desk.place(.buy, 1, at: 102, account: 2)
    // 102 triggers the lower stop, whose trades at 103 and 104 trigger the upper.
    let triggered = desk.outbox.filter { $0.kind == .triggered }.map(\.id)
    let fills = desk.fills
    #expect(triggered == [low, high])
    #expect(fills == [[102, 1], [102, 1], [103, 1], [104, 1], [104, 3]])
    desk.place(.buy, 1, at: 100, account: 1) {
      $0.type = .stopLimit
      $0.stopPrice = Price(ticks: 200)
      $0.postOnly = true
    }
    refusal = desk.refusal
    #expect(refusal == .badCombination)
  }

  @Test func goodTillDateExpiresAtItsTimeBeforeAnythingElse() throws {
    var desk = Desk(try Fixture.exchange())
    let first = desk.place(.sell, 5, at: 100) {
      $0.lifetime = .goodTilDate
      $0.expiryNs = 50
    }
    let second = desk.place(.sell, 5, at: 100) {
      $0.lifetime = .goodTilDate
      $0.expiryNs = 40
    }
    desk.timeNs = 49
    desk.place(.buy, 5, at: 100, account: 1)
    let (kinds, ids, fills) = (desk.kinds, desk.outbox.map(\.id), desk.fills)
    #expect(kinds == [.expired, .expired, .accepted] && fills == [])
    #expect(Array(ids.prefix(2)) == [second, first])
  }

  @Test func icebergsShowAPartAndQueueAgainWithTheNext() throws {
    var desk = Desk(try Fixture.exchange())
    let iceberg = desk.place(.sell, 25, at: 100) { $0.displayed = Quantity(lots: 10) }
    let plain = desk.place(.sell, 10, at: 100, account: 1)
    var shown = desk.shown(.sell, 100)
    #expect(shown == 20)
    desk.place(.buy, 12, at: 100, account: 2)
    let makers = desk.outbox.filter { $0.isMaker }.map(\.id)
    let queue = desk.queue(.sell, 100)
    shown = desk.shown(.sell, 100)
    #expect(makers == [iceberg, plain] && queue == [plain, iceberg] && shown == 18)
    desk.place(.sell, 101, at: 100) { $0.displayed = Quantity(lots: 1) }
    let refusal = desk.refusal
    #expect(refusal == .icebergParts)
  }

  @Test func amendingDownKeepsThePlaceAndAnythingElseLosesIt() throws {
    var desk = Desk(try Fixture.exchange())
    let first = desk.place(.buy, 10, at: 100)
    let second = desk.place(.buy, 10, at: 100)
    desk.amend(first, at: 100, 6)
    var queue = desk.queue(.buy, 100)
    #expect(queue == [first, second])
    let locked = desk.exchange.locked(AccountIndex(0), Fixture.quote)
    #expect(locked == Amount(units: 16 * 100 * 1000))
    desk.amend(first, at: 100, 7)
    queue = desk.queue(.buy, 100)
    #expect(queue == [second, first])
    desk.amend(second, at: 101, 10)
    queue = desk.queue(.buy, 100)
    #expect(queue == [first])
    desk.place(.sell, 1, at: 102, account: 1)
    desk.amend(second, at: 102, 10)
    let fills = desk.fills
    #expect(fills == [[102, 1]])
  }

  @Test func statesTakeWhatTheySay() throws {
    var desk = Desk(try Fixture.exchange())
    let resting = desk.place(.buy, 10, at: 100)
    desk.state(.postOnly)
    desk.place(.sell, 1, at: 100, account: 1)
    var refusal = desk.refusal
    #expect(refusal == .marketClosed)
    desk.place(.sell, 1, at: 101, account: 1) { $0.postOnly = true }
    refusal = desk.refusal
    #expect(refusal == nil)
    desk.state(.halted)
    desk.exchange.cancel(resting, account: AccountIndex(0), timeNs: desk.timeNs, outbox: &desk.outbox)
    refusal = desk.refusal
    #expect(refusal == .marketClosed)
    desk.state(.cancelOnly)
    desk.place(.buy, 1, at: 90) { $0.postOnly = true }
    refusal = desk.refusal
    #expect(refusal == .marketClosed)
    desk.exchange.cancel(resting, account: AccountIndex(0), timeNs: desk.timeNs, outbox: &desk.outbox)
    let last = desk.outbox.last?.kind
    #expect(last == .canceled)
  }

  @Test func filtersRefuseWhatTheySay() throws {
    var desk = Desk(
      try Fixture.exchange(minimumNotional: 5_000_000, band: 9_000...11_000, maximumOpenOrders: 2))
    desk.place(.buy, 49, at: 100)
    var refusal = desk.refusal
    #expect(refusal == .notional)
    desk.place(.buy, 50, at: 100)
    desk.place(.sell, 50, at: 100, account: 1)
    desk.place(.buy, 1_000, at: 89)
    refusal = desk.refusal
    #expect(refusal == .priceBand)
    desk.place(.buy, 1_000, at: 90)
    desk.place(.buy, 1_000, at: 90)
    desk.place(.buy, 1_000, at: 90)
    refusal = desk.refusal
    #expect(refusal == .tooManyOpenOrders)
    desk.place(.buy, 0, at: 100, account: 1)
    refusal = desk.refusal
    #expect(refusal == .lotSize)
    desk.place(.buy, 1_000, at: 100_001, account: 1)
    refusal = desk.refusal
    #expect(refusal == .priceFilter)
  }
}
