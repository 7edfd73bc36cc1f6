// Keeps at most one quote on each side where it is wanted, with a bounded number of orders and cancels.

import Market

/// Moves resting quotes to wanted prices.
///
/// A quote is replaced only when it stands more than `toleranceTicks` from where it is wanted, and an order is placed on
/// a side at most once in `shortestLifeNs`; so each side sends at most one order and one cancel in that time. The
/// replacement is placed when the cancel is confirmed, never before: one side never holds two live orders.
public struct QuoteKeeper: BitwiseCopyable, Sendable {
  public let toleranceTicks: Int64
  public let shortestLifeNs: Int64
  /// When an order was last placed, buy and sell.
  private var placedNs = SIMD2<Int64>(repeating: .min)

  public init(toleranceTicks: Int64, shortestLifeNs: Int64) {
    precondition(toleranceTicks >= 0 && shortestLifeNs > 0)
    self.toleranceTicks = toleranceTicks
    self.shortestLifeNs = shortestLifeNs
  }

  /// Goes one step towards a quote of `quantity` at `price`, or towards none when `price` is nil.
  @_noLocks
  public mutating func keep(_ side: Side, at price: Price?, _ quantity: Quantity, _ context: inout TradingContext) {
    let placed = placedNs[side.sideIndex]
    let mayAct = placed == .min || context.nowNs &- placed >= shortestLifeNs
    if let order = context.orders.first(side) {
      guard let price else {
        context.cancel(order.intent)
        return
      }
      let distance = order.price.ticks &- price.ticks
      if mayAct && (distance > toleranceTicks || -distance > toleranceTicks) { context.cancel(order.intent) }
      return
    }
    guard let price, mayAct, context.orders.count(side) == 0 else { return }
    if case .some = context.quote(side, at: price, quantity) { placedNs[side.sideIndex] = context.nowNs }
  }
}

extension Side {
  /// 0 for buy, 1 for sell.
  var sideIndex: Int { self == .buy ? 0 : 1 }
}
