// Features of one instrument, kept up to date event by event and read as a vector whenever a decision is due.

import Pipeline

/// Computes the 48 features of docs/features.md from a fused book and its trades.
///
/// Every event updates the state at the event's receive time, whatever batch it came in, so that a reading depends on
/// the events and the clock alone and is the same live, in replay and in training. All arithmetic is a fixed sequence of
/// single-precision operations. Not thread-safe: the strategy stage owns it.
public struct FeatureEngine: ~Copyable {
  private let place = InPlace()
  /// Whether the book had both sides when it was last seen. There is no reading without.
  public private(set) var isReady = false

  private var reader = DepthReader()
  private var bids = DepthView()
  private var asks = DepthView()
  /// Best bid plus best ask, in ticks: twice the mid-price, without rounding. 0 before the first book.
  private var doubleMid: Int64 = 0
  /// At least one tick, also while a crossed book waits for its next message.
  private var spreadTicks: Float = 1
  private var flows = DecayingFlows()
  private var lastTradeNs: Int64 = 0
  private var lastMoveNs: Int64 = 0
  private var lastTradeSignedLots: Float = 0
  private var lastTradeOffsetTicks: Float = 0

  public init() {}

  /// Takes the book after a change that left it consistent (`touch`, `depth` or `validity`).
  ///
  /// - Parameter nowNs: the event's receive time, in the session's clock.
  @_noLocks @inline(never)
  public mutating func onBook(_ book: borrowing OrderBook, nowNs: Int64) {
    advance(nowNs)
    let wasReady = isReady
    isReady = book.isValid && book.bestBid.quantity.lots > 0 && book.bestAsk.quantity.lots > 0
    guard isReady else { return }
    if !wasReady { reader.anchor = book.bestBid.price }

    let newBids = reader.read(book, .buy)
    let newAsks = reader.read(book, .sell)
    if wasReady { flows.add(orderFlow: OrderFlow.imbalance(bids, newBids, asks, newAsks)) }
    bids = newBids
    asks = newAsks
    let spread = book.bestAsk.price.ticks &- book.bestBid.price.ticks
    spreadTicks = spread < 1 ? 1 : Float(spread)
    move(to: book.bestBid.price.ticks &+ book.bestAsk.price.ticks, nowNs)
    flows.hold(
      queueLots: 0.5 * (bids.near[0] + asks.near[0]),
      depthLots: 0.5 * (FastMath.sum(bids.near) + FastMath.sum(asks.near)), spreadTicks: spreadTicks)
  }

  /// Takes a trade.
  @_noLocks @inline(never)
  public mutating func onTrade(_ event: UnsafePointer<MarketEvent>) {
    let nowNs = event.pointee.receiveTimeNs
    advance(nowNs)
    guard doubleMid > 0 else { return }
    let lots = Float(event.pointee.quantity.lots)
    let signedLots = event.pointee.side == .buy ? lots : -lots
    lastTradeOffsetTicks = 0.5 * Float(2 &* event.pointee.price.ticks &- doubleMid)
    lastTradeSignedLots = signedLots
    lastTradeNs = nowNs
    flows.add(tradeLots: lots, signedLots: signedLots, aboveMidBps: lastTradeOffsetTicks * bpsPerTick)
  }

  /// Reads all features as of `nowNs`; zeros while not ready.
  ///
  /// - Returns: whether there was a reading (`isReady`).
  @_noLocks @inline(never)
  public func fill(_ vector: inout FeatureVector, nowNs: Int64) -> Bool {
    guard isReady else {
      vector = FeatureVector()
      return false
    }
    let now = flows.decayed(to: nowNs)
    fillBook(&vector, now)
    now.fill(&vector)
    fillRecent(&vector, now, nowNs)
    return true
  }

  private mutating func advance(_ nowNs: Int64) {
    if flows.timeNs == 0 {
      lastTradeNs = nowNs
      lastMoveNs = nowNs
    }
    // Shorter steps would round to no decay at all over the longest horizon, and time would be lost.
    if nowNs &- flows.timeNs >= Self.shortestStepNs { flows = flows.decayed(to: nowNs) }
  }

  /// Events within a quarter of a millisecond count as simultaneous: 0.25 % of the shortest horizon.
  private static var shortestStepNs: Int64 { 250_000 }

  private mutating func move(to newDoubleMid: Int64, _ nowNs: Int64) {
    guard newDoubleMid != doubleMid else { return }
    let previous = doubleMid
    doubleMid = newDoubleMid
    guard previous > 0 else { return }
    lastMoveNs = nowNs
    flows.add(returnBps: 0.5 * Float(newDoubleMid &- previous) * bpsPerTick)
  }

  /// Hundredths of a percent of the mid-price in a tick.
  private var bpsPerTick: Float { 20_000 / Float(doubleMid) }

  /// Features of the book as it stands.
  private func fillBook(_ vector: inout FeatureVector, _ now: borrowing DecayingFlows) {
    let bid = bids.cumulative
    let ask = asks.cumulative
    let imbalance = (bid - ask) / (bid + ask)
    // The weighted mid-price leans from the mid toward the thinner side by imbalance times half the spread.
    let half = 0.5 * spreadTicks
    let bidMean = FastMath.sum(bids.near * bids.distances) / bid[2]
    let askMean = FastMath.sum(asks.near * asks.distances) / ask[2]
    // Volume-weighted prices of eight levels a side, each weighted with the other side's quantity.
    let deep = (bid[2] * (half + askMean) - ask[2] * (half + bidMean)) / (bid[2] + ask[2])
    let leans = FastMath.signedLog(SIMD8(half * imbalance[0], deep, 0, 0, 0, 0, 0, 0))
    let spreads = FastMath.log(
      SIMD8(spreadTicks, spreadTicks / now.meanSpreadTicks, 1, 1, 1, 1, 1, 1))
    vector.touch = SIMD8(
      0.25 * spreads[0], spreads[1], imbalance[0], imbalance[1], imbalance[2], imbalance[3], leans[0], 0.5 * leans[1])
    vector.shape =
      FastMath.log(
        SIMD8(
          bid[0] / now.meanQueueLots, ask[0] / now.meanQueueLots, bid[2] / now.meanDepthLots,
          ask[2] / now.meanDepthLots, 1 + bids.span, 1 + asks.span,
          1 + bids.gap, 1 + asks.gap)) * 0.25
  }

  /// What is known of the last trade and the last move.
  private func fillRecent(_ vector: inout FeatureVector, _ now: borrowing DecayingFlows, _ nowNs: Int64) {
    let sinceTrade = 10 * seconds(nowNs &- lastTradeNs)
    let sinceMove = 10 * seconds(nowNs &- lastMoveNs)
    let size = lastTradeSignedLots / now.meanTradeLots
    let logs = FastMath.signedLog(SIMD8(sinceTrade, sinceMove, size, lastTradeOffsetTicks, 0, 0, 0, 0))
    vector.recent.highHalf = logs.lowHalf * SIMD4(0.25, 0.25, 1, 0.5)
  }

  private func seconds(_ ns: Int64) -> Float { ns > 0 ? Float(ns) * 1e-9 : 0 }
}
