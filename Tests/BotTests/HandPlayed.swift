// A backtest's session whose market and strategy are written by hand: what is placed when, against which messages.

import Backtest
import Bot
import Market
import Simulation
import Strategy
import Testing

/// What the scripted strategy was told, in order. Filled by the one thread that plays the session.
final class HeardUpdates: @unchecked Sendable {  // Safe: a backtest is one thread.
  var all: [OrderUpdate] = []

  /// The kinds of news about orders.
  var kinds: [OrderUpdateKind] { all.map(\.kind).filter { $0 != .position } }
}

/// Buys once at the bid, on the first book at or after `placeNs`, and cancels at the first one at or after `cancelNs`.
struct ScriptedStrategy: TradingStrategy {
  let placeNs: Int64
  let cancelNs: Int64
  let heard: HeardUpdates
  private var hasPlaced = false
  private var hasCanceled = false

  init(placeNs: Int64, cancelNs: Int64, heard: HeardUpdates) {
    self.placeNs = placeNs
    self.cancelNs = cancelNs
    self.heard = heard
  }

  mutating func onBook(_ context: inout TradingContext) {
    if !hasPlaced, context.nowNs >= placeNs {
      hasPlaced = context.place(.buy, at: context.bestBid.price, Quantity(lots: 1_000)) != nil
    }
    if !hasCanceled, context.nowNs >= cancelNs {
      context.cancelAll()
      hasCanceled = true
    }
  }

  mutating func onReport(_ update: OrderUpdate, _ context: inout TradingContext) { heard.all.append(update) }
}

/// SYNUSDT with a bid of 1000.00 and an ask of 1000.01 that are repeated every 50 ms, from `startNs` on.
struct HandPlayed {
  let session: BacktestSession
  let heard = HeardUpdates()
  private var nowNs = Self.startNs
  private var update: UInt64 = 1
  private var trades: UInt64 = 0
  private let instrument: InstrumentIndex

  static let startNs: Int64 = 1_700_000_000_000_000_000
  static let bid = PriceQuantity(price: Price(ticks: 100_000), quantity: Quantity(lots: 5_000))
  static let ask = PriceQuantity(price: Price(ticks: 100_001), quantity: Quantity(lots: 5_000))

  /// A venue that is always there, and whose clock is right.
  static let calm = VenueConduct(clock: VenueClockRule(startNs: startNs, receiveWindowNs: 5_000_000_000))

  /// - Parameters:
  ///   - placeMs, cancelMs: when the strategy acts, from the session's start.
  ///   - delays: in milliseconds where they are constant.
  init(placeMs: Int64, cancelMs: Int64, delays: LinkDelays, conduct: VenueConduct = HandPlayed.calm) throws {
    try self.init(delays: delays, conduct: conduct) { heard in
      ScriptedStrategy(
        placeNs: Self.startNs + placeMs * 1_000_000, cancelNs: Self.startNs + cancelMs * 1_000_000, heard: heard)
    }
  }

  init<Strategy: TradingStrategy & SendableMetatype>(
    delays: LinkDelays, conduct: VenueConduct, strategy: @escaping @Sendable (HeardUpdates) -> Strategy
  ) throws {
    let heard = heard
    let factory = StrategyFactory("scripted") { _, _ in strategy(heard) }
    let plan = try BacktestPlan(
      Configuration(
        file: "hand.yaml",
        text: backtestConfiguration(syntheticBacktest, strategy: "{name: scripted}")),
      strategies: [factory])
    instrument = plan.instruments[0].index
    session = try plan.makeSession(
      startNs: Self.startNs, links: [VenueLink(delays: delays, conduct: conduct)], queue: .leaveBehind)
    try play(.snapshot(bids: [Self.bid], asks: [Self.ask], updateId: update))
  }

  /// Plays the quiet market up to that many milliseconds after the start.
  mutating func pass(toMs: Int64) throws {
    while nowNs + 50_000_000 <= Self.startNs + toMs * 1_000_000 {
      nowNs += 50_000_000
      update += 1
      try play(
        .depth(bids: [Self.bid], asks: [Self.ask], firstUpdateId: update, updateId: update))
    }
  }

  /// A trade that takes everything at the bid and below, so many milliseconds after the start.
  mutating func tradeThrough(atMs: Int64) throws {
    nowNs = Self.startNs + atMs * 1_000_000
    trades += 1
    let through = PriceQuantity(price: Price(ticks: 99_999), quantity: Quantity(lots: 100_000))
    try play(.trade(through, takerSide: .sell, tradeId: trades))
  }

  private func play(_ message: MarketMessage) throws {
    try session.play(message, of: instrument, atNs: nowNs)
  }

  func finish() throws -> BacktestResult { try session.finish(atNs: nowNs) }
}
