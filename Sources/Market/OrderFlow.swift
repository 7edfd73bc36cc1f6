// Order-flow imbalance between two states of a book.

enum OrderFlow {
  /// What was added to and taken from the eight best levels: lanes are levels, positive is buying pressure, in lots.
  ///
  /// Per level, with bid price P and quantity q, ask price A and quantity r, and the earlier state primed
  /// (Cont, Kukanov, Stoikov, "The price impact of order book events", 2014, equation 4; by level: Xu, Gould, Howison,
  /// "Multi-level order-flow imbalance in a limit order book", 2019):
  ///
  ///     [P >= P'] q - [P <= P'] q' - [A <= A'] r + [A >= A'] r'
  @inline(always)
  static func imbalance(
    _ oldBids: DepthView, _ bids: DepthView, _ oldAsks: DepthView, _ asks: DepthView
  ) -> SIMD8<Float> {
    let zero = SIMD8<Float>(repeating: 0)
    let bought = bids.near.replacing(with: zero, where: bids.ticks .< oldBids.ticks)
    let unbought = oldBids.near.replacing(with: zero, where: bids.ticks .> oldBids.ticks)
    let sold = asks.near.replacing(with: zero, where: asks.ticks .> oldAsks.ticks)
    let unsold = oldAsks.near.replacing(with: zero, where: asks.ticks .< oldAsks.ticks)
    return (bought - unbought) - (sold - unsold)
  }
}
