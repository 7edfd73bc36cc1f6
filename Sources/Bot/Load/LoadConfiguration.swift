// The configuration of a load test: the host's side of a session's own, with a market, a strategy and limits of its own.

import Control
import Risk

extension Configuration {
  /// This configuration's workers, memory, TLS, transport and journal, for a load of `symbol`.
  func forLoad(symbol: String) -> Configuration {
    var load = self
    load.instruments = [symbol]
    load.strategy = StrategyConfiguration(name: StrategyFactory.load.name)
    load.feed = .standard
    load.feed.connections = 1
    load.orders = .standard
    load.mode = nil
    load.risk = Self.loadRisk
    return load
  }

  /// The same for a rehearsal of this configuration's own strategy, which sees the market `speed` times as fast as it is
  /// sent: what a venue's stamps say of delays means nothing then.
  func forRehearsal(symbol: String) -> Configuration {
    let strategy = strategy
    var rehearsal = forLoad(symbol: symbol)
    rehearsal.strategy = strategy
    rehearsal.mode = .shadow
    rehearsal.feed.lagMs = Self.wideMs
    rehearsal.feed.silenceMs = Self.wideMs
    rehearsal.feed.depthSilenceMs = Self.wideMs
    rehearsal.feed.deliveryMs = Self.wideMs
    return rehearsal
  }

  private static let wideMs = 600_000

  /// Wide: a load is to find the limits of the path and not those of a desk. Prices of `TickAnswer` are 5 % off.
  private static let loadRisk = RiskSettings(
    maximumOrderQuantity: "10", maximumOrderNotional: "1000000", maximumPosition: "1000", maximumOpenOrders: 1_000,
    priceCollarBasisPoints: 1_000, ordersPerSecond: 10_000, ordersPer10Seconds: OrderRateLimits.maximumCount,
    maximumMarketAgeMs: 60_000,
    maximumOrderAgeMs: 60_000, maximumDailyLoss: "1000000", leverage: 0, ramp: .none)
}
