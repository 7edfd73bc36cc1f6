// The brain as a strategy: steps the model on its own clock, and turns its policy into orders.

import Brain
import Market

/// Follows the policy of a `BrainModel`: one unit long, flat, or one unit short, gone for at the touch or across it.
public struct BrainStrategy: TradingStrategy, ~Copyable {
  /// What can be set.
  public struct Parameters: Sendable {
    /// The worth of one unit of target inventory, in units of the quote asset.
    public var orderAmount: Amount
    /// The least time between two orders.
    public var shortestPauseNs: Int64 = 1_000_000_000
    /// How long the way to the target may be waited for at the touch; then the spread is crossed.
    public var patienceNs: Int64 = 1_000_000_000
    /// How far beyond the touch an aggressive order may trade, in basis points.
    public var slippageBasisPoints = 0.5
    /// Below this probability of the chosen action nothing is begun, and what rests is taken away.
    public var leastConfidence: Float = 0

    public init(orderAmount: Amount) { self.orderAmount = orderAmount }
  }

  public static var usesFeatures: Bool { true }

  public let parameters: Parameters
  public let sampleIntervalNs: Int64
  private var model: BrainModel
  private var features = FeatureVector()
  private var forecast: Forecast?
  private var placedNs: Int64 = .min
  /// The side that leads to the target, and since when it has.
  private var wanted: Side?
  private var wantedSinceNs: Int64 = 0

  public init(_ model: consuming BrainModel, _ parameters: Parameters) {
    precondition(parameters.orderAmount.units > 0)
    precondition((0...1000).contains(parameters.slippageBasisPoints), "slippage is 0 to 1000 basis points")
    self.parameters = parameters
    sampleIntervalNs = model.manifest.clockIntervalNs
    self.model = model
  }

  @_noLocks
  public mutating func onSample(_ context: inout TradingContext) {
    // Without a reading (one side of the book is empty) the zeros are stepped over like any others: the recurrence
    // keeps its count, in training too.
    let isReading = context.readFeatures(&features)
    let made = model.step(features)
    forecast = isReading ? made : nil
    if isReading { context.publish(made) }
  }

  @_noLocks
  public mutating func onIdle() { model.prepare() }

  @_noLocks
  public mutating func onRestart(_ context: inout TradingContext) {
    model.reset()
    forecast = nil
  }

  @_noLocks
  public mutating func onBook(_ context: inout TradingContext) {
    guard let forecast, context.isTradable, context.hasTouch else { return }
    let unit = context.quantity(worth: parameters.orderAmount, at: context.bestAsk.price)
    let isSure = forecast.confidence >= parameters.leastConfidence
    let target = forecast.action.targetInventory &* unit.lots
    let difference = isSure ? target &- context.positionLots : 0
    let side: Side = difference > 0 ? .buy : .sell
    // A rest smaller than half a unit is not worth an order: the venue has a least notional.
    let lots = difference.magnitude > UInt64(unit.lots / 2) ? Int64(clamping: difference.magnitude) : 0
    want(lots == 0 ? nil : side, context.nowNs)
    if lots == 0 || context.orders.count(side.opposite) > 0 {
      context.cancelAll()
      return
    }
    let isOverdue = context.nowNs &- wantedSinceNs >= parameters.patienceNs
    go(side, Quantity(lots: min(lots, 2 &* unit.lots)), forecast.action.isAggressive || isOverdue, &context)
  }

  private mutating func want(_ side: Side?, _ nowNs: Int64) {
    if side?.rawValue != wanted?.rawValue { wantedSinceNs = nowNs }
    wanted = side
  }

  /// Places one order towards the target, or clears the way for it.
  private mutating func go(_ side: Side, _ quantity: Quantity, _ isAggressive: Bool, _ context: inout TradingContext) {
    let touch = context.touch(side).price
    if let resting = context.orders.first(side) {
      let isPause = context.nowNs &- placedNs < parameters.shortestPauseNs
      if !isPause && (isAggressive || resting.price.ticks != touch.ticks) { context.cancel(resting.intent) }
      return
    }
    guard context.orders.isEmpty, placedNs == .min || context.nowNs &- placedNs >= parameters.shortestPauseNs else {
      return
    }
    let placed: IntentIdentifier?
    if isAggressive {
      let far = context.touch(side.opposite).price.ticks
      let slippage = Int64(Double(far) * parameters.slippageBasisPoints * 1e-4)  // Safe: far below 2^63 by the book.
      placed = context.take(side, limit: Price(ticks: far &+ side.sign &* slippage), quantity)
    } else {
      placed = context.quote(side, at: touch, quantity)
    }
    if case .some = placed { placedNs = context.nowNs }
  }
}
