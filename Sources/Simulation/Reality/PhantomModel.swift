// What is judged: every queue model, the two bounds among them, and two forecasts that know nothing of queues.

/// A named way to follow an order. Forecasts are made from `QueueWalk.remaining` alone.
package struct PhantomModel: Sendable {
  package let name: String
  package let follow: @Sendable (MarketPath, PhantomOrder, _ forecastNs: Int64, _ untilNs: Int64) -> QueueWalk

  package init(_ name: String, _ queue: some QueueEstimate & Sendable) {
    self.name = name
    follow = { $0.walk($1, queue, scale: $0.scale, forecastNs: $2, untilNs: $3) }
  }

  /// Filled as the risk-averse model has it, forecast from `known`.
  private init(_ name: String, known: @escaping @Sendable (MarketPath, PhantomOrder, _ forecastNs: Int64) -> Double) {
    self.name = name
    follow = { path, order, forecastNs, untilNs in
      var walk = path.walk(order, RiskAverseQueue(), scale: path.scale, forecastNs: forecastNs, untilNs: untilNs)
      walk.remaining = known(path, order, forecastNs)
      return walk
    }
  }

  /// The first is what the others are compared with.
  package static let all = [
    PhantomModel("none: all orders alike", known: { _, _, _ in 0 }),
    PhantomModel("none: displayed quantity", known: { Double($0.displayedLots($1, at: $2)) }),
    PhantomModel("risk-averse", RiskAverseQueue()),
    PhantomModel("power 1", ProbabilityQueue(PowerProbability(1))),
    PhantomModel("power 2", ProbabilityQueue(PowerProbability(2))),
    PhantomModel("power 3", ProbabilityQueue(PowerProbability(3))),
    PhantomModel("power of sum 2", ProbabilityQueue(PowerOfSumProbability(2))),
    PhantomModel("inverse power 2", ProbabilityQueue(InversePowerProbability(2))),
    PhantomModel("inverse power 3", ProbabilityQueue(InversePowerProbability(3))),
    PhantomModel("log", ProbabilityQueue(LogProbability())),
    PhantomModel("log of sum", ProbabilityQueue(LogOfSumProbability())),
    PhantomModel("optimistic bound", ProbabilityQueue(NobodyBehind())),
    PhantomModel("pro-rata", ProRataQueue()),
  ]
}
