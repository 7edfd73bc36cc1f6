// The arming rule, mode by mode.

import Control
import Testing

@Suite("Trading mode")
struct ModeTests {
  @Test("live never arms itself, nothing arms itself behind a crash, and only two modes reach a venue")
  func rule() {
    let ends: [SessionEnd] = [.none, .orderly, .crashed]
    #expect(ends.map { TradingMode.live.start(after: $0) } == [.unarmed, .unarmed, .unarmed])
    for mode in [TradingMode.shadow, .paper, .testnet] {
      #expect(ends.map { mode.start(after: $0) } == [.armed, .armed, .reduceOnly])
    }
    #expect(TradingMode.allCases.map(\.destination) == [.nowhere, .simulator, .venue, .venue])
    #expect(TradingMode.allCases.map(\.rawValue) == ["shadow", "paper", "testnet", "live"])
  }
}
