// The market maker that comes with Apus: quotes both sides after Avellaneda and Stoikov, skewed by its inventory.

import Market

/// Quotes a post-only bid and ask around the reservation price of `QuotingModel`.
public struct AvellanedaStoikov: TradingStrategy {
  /// What can be set. The defaults quote close to the touch of a liquid pair.
  public struct Parameters: Sendable {
    /// The worth of one order, in units of the quote asset.
    public var orderAmount: Amount
    /// The largest position either way, in orders: at it, the side that would add to it is not quoted.
    public var maximumInventory: Int64 = 4
    /// See `QuotingModel`; per basis point.
    public var riskAversion = 0.2
    public var fillDecay = 4.0
    public var horizonSeconds = 5.0
    /// How fast the estimate of the variance forgets.
    public var varianceMemoryNs: Int64 = 30_000_000_000
    /// A quote is left where it is until it stands further than this from where it is wanted, in basis points.
    public var toleranceBasisPoints = 0.1
    /// The least time between two orders on one side.
    public var shortestLifeNs: Int64 = 500_000_000

    public init(orderAmount: Amount) { self.orderAmount = orderAmount }
  }

  public let parameters: Parameters
  public let sampleIntervalNs: Int64
  private let model: QuotingModel
  private var variance: VarianceEstimate
  private var keeper: QuoteKeeper?

  /// - Parameter sampleIntervalNs: the grid on which the variance is sampled.
  public init(_ parameters: Parameters, sampleIntervalNs: Int64 = 100_000_000) {
    precondition(parameters.orderAmount.units > 0 && parameters.maximumInventory > 0)
    self.parameters = parameters
    self.sampleIntervalNs = sampleIntervalNs
    model = QuotingModel(
      riskAversion: parameters.riskAversion, fillDecay: parameters.fillDecay,
      horizonSeconds: parameters.horizonSeconds)
    variance = VarianceEstimate(intervalNs: sampleIntervalNs, memoryNs: parameters.varianceMemoryNs)
  }

  @_noLocks
  public mutating func onSample(_ context: inout TradingContext) {
    if context.hasTouch { variance.add(midTicks: context.midTicks) }
  }

  @_noLocks
  public mutating func onRestart(_ context: inout TradingContext) { variance.interrupt() }

  @_noLocks
  public mutating func onReport(_ update: OrderUpdate, _ context: inout TradingContext) { onBook(&context) }

  @_noLocks
  public mutating func onBook(_ context: inout TradingContext) {
    guard context.isTradable, context.hasTouch else { return }
    let mid = context.midTicks
    let bestBid = context.bestBid.price
    let bestAsk = context.bestAsk.price
    let order = context.quantity(worth: parameters.orderAmount, at: bestAsk)
    guard order.lots > 0 else { return }
    let inventory = Double(context.positionLots) / Double(order.lots)
    let wanted = model.quotes(mid: mid, inventory: inventory, variance: variance.value)

    var keeper = self.keeper ?? makeKeeper(mid)
    let bid = min(ticksBelow(wanted.bid), bestAsk.ticks &- 1)
    let ask = max(ticksAbove(wanted.ask), bestBid.ticks &+ 1)
    let limit = parameters.maximumInventory &* order.lots
    let mayBuy = context.positionLots &+ order.lots <= limit
    let maySell = context.positionLots &- order.lots >= -limit
    keeper.keep(.buy, at: mayBuy ? Price(ticks: bid) : nil, order, &context)
    keeper.keep(.sell, at: maySell ? Price(ticks: ask) : nil, order, &context)
    self.keeper = keeper
  }

  private func makeKeeper(_ mid: Double) -> QuoteKeeper {
    QuoteKeeper(
      toleranceTicks: ticksBelow(parameters.toleranceBasisPoints * 1e-4 * mid),
      shortestLifeNs: parameters.shortestLifeNs)
  }

  /// A price outside of what any instrument has (a variance gone wild) is no price: the risk gate's collar and the
  /// context refuse it, and nothing traps.
  private func ticksBelow(_ ticks: Double) -> Int64 { ticks > 0 && ticks < 9e15 ? Int64(ticks) : 0 }

  private func ticksAbove(_ ticks: Double) -> Int64 {
    let below = ticksBelow(ticks)
    return Double(below) < ticks ? below &+ 1 : below
  }
}
