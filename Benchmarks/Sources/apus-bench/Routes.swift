// The router against one that sorts, on seeded intents and quotes of one to four venues.

import Execution
import Market
import Peers
import Simulation
import Suite

func routes(_ scale: Scale) -> Benchmark {
  let intents = RoutedIntents(count: 4_096)
  let rounds = scale.of(64, tiny: 1)
  let expected = intents.runReference { $0() }
  func figure(_ name: String, _ run: @escaping (Meter) -> UInt64) throws -> Double {
    let ns = try timeNs { meter in
      for _ in 0..<rounds {
        guard run(meter) == expected else { throw BenchmarkError("router: \(name) came to other orders") }
      }
    }
    return ns / Double(intents.count * rounds)
  }
  return Benchmark(
    row: "router", unit: "ns/order",
    topology: """
      \(intents.count) seeded intents, each with quotes of 1 to 4 venues --> orders for one venue each; one CPU
      """,
    ours: BenchmarkSide("apus") {
      try intents.compare()
      return try figure("apus", intents.run)
    },
    peers: [BenchmarkSide("scalar reference") { try figure("the reference", intents.runReference) }])
}

/// Intents with the quotes that they meet, and the two routers that they go through.
final class RoutedIntents {
  private let intents: [OrderIntent]
  private let quoteCounts: [Int]
  /// Room for the most venues for each intent.
  private let quotes: [VenueQuote]
  private let referenceIntents: [peer_order]
  private let referenceQuotes: [peer_quote]
  private let children = UnsafeMutablePointer<ChildOrder>.allocate(capacity: Router.maximumChildren)
  private let referenceParts = UnsafeMutablePointer<peer_order>.allocate(capacity: Router.maximumChildren)

  var count: Int { intents.count }

  init(count: Int) {
    precondition(PEER_VENUES == Router.maximumChildren)
    var random = SplitMix64(seed: 11)
    intents = (0..<count).map { _ in Self.intent(&random) }
    quoteCounts = (0..<count).map { _ in 1 + Int(random.below(Int64(Router.maximumChildren))) }
    quotes = (0..<count * Router.maximumChildren).map { Self.quote(venue: $0 % Router.maximumChildren, &random) }
    referenceIntents = intents.map(peer_order.init)
    referenceQuotes = quotes.map(peer_quote.init)
  }

  deinit {
    children.deallocate()
    referenceParts.deallocate()
  }

  private static func intent(_ random: inout SplitMix64) -> OrderIntent {
    let kind = random.below(10)
    return OrderIntent(
      kind: .place, side: random.chance(50) ? .buy : .sell, type: kind < 7 ? .limit : kind < 9 ? .limitMaker : .market,
      timeInForce: TimeInForce.allCases[Int(random.below(3))], instrument: InstrumentIndex(10), definitionVersion: 1,
      strategy: 0, price: Price(ticks: random.chance(95) ? 1_000_000 + random.below(400) : 0),
      quantity: Quantity(lots: 1 + random.below(2_000)), decisionTimeNs: 0, marketTimeNs: 0, cause: 0, originTsc: 0)
  }

  /// So near each other that limits reach some venues and not others, and fees turn their order around.
  private static func quote(venue: Int, _ random: inout SplitMix64) -> VenueQuote {
    let bid = 1_000_000 + random.below(400)
    return VenueQuote(
      venue: VenueIndex(UInt8(venue)), instrument: InstrumentIndex(UInt16(venue) + 10), bid: Price(ticks: bid),
      bidQuantity: Quantity(lots: random.below(1_000)), ask: Price(ticks: bid + 1 + random.below(10)),
      askQuantity: Quantity(lots: random.below(1_000)), takerFeeBasisPoints: random.below(5),
      makerFeeBasisPoints: random.below(5) - 2)
  }

  /// All intents through the router while the meter runs; the digest of the orders.
  func run(_ meter: Meter) -> UInt64 {
    var digest = Digest()
    meter {
      for i in intents.indices {
        for part in 0..<route(i) { digest.add(peer_order(children[part], intents[i].side)) }
      }
    }
    return digest.value
  }

  func runReference(_ meter: Meter) -> UInt64 {
    var digest = Digest()
    meter {
      for i in intents.indices {
        for part in 0..<routeReference(i) { digest.add(referenceParts[part]) }
      }
    }
    return digest.value
  }

  @inline(always)
  private func route(_ i: Int) -> Int {
    intents.withUnsafeBufferPointer { intents in
      quotes.withUnsafeBufferPointer { quotes in
        let first = quotes.baseAddress! + i * Router.maximumChildren
        return Router.route(
          intents.baseAddress! + i, quotes: UnsafeBufferPointer(start: first, count: quoteCounts[i]), into: children)
      }
    }
  }

  @inline(always)
  private func routeReference(_ i: Int) -> Int {
    referenceIntents.withUnsafeBufferPointer { intents in
      referenceQuotes.withUnsafeBufferPointer { quotes in
        let first = quotes.baseAddress! + i * Router.maximumChildren
        return Int(peer_route(intents.baseAddress! + i, first, Int32(quoteCounts[i]), referenceParts))
      }
    }
  }

  /// Both must come to the same orders for every intent, before anything is timed.
  func compare() throws {
    for i in intents.indices {
      let (count, referenceCount) = (route(i), routeReference(i))
      let isEqual = (0..<min(count, referenceCount)).allSatisfy { part in
        Digest(peer_order(children[part], intents[i].side)) == Digest(referenceParts[part])
      }
      guard count == referenceCount, isEqual else {
        throw BenchmarkError("router: the reference comes to other orders for \(intents[i])")
      }
    }
  }
}

extension Digest {
  fileprivate init(_ order: peer_order) { add(order) }

  @inline(always)
  fileprivate mutating func add(_ order: peer_order) {
    add(order.price_ticks)
    add(order.lots)
    let places = Int64(order.instrument) << 8 | Int64(order.venue)
    add(places << 24 | Int64(order.is_sell) << 16 | Int64(order.type) << 8 | Int64(order.time_in_force))
  }
}

extension peer_order {
  fileprivate init(_ intent: OrderIntent) {
    self.init(
      price_ticks: intent.price.ticks, lots: intent.quantity.lots, instrument: intent.instrument.rawValue,
      venue: intent.venue.rawValue, is_sell: intent.side == .sell ? 1 : 0, type: intent.type.rawValue,
      time_in_force: intent.timeInForce.rawValue)
  }

  @inline(always)
  fileprivate init(_ child: ChildOrder, _ side: Side) {
    self.init(
      price_ticks: child.price.ticks, lots: child.quantity.lots, instrument: child.instrument.rawValue,
      venue: child.venue.rawValue, is_sell: side == .sell ? 1 : 0, type: child.type.rawValue,
      time_in_force: child.timeInForce.rawValue)
  }
}

extension peer_quote {
  fileprivate init(_ quote: VenueQuote) {
    self.init(
      bid_ticks: quote.bid.ticks, bid_lots: quote.bidQuantity.lots, ask_ticks: quote.ask.ticks,
      ask_lots: quote.askQuantity.lots, taker_fee_bps: quote.takerFeeBasisPoints,
      maker_fee_bps: quote.makerFeeBasisPoints, instrument: quote.instrument.rawValue, venue: quote.venue.rawValue)
  }
}
