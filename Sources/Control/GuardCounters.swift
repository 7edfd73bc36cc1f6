// The guard's own counters, which `apus stat` shows.

public import Pipeline

/// Written by the guard's stage alone.
public struct GuardCounters: Sendable {
  /// The raw value of `GuardState`.
  let state: Counter
  let triggers: Counter
  let confirmations: Counter
  /// Beats that were late by half of their bound and came after all.
  let recoveries: Counter
  let sweeps: Counter
  let canceledOrders: Counter
  let lastReactionNs: Counter
  let recordsLost: Counter

  /// - Parameter counter: gives out the counter of a name.
  public init(_ counter: (String) -> Counter) {
    state = counter("guard.state")
    triggers = counter("guard.triggers")
    confirmations = counter("guard.confirmations")
    recoveries = counter("guard.recoveries")
    sweeps = counter("guard.sweeps")
    canceledOrders = counter("guard.canceled_orders")
    lastReactionNs = counter("guard.last_reaction_ns")
    recordsLost = counter("guard.records_lost")
  }

  func count(_ record: GuardRecord) {
    switch (record.to, record.cause) {
    case (.cancelling, let cause) where record.from != .cancelling || cause == .command: triggers.add()
    case (.confirmed, .nothingOpen):
      confirmations.add()
      canceledOrders.add(Int64(record.canceledOrders))
      lastReactionNs.set(record.reactionNs)
    case (.watching, .recovered): recoveries.add()
    default: break
    }
  }
}
