// The configuration the demo runs when it is given none: what `apus demo --print-config` shows.

/// The demo's configuration as text, for the CPUs there are.
package enum DemoConfiguration {
  /// - Parameters:
  ///   - cpus: the CPUs this process may use, in order; the last is the hot one.
  ///   - instrument: the symbol to trade.
  package static func text(cpus: [Int], instrument: String) -> String {
    precondition(!cpus.isEmpty, "a process runs on some CPU")
    let cold = cpus[0]
    // A few thousand USDT an order at the recordings' prices, in either asset.
    let (order, position) = instrument.hasPrefix("ETH") ? ("1", "4") : ("0.05", "0.2")
    let workers =
      cpus.count == 1
      ? """
      workers:
        # One CPU only: bot and venue share it, so nobody spins.
        - cpu: \(cold)
          wait: park(50us)
          stages: [feed.binance, strategy, execution, gateway.binance, control, journal, counters]
      """
      : """
      workers:
        # The hot one: from packet to order on one thread.
        - cpu: \(cpus[cpus.count - 1])
          wait: pause
          stages: [feed.binance, strategy, execution, gateway.binance]
        # The cold one shares its CPU with the venue.
        - cpu: \(cold)
          wait: park(200us)
          stages: [control, journal, counters]
      """
    return """
      # The demo's configuration. Every field is explained in docs/configuration.md.
      instruments: [\(instrument)]

      strategy:
        name: combined
        parameters: {brainPauseSeconds: 0.5}

      # A small account: enough to see every kind of order, little to lose.
      risk:
        maximumOrderQuantity: \(order)
        maximumOrderNotional: 5000
        maximumPosition: \(position)
        maximumOpenOrders: 16
        priceCollarBasisPoints: 50
        ordersPerSecond: 20
        ordersPer10Seconds: 40
        maximumMarketAgeMs: 2000
        maximumOrderAgeMs: 2000
        maximumDailyLoss: 5000

      \(workers)

      memory: {hugePages: none, lock: false}
      transport: uring

      # One connection: a second one to a venue on this machine would bring the same from the same place. Bounds are in the
      # market's time, which the demo may compress: wide, so that a short stall of this machine is none of it.
      feed: {connections: 1, silenceMs: 60000, depthSilenceMs: 60000, lagMs: 60000, deliveryMs: 600000}
      orders: {authentication: logon, receiveWindowMs: 60000, replyTimeoutMs: 60000}
      journal: {directory: runs, feedRingMiB: 64, stageRingMiB: 16}

      """
  }
}
