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

  @Test("killed at each send in turn, in each of the four ways")
  func everySend() throws {
    var injected: [String: Int] = [:]
    var bySend: [String: Int] = [:]
    for seed in 1...2 as ClosedRange<UInt64> {
      let calm = try CrashRig(seed: seed, [])
      try calm.run(turns: Self.turns)
      for send in calm.sends.indices {
        for kind in CrashKind.allCases {
          let rig = try CrashRig(seed: seed, [CrashPoint(kind: kind, send: send)])
          try rig.run(turns: Self.turns)
          expectAgreement(rig, [kind], "seed \(seed), send \(send) (\(calm.sends[send])), \(kind.rawValue)")
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
        expectAgreement(
          rig, [first, second], "\(first.rawValue) at \(send), then \(second.rawValue) \(distance) later")
        #expect(rig.crashes == 2)
      }
    }
  }

  /// A power cut that takes records behind the last sync still ends, a few times in a hundred, with a position that is
  /// not the venue's: its balance cannot be explained, and the instrument is halted until somebody resumes it
  /// (docs/journal.md, "What is tested"). Without a power cut there is no excuse.
  private func expectAgreement(_ rig: CrashRig, _ kinds: [CrashKind], _ comment: Comment) {
    guard kinds.contains(where: \.losesRecords) else {
      #expect(rig.complaints.isEmpty, comment)
      return
    }
    withKnownIssue("a fill lost to a power cut is not always found again", isIntermittent: true) {
      #expect(rig.complaints.isEmpty, comment)
    }
  }
}
