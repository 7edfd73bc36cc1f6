// A crash at every send of a seeded session: nothing stays open, nothing is sent twice, and both sides agree to the unit.

import Foundation
import Testing

@Suite("Crash at every send")
struct CrashTests {
  #if DEBUG
    private static let turns = 100
  #else
    private static let turns = 150
  #endif

  @Test("without a crash the session ends in agreement", arguments: [1, 2, 3])
  func calm(seed: UInt64) throws {
    let rig = try CrashRig(seed: seed, [])
    try rig.run(turns: Self.turns)
    #expect(rig.complaints.isEmpty)
    #expect(rig.greens == 1 && rig.venue.trades.count > 5 && rig.sends.contains("cancel"))
  }

  /// APUS_CRASH_SEEDS sets the sessions that are killed at each of their sends ("3-5"), for a soak.
  private static let seeds: ClosedRange<UInt64> = {
    let ends = (ProcessInfo.processInfo.environment["APUS_CRASH_SEEDS"] ?? "").split(separator: "-").map { UInt64($0) }
    if ends.count == 2, let first = ends[0], let last = ends[1], first <= last { return first...last }
    return 1...2
  }()

  @Test("killed at each send in turn, in each of the four ways")
  func everySend() throws {
    var injected: [String: Int] = [:]
    var bySend: [String: Int] = [:]
    for seed in Self.seeds {
      let calm = try CrashRig(seed: seed, [])
      try calm.run(turns: Self.turns)
      for send in calm.sends.indices {
        for kind in CrashKind.allCases {
          let rig = try CrashRig(seed: seed, [CrashPoint(kind: kind, send: send)])
          try rig.run(turns: Self.turns)
          #expect(rig.complaints.isEmpty, "seed \(seed), send \(send) (\(calm.sends[send])), \(kind.rawValue)")
          #expect(rig.crashes == 1, "seed \(seed), send \(send), \(kind.rawValue)")
          injected[kind.rawValue, default: 0] += 1
          bySend[calm.sends[send], default: 0] += 1
        }
      }
    }
    let total = injected.values.reduce(0, +)
    print("crashes injected: \(total)")
    for (kind, count) in injected.sorted(by: { $0.key < $1.key }) { print("  \(kind): \(count)") }
    for (send, count) in bySend.sorted(by: { $0.key < $1.key }) { print("  at \(send): \(count)") }
    #expect(total >= 300)
  }

  /// The second crash comes while the restarted bot cancels and asks.
  @Test("killed again in the middle of its own recovery", arguments: CrashKind.allCases)
  func twice(second: CrashKind) throws {
    let calm = try CrashRig(seed: 5, [])
    try calm.run(turns: Self.turns)
    for (i, first) in CrashKind.allCases.enumerated() {
      for distance in 1...8 {
        let send = calm.sends.count / 4 + 2 * i + distance
        let rig = try CrashRig(
          seed: 5, [CrashPoint(kind: first, send: send), CrashPoint(kind: second, send: send + distance)])
        try rig.run(turns: Self.turns)
        #expect(
          rig.complaints.isEmpty, "\(first.rawValue) at \(send), then \(second.rawValue) \(distance) later")
        #expect(rig.crashes == 2)
      }
    }
  }
}
