// 100,000 seeded order lives through a faulty link: bot and venue must end with the same orders, positions, balances and
// fees, to the unit.

import Foundation
import Market
import Simulation
import Support
import Testing
import VenueFront

@Suite struct LivesTests {
  static let livesOfAWorld = 100
  static let batches: UInt64 = 10

  /// APUS_LIVES_WORLDS sets it, for a soak. Fewer in debug, where a life costs some twenty times as much.
  static let worldsOfABatch: UInt64 = {
    if let text = ProcessInfo.processInfo.environment["APUS_LIVES_WORLDS"], let worlds = UInt64(text) {
      return worlds / batches
    }
    #if DEBUG
      return 3
    #else
      return 100
    #endif
  }()

  @Test(arguments: 0..<batches)
  func bothSidesEndEqual(batch: UInt64) throws {
    var injected: [FaultKind: Int] = [:]
    var lives: Int64 = 0
    var handovers = 0
    for seed in batch * 1_000_000..<batch * 1_000_000 + Self.worldsOfABatch {
      let world = try World(seed: seed)
      #expect(
        world.run(lives: Self.livesOfAWorld),
        "seed \(seed): stopped trading (\(world.faults.countsText); \(world.bot.countsText))")
      for problem in Audit.problems(of: world) {
        Issue.record("seed \(seed): \(problem) (\(world.faults.countsText))")
      }
      injected.merge(world.faults.counts, uniquingKeysWith: +)
      lives += world.bot.count("orders.sent")
      handovers += world.handoversWhileTrading
    }
    // Connections grow old in every second world: handovers there really took place with orders under way.
    #expect(handovers >= Self.worldsOfABatch / 2)
    let list = injected.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
    print("lives, batch \(batch): \(lives) orders, \(handovers) handovers, faults: \(list.joined(separator: ", "))")
  }
}
