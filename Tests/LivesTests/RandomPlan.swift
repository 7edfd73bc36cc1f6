// A fault plan drawn at random: some faults of all, each from rare to frequent, so that worlds differ in what they combine.

import Support
import VenueFront

enum RandomPlan {
  static func make(_ random: inout SeededRandom) -> FaultPlan {
    var plan = FaultPlan()
    plan.seed = random.next()
    plan.latencyNs = 50_000 ... .random(in: 100_000...8_000_000, using: &random)
    plan.clockOffsetNs = .random(in: -500_000_000...500_000_000, using: &random)
    for kind in FaultKind.allCases where kind.moment != .market && Int.random(in: 0..<4, using: &random) == 0 {
      let chance = Int64.random(in: 1_000...longestChance(kind), using: &random)
      plan.rules.append(FaultRule(kind, perMillion: chance, delayNs: delays(kind, &random)))
    }
    return plan
  }

  /// In parts of a million. What ends a connection or stops all traffic is rarer than what strikes one message.
  private static func longestChance(_ kind: FaultKind) -> Int64 {
    switch kind {
    case .requestCut, .replyCut, .eventCut, .replyShutdown, .replyStall: 15_000
    case .requestLimited, .requestBanned: 3_000
    default: 80_000
    }
  }

  /// From within a round trip to beyond every time that the bot waits, spread evenly over the orders of magnitude.
  private static func delays(_ kind: FaultKind, _ random: inout SeededRandom) -> ClosedRange<Int64> {
    let longest: [Int64] =
      switch kind {
      case .requestLimited, .requestBanned: [100_000_000, 2_000_000_000]
      case .replyShutdown: [10_000_000, 500_000_000]
      default: [5_000_000, 100_000_000, 2_000_000_000, 6_000_000_000, 20_000_000_000]
      }
    return 1_000_000...(longest.randomElement(using: &random) ?? 5_000_000)
  }
}
