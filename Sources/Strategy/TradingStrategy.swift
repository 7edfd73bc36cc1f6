// The protocol that a strategy implements: one file of yours, specialised into the pipeline at compile time.

import Market

/// A trading strategy for one instrument.
///
/// The stage makes one value for each instrument of its shard and calls it on the stage's thread; keep all state in
/// the value. Every callback may place and cancel through the context. Implement the callbacks you need, the others
/// do nothing:
///
///     struct JoinTheBid: TradingStrategy {
///       mutating func onBook(_ context: inout TradingContext) {
///         if context.orders.isEmpty && context.positionLots == 0 {
///           context.quote(.buy, at: context.bestBid.price, Quantity(lots: 10))
///         }
///       }
///     }
///
/// A callback must not allocate, lock or call into the system: it runs on the hot path. What it does may depend only
/// on its own state, its arguments and the context, so that a replay of the session repeats it exactly.
public protocol TradingStrategy: ~Copyable {
  /// Whether the stage keeps the feature engine up to date. False saves that work; `context.features()` is void then.
  static var usesFeatures: Bool { get }

  /// How often `onSample` is called, in nanoseconds of the session's clock; 0 for never. Read once at the start.
  var sampleIntervalNs: Int64 { get }

  /// The book changed. Called at most once per step, after everything that had arrived was applied: never act on an
  /// older book than there is.
  mutating func onBook(_ context: inout TradingContext)

  /// A trade was printed. Called for every trade in its order, while newer events may still be waiting.
  mutating func onTrade(_ trade: MarketTrade, _ context: inout TradingContext)

  /// A point of the sampling grid was passed (see `StepClock`): the market stands as it did just before
  /// `context.nowNs`, the time of the point. How often this is called does not depend on load; observe here, and act in
  /// `onBook`.
  mutating func onSample(_ context: inout TradingContext)

  /// News of an own order, or of the position. Called before any market data of the same step.
  mutating func onReport(_ update: OrderUpdate, _ context: inout TradingContext)

  /// The time asked for with `context.setTimer` has come.
  mutating func onTimer(_ context: inout TradingContext)

  /// There is nothing to do: the time to compute ahead what a later callback needs. How often this is called depends on
  /// load, and a replay never calls it: it may only save work, never change what a callback does.
  mutating func onIdle()

  /// Forget what rests on an unbroken past: the sampling grid begins anew, or the stream broke. In the latter case
  /// the book is void and the stage has asked for all own orders to be cancelled.
  mutating func onRestart(_ context: inout TradingContext)
}

extension TradingStrategy where Self: ~Copyable {
  @inlinable public static var usesFeatures: Bool { false }
  @inlinable public var sampleIntervalNs: Int64 { 0 }
  @inlinable public mutating func onBook(_ context: inout TradingContext) {}
  @inlinable public mutating func onTrade(_ trade: MarketTrade, _ context: inout TradingContext) {}
  @inlinable public mutating func onSample(_ context: inout TradingContext) {}
  @inlinable public mutating func onReport(_ update: OrderUpdate, _ context: inout TradingContext) {}
  @inlinable public mutating func onTimer(_ context: inout TradingContext) {}
  @inlinable public mutating func onIdle() {}
  @inlinable public mutating func onRestart(_ context: inout TradingContext) {}
}

/// A trade of the market, not of ours.
public struct MarketTrade: BitwiseCopyable, Sendable {
  public var price: Price
  public var quantity: Quantity
  /// The side that crossed the spread.
  public var taker: Side
  /// When it was received, in the session's clock.
  public var receiveTimeNs: Int64

  @inline(always)
  public init(price: Price, quantity: Quantity, taker: Side, receiveTimeNs: Int64) {
    self.price = price
    self.quantity = quantity
    self.taker = taker
    self.receiveTimeNs = receiveTimeNs
  }
}
