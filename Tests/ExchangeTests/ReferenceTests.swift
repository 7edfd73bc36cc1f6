// The exchange against the slow and obvious one, event by event, from seeds.

import Market
import Simulation
import Support
import Testing

@Suite struct ReferenceTests {
  static let band: ClosedRange<Int64> = 9_000...11_000
  /// Three accounts of one group, one without.
  static let groups: [Int32] = [5, 5, 5, -1]

  #if DEBUG
    static let requests = 4_000
  #else
    static let requests = 20_000
  #endif

  /// What was seen to happen.
  struct Seen {
    var kinds = Set<ExchangeEventKind>()
    var refusals = Set<ExchangeRefusal>()
    var expiries = Set<ExchangeExpiry>()
  }

  /// Placing, cancelling, amending and halting at random: every event is the same, in the same order, and so is the book.
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
  func matchesTheReferenceEventByEvent(seed: UInt64) throws {
    var exchange = try Fixture.exchange(band: Self.band, maximumOpenOrders: 40, tradeGroups: Self.groups)
    var reference = ReferenceExchange(band: Self.band, maximumOpenOrders: 40, groups: Self.groups)
    var flow = RandomFlow(seed: seed, instruments: [Fixture.spot])
    let seen = Self.play(&flow, &exchange, &reference, Fixture.spot)
    #expect(
      seen.kinds.isSuperset(of: [
        .accepted, .refused, .filled, .canceled, .expired, .prevented, .amended, .triggered, .replenished,
        .stateChanged, .transferred,
      ]))
    #expect(
      seen.refusals.isSuperset(of: [
        .marketClosed, .priceBand, .wouldTake, .wouldTrigger, .unknownOrder, .badCombination, .icebergParts,
        .amendChangesNothing,
      ]))
  }

  /// The same for contracts, with reduce-only orders and funding: positions, their cost, profit and funding are equal after
  /// every request, and the free balance is what follows from them.
  @Test(arguments: [UInt64(1), 2, 3, 4], [Fixture.linear, Fixture.inverse])
  func matchesTheReferenceInContracts(seed: UInt64, instrument: InstrumentIndex) throws {
    var exchange = try Fixture.exchange(tradeGroups: Self.groups)
    var reference = ReferenceExchange(
      band: 0...1_000_000_000, maximumOpenOrders: 200, groups: Self.groups,
      contract: ReferenceContract(isInverse: instrument == Fixture.inverse, accounts: Self.groups.count))
    var flow = RandomFlow(seed: seed, instruments: [instrument])
    flow.reduces = true
    var outbox: [ExchangeEvent] = []
    exchange.setMark(Price(ticks: flow.centre), of: instrument, timeNs: 0, outbox: &outbox)
    let seen = Self.play(&flow, &exchange, &reference, instrument)
    #expect(
      seen.kinds.isSuperset(of: [
        .accepted, .refused, .filled, .canceled, .expired, .prevented, .amended, .triggered, .replenished,
        .stateChanged, .transferred, .funding,
      ]))
    #expect(seen.refusals.contains(.reduceOnly) && seen.expiries.contains(.reduceOnly))
    #expect(!seen.kinds.contains(.liquidated) && !seen.refusals.contains(.insufficientBalance))
  }

  private static func play(
    _ flow: inout RandomFlow, _ exchange: inout Exchange, _ reference: inout ReferenceExchange,
    _ instrument: InstrumentIndex
  ) -> Seen {
    var outbox: [ExchangeEvent] = []
    var timeNs: Int64 = 0
    var seen = Seen()
    for request in 0..<requests {
      timeNs += Int64.random(in: 0...3, using: &flow.random)
      outbox.removeAll(keepingCapacity: true)
      switch flow.next(timeNs: timeNs) {
      case .place(let entry):
        reference.place(entry, timeNs: timeNs)
        exchange.place(entry, timeNs: timeNs, outbox: &outbox)
      case .cancel(let id, let account):
        reference.cancel(id.ordinal, account: account, timeNs: timeNs)
        exchange.cancel(id, account: account, timeNs: timeNs, outbox: &outbox)
      case .amend(let id, let account, let price, let lots):
        reference.amend(id.ordinal, account: account, price: price, lots: lots, timeNs: timeNs)
        exchange.amend(
          id, account: account, price: Price(ticks: price), quantity: Quantity(lots: lots), timeNs: timeNs,
          outbox: &outbox)
      case .state(let state):
        reference.pass(to: timeNs)
        reference.state = state
        exchange.setState(state, of: instrument, timeNs: timeNs, outbox: &outbox)
      }
      if reference.contract != nil, request % 50 == 0 {
        let rate = Int64(request / 50 % 7 - 3) * 12_345
        reference.pass(to: timeNs)
        reference.contract?.fund(rate: rate, mark: flow.centre)
        exchange.payFunding(rate: rate, of: instrument, timeNs: timeNs, outbox: &outbox)
      }
      flow.learn(outbox)
      let ours = outbox.filter { $0.kind != .stateChanged && $0.kind != .funding }.map(happening)
      let theirs = reference.takeLog()
      #expect(ours == theirs, "request \(request)")
      guard ours == theirs, isSameMoney(exchange, reference, instrument) else { return seen }
      seen.kinds.formUnion(outbox.map(\.kind))
      seen.refusals.formUnion(outbox.filter { $0.kind == .refused }.map(\.refusal))
      seen.expiries.formUnion(outbox.filter { $0.kind == .expired }.map(\.expiry))
      if request % 16 == 0 { guard isSameBook(exchange, reference, instrument) else { return seen } }
    }
    return seen
  }

  /// Positions as the reference holds them, and free balances that come to the deposit and what was made.
  private static func isSameMoney(
    _ exchange: borrowing Exchange, _ reference: ReferenceExchange, _ instrument: InstrumentIndex
  ) -> Bool {
    guard let contract = reference.contract else { return true }
    let settlement = contract.isInverse ? Fixture.base : Fixture.quote
    for (i, theirs) in contract.holdings.enumerated() {
      let account = AccountIndex(Int32(i))
      let position = exchange.position(account, instrument)
      let ours = ReferenceContract.Holding(
        lots: position.lots, cost: Int128(position.cost), realised: Int128(position.realised),
        funding: Int128(position.funding))
      let free = Int128(exchange.free(account, settlement).units)
      let isSame = ours == theirs && free == Int128(Fixture.depositUnits) + theirs.realised + theirs.funding
      #expect(isSame, "account \(i): \(ours), not \(theirs); free \(free)")
      guard isSame else { return false }
    }
    return true
  }

  static func happening(_ event: ExchangeEvent) -> Happening {
    var happening = Happening(kind: event.kind, order: event.id.ordinal)
    switch event.kind {
    case .refused:
      happening.order = 0
      happening.refusal = event.refusal
      return happening
    case .expired: happening.expiry = event.expiry
    default: break
    }
    happening.price = event.price.ticks
    happening.lots = event.quantity.lots
    happening.remaining = event.remaining.lots
    happening.counter = event.counterOrder.ordinal
    happening.isMaker = event.isMaker
    happening.keptPriority = event.keptPriority
    return happening
  }

  /// Every level's orders in their order, its sums, and that the book is not crossed.
  static func isSameBook(
    _ exchange: borrowing Exchange, _ reference: ReferenceExchange, _ instrument: InstrumentIndex
  ) -> Bool {
    for side in Side.allCases {
      var rest = reference.book(side)[...]
      var price = exchange.best(instrument, side)
      while let first = rest.first {
        let queue = rest.prefix { $0.entry.price == first.entry.price }
        rest = rest.dropFirst(queue.count)
        let ids = exchange.queue(instrument, side, first.entry.price).map(\.ordinal)
        let depth = exchange.depth(instrument, side, first.entry.price)
        let shown = queue.reduce(0) { $0 + $1.shown }
        #expect(price.price == first.entry.price)
        #expect(ids == queue.map(\.ordinal))
        #expect(depth.displayed == shown && depth.total == queue.reduce(0) { $0 + $1.remaining })
        #expect(depth.orders == Int64(queue.count))
        guard price.price == first.entry.price, ids == queue.map(\.ordinal), depth.displayed == shown else {
          return false
        }
        price = exchange.level(instrument, side, behind: price.price) ?? .none
      }
      #expect(price == .none, "a level too many")
    }
    let (bid, ask) = (exchange.best(instrument, .buy), exchange.best(instrument, .sell))
    let isApart = bid == .none || ask == .none || bid.price < ask.price
    #expect(isApart, "a crossed book")
    #expect(exchange.openOrderCount == reference.orders.count)
    return isApart
  }
}
