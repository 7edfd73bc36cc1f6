// The sampling grid: what passes a point, long pauses, and independence of load.

import Brain
import Testing

@Suite struct StepClockTests {
  /// The points and restarts that a stream of receive times gives.
  private func run(_ clock: inout StepClock, _ times: [Int64]) -> [String] {
    var log: [String] = []
    for time in times {
      asking: while true {
        switch clock.arrive(time) {
        case .within: break asking
        case .restarted: log.append("restart")
        case .due:
          log.append("\(clock.nextNs)")
          clock.advance()
        }
      }
    }
    return log
  }

  @Test func pointsArePassedByTheFirstEventAtOrAfterThem() {
    var clock = StepClock(intervalNs: 100)
    #expect(run(&clock, [250, 299, 300, 301, 399, 400]) == ["restart", "300", "400"])
  }

  @Test func pausesAreMadeUpForPointByPoint() {
    var clock = StepClock(intervalNs: 100)
    #expect(run(&clock, [250, 550]) == ["restart", "300", "400", "500"])
  }

  @Test func longPausesStartAnew() {
    let longest = StepClock.longestCatchUp * 100
    var clock = StepClock(intervalNs: 100)
    _ = run(&clock, [250])
    #expect(run(&clock, [300 + longest]).count == Int(StepClock.longestCatchUp) + 1)
    var other = StepClock(intervalNs: 100)
    _ = run(&other, [250])
    #expect(run(&other, [301 + longest]) == ["restart"])
  }

  @Test func brokenStreamStartsAnew() {
    var clock = StepClock(intervalNs: 100)
    _ = run(&clock, [250])
    clock.stop()
    #expect(run(&clock, [260, 300]) == ["restart", "300"])
  }

  @Test func timesBeforeTheLastPointAreWithin() {
    var clock = StepClock(intervalNs: 100)
    #expect(run(&clock, [250, 120]) == ["restart"])
  }

  @Test func zeroIntervalNeverTicks() {
    var clock = StepClock(intervalNs: 0)
    #expect(run(&clock, [0, 1, 1_000_000]) == [])
  }
}
