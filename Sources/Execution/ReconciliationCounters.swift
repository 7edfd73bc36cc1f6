// What the comparison with the venues waits for and has found, readable from outside. Written by execution only.

import Pipeline

/// Gauges and counters `execution.reconciliation.*`.
struct ReconciliationCounters {
  /// 1 while all agree.
  let green: Counter
  /// The `ReconciliationPhase` of the venue that is least far.
  let phase: Counter
  // What is waited for.
  let waitingOrders: Counter
  let waitingLists: Counter
  let foreignOrders: Counter
  // What was found.
  let runs: Counter
  let checks: Counter
  let strayOrders: Counter
  let missingOrders: Counter
  let ghostOrders: Counter
  let missedFills: Counter
  let balanceDifferences: Counter
  let unexplainedBalances: Counter
  let invariants: Counter
  let listsFailed: Counter

  init(_ make: (String) -> Counter) {
    func named(_ name: String) -> Counter { make("reconciliation." + name) }
    green = named("green")
    phase = named("phase")
    waitingOrders = named("waiting_orders")
    waitingLists = named("waiting_lists")
    foreignOrders = named("foreign_orders")
    runs = named("runs")
    checks = named("checks")
    strayOrders = named("stray_orders")
    missingOrders = named("missing_orders")
    ghostOrders = named("ghost_orders")
    missedFills = named("missed_fills")
    balanceDifferences = named("balance_differences")
    unexplainedBalances = named("unexplained_balances")
    invariants = named("invariants")
    listsFailed = named("lists_failed")
  }
}
