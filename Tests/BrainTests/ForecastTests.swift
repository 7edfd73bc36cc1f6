// Logits to probabilities and actions.

import Brain
import Foundation
import Support
import Testing

@Suite struct ForecastTests {
  @Test func probabilitiesAreSoftmaxOfEachGroup() {
    var random = SeededRandom(3)
    for _ in 0..<1000 {
      let raw = random.floats(8, within: 30)
      let forecast = Forecast(logits: SIMD8(raw))
      let up = raw[..<3].map { exp(Double($0)) }
      let policy = raw[3...].map { exp(Double($0)) }
      let total = up.reduce(0, +)
      #expect(abs(Double(forecast.down) - up[0] / total) < 1e-6)
      #expect(abs(Double(forecast.flat) - up[1] / total) < 1e-6)
      #expect(abs(Double(forecast.up) - up[2] / total) < 1e-6)
      let best = policy.indices.max { policy[$0] < policy[$1] }!
      #expect(Int(forecast.action.rawValue) == best)
      #expect(abs(Double(forecast.confidence) - policy[best] / policy.reduce(0, +)) < 1e-6)
    }
  }

  @Test func firstOfEqualActionsIsChosen() {
    #expect(Forecast(logits: SIMD8(repeating: 0)).action == .sellAggressive)
    #expect(Forecast(logits: SIMD8(0, 0, 0, 0, 1, 1, 1, 0)).action == .sellPassive)
  }

  @Test func hugeLogitsStayProbabilities() {
    let forecast = Forecast(logits: SIMD8(3e38, -3e38, 0, 3e38, 0, 0, 0, -3e38))
    #expect(forecast.down > 0.999 && forecast.confidence > 0.999 && forecast.action == .sellAggressive)
  }

  @Test func actionsAreTargetsAndAggressiveness() {
    #expect(PolicyAction.allCases.map(\.targetInventory) == [-1, -1, 0, 1, 1])
    #expect(PolicyAction.allCases.map(\.isAggressive) == [true, false, false, false, true])
  }
}
