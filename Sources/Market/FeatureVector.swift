// The features as a model sees them: 48 numbers of order one, defined one by one in docs/features.md.

/// One reading of a `FeatureEngine`. All lanes are finite.
public struct FeatureVector: BitwiseCopyable, Sendable {
  /// Spread, imbalances and micro-prices of the book now.
  public var touch = SIMD8<Float>(repeating: 0)
  /// Queue sizes and the shape of both sides now.
  public var shape = SIMD8<Float>(repeating: 0)
  /// Order-flow imbalance: of the touch over four horizons, of eight levels over the same.
  public var orderFlow = SIMD8<Float>(repeating: 0)
  /// Signed trade flow over four horizons, trade intensity over the same.
  public var trades = SIMD8<Float>(repeating: 0)
  /// Mid-price return over four horizons, distance from the volume-weighted trade price over the same.
  public var returns = SIMD8<Float>(repeating: 0)
  /// Realised volatility over four horizons, then what is known of the last trade and the last move.
  public var recent = SIMD8<Float>(repeating: 0)

  @inline(always) public init() {}

  /// How many features there are: a multiple of 8.
  @inline(always) public static var count: Int { 48 }

  /// Feature `i` in the order of `names`. Cold; a kernel reads the vector's bytes with `withUnsafeBytes(of:)`.
  public subscript(_ i: Int) -> Float {
    precondition(i >= 0 && i < Self.count)
    return withUnsafeBytes(of: self) { $0.load(fromByteOffset: i * 4, as: Float.self) }
  }

  /// The features' names in their order.
  public static var names: [String] {
    [
      "spread", "spread_to_mean", "imbalance_1", "imbalance_4", "imbalance_8", "imbalance_16", "microprice_1",
      "microprice_8",
      "bid_queue", "ask_queue", "bid_depth_8", "ask_depth_8", "bid_span_8", "ask_span_8", "bid_gap", "ask_gap",
      "ofi_1_100ms", "ofi_1_1s", "ofi_1_10s", "ofi_1_60s", "ofi_8_100ms", "ofi_8_1s", "ofi_8_10s", "ofi_8_60s",
      "trade_flow_100ms", "trade_flow_1s", "trade_flow_10s", "trade_flow_60s", "trade_rate_100ms", "trade_rate_1s",
      "trade_rate_10s", "trade_rate_60s",
      "return_100ms", "return_1s", "return_10s", "return_60s", "vwap_distance_100ms", "vwap_distance_1s",
      "vwap_distance_10s", "vwap_distance_60s",
      "volatility_100ms", "volatility_1s", "volatility_10s", "volatility_60s", "time_since_trade",
      "time_since_move", "last_trade_size", "last_trade_offset",
    ]
  }
}
