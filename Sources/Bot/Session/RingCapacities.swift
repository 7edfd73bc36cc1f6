// How large each ring of a session is, and why. ARCHITECTURE.md has the same table with what happens when one is full.

import Market
import Venues

/// Capacities in slots, powers of two.
package enum RingCapacities {
  /// The largest depth message of the BTC recording has 1,076 levels, its fastest second 5,262 events, so 526 in a stall
  /// of 100 ms: both, for the 8 instruments of a shard, four times over.
  package static let marketEvents = 65_536
  /// Two for each instrument of a shard (`StrategyLimits.faultRingCapacity`).
  package static let faults = 16
  /// 64 actions and a touch per step and instrument, 60 steps behind.
  package static let intents = 4_096
  /// Every order that may be open, with a working, a fill and an end, to a power of two.
  package static let updates = 4_096
  /// As many as orders may be open.
  package static let orders = 1_024
  /// A cancel and a query for each open order.
  package static let requests = 2_048
  /// A cancel for each open order and a cancel of all for each instrument, to a power of two.
  package static let emergency = 2_048
  /// One amendment under way for each open order.
  package static let amends = 1_024
  /// Eight reports for each open order.
  package static let reports = 8_192
  /// What people and the session itself can ask in a second, and an answer and an end to each.
  package static let commands = 64
  package static let outcomes = 256
  /// One snapshot being filled, one in the ring, one being read, one to spare.
  package static let snapshots = 4
  /// What the venue gives of each side at most.
  package static let snapshotLevels = BinanceLimits.levelsPerSnapshotSide
  /// Orders open at once, as execution counts them.
  package static let openOrders = 1_024
}

/// The stages of a session: their numbers stand in every record, their names in the affinity config.
package enum StageNumber: UInt8, CaseIterable {
  case feed = 1
  case strategy = 2
  case execution = 3
  case gateway = 4
  case control = 5

  var name: String {
    switch self {
    case .feed: "feed.binance"
    case .strategy: "strategy"
    case .execution: "execution"
    case .gateway: "gateway.binance"
    case .control: "control"
    }
  }

  init?(named name: String) {
    guard let stage = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = stage
  }

  /// All that a session's affinity config has to place: those that write records, and the cold ones.
  package static var placed: [String] { allCases.map(\.name) + [journalName, countersName] }
  package static let journalName = "journal"
  package static let countersName = "counters"
}
