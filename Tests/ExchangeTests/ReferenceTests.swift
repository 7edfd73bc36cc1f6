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

  /// Placing, cancelling, amending and halting at random: every event is the same, in the same order, and so is the book.
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
  func matchesTheReferenceEventByEvent(seed: UInt64) throws {
    var exchange = try Fixture.exchange(band: Self.band, maximumOpenOrders: 40, tradeGroups: Self.groups)
    var reference = ReferenceExchange(band: Self.band, maximumOpenOrders: 40, groups: Self.groups)
    var flow = RandomFlow(seed: seed, instruments: [Fixture.spot])
    var outbox: [ExchangeEvent] = []
    var timeNs: Int64 = 0
    var seen = Set<ExchangeEventKind>()
    var refusals = Set<ExchangeRefusal>()
    for request in 0..<Self.requests {
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
        exchange.setState(state, of: Fixture.spot, timeNs: timeNs, outbox: &outbox)
      }
      flow.learn(outbox)
      let ours = outbox.filter { $0.kind != .stateChanged }.map(Self.happening)
      let theirs = reference.takeLog()
      #expect(ours == theirs, "request \(request)")
      guard ours == theirs else { return }
      seen.formUnion(outbox.map(\.kind))
      refusals.formUnion(outbox.filter { $0.kind == .refused }.map(\.refusal))
      if request % 16 == 0 { guard Self.isSameBook(exchange, reference) else { return } }
    }
    #expect(
      seen.isSuperset(of: [
        .accepted, .refused, .filled, .canceled, .expired, .prevented, .amended, .triggered, .replenished,
        .stateChanged, .transferred,
      ]))
    #expect(
      refusals.isSuperset(of: [
        .marketClosed, .priceBand, .wouldTake, .wouldTrigger, .unknownOrder, .badCombination, .icebergParts,
        .amendChangesNothing,
      ]))
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
  static func isSameBook(_ exchange: borrowing Exchange, _ reference: ReferenceExchange) -> Bool {
    for side in Side.allCases {
      var rest = reference.book(side)[...]
      var price = exchange.best(Fixture.spot, side)
      while let first = rest.first {
        let queue = rest.prefix { $0.entry.price == first.entry.price }
        rest = rest.dropFirst(queue.count)
        let ids = exchange.queue(Fixture.spot, side, first.entry.price).map(\.ordinal)
        let depth = exchange.depth(Fixture.spot, side, first.entry.price)
        let shown = queue.reduce(0) { $0 + $1.shown }
        #expect(price.price == first.entry.price)
        #expect(ids == queue.map(\.ordinal))
        #expect(depth.displayed == shown && depth.total == queue.reduce(0) { $0 + $1.remaining })
        #expect(depth.orders == Int64(queue.count))
        guard price.price == first.entry.price, ids == queue.map(\.ordinal), depth.displayed == shown else {
          return false
        }
        price = exchange.level(Fixture.spot, side, behind: price.price) ?? .none
      }
      #expect(price == .none, "a level too many")
    }
    let (bid, ask) = (exchange.best(Fixture.spot, .buy), exchange.best(Fixture.spot, .sell))
    let isApart = bid == .none || ask == .none || bid.price < ask.price
    #expect(isApart, "a crossed book")
    #expect(exchange.openOrderCount == reference.orders.count)
    return isApart
  }
}
