// The activations against the C library in double precision.

import Brain
import Foundation
import Testing

@Suite struct ActivationsTests {
  /// Every 1/1024 from -24 to 24, where both functions are flat to float precision at the ends.
  private static let grid = (-24 * 1024...24 * 1024).map { Float($0) / 1024 }

  private func worst(_ function: (SIMD8<Float>) -> SIMD8<Float>, _ exact: (Double) -> Double) -> Double {
    var worst = 0.0
    for x in Self.grid {
      let lanes = function(SIMD8(repeating: x))
      worst = max(worst, abs(Double(lanes[0]) - exact(Double(x))))
      #expect((0..<8).allSatisfy { lanes[$0] == lanes[0] })
    }
    return worst
  }

  @Test func sigmoidIsWithinItsBound() {
    #expect(worst({ Activations.sigmoid($0) }, { 1 / (1 + exp(-$0)) }) < 1.5e-7)
  }

  @Test func tanhIsWithinItsBound() {
    #expect(worst({ Activations.tanh($0) }, { tanh($0) }) < 3e-7)
  }

  @Test func extremesSaturate() {
    let x = SIMD8<Float>(-.infinity, -3e38, -1000, -100, 100, 1000, 3e38, .infinity)
    let sigmoid = Activations.sigmoid(x)
    let tanh = Activations.tanh(x)
    for lane in 0..<8 {
      #expect(abs(sigmoid[lane] - (lane < 4 ? 0 : 1)) < 1e-30)
      #expect(tanh[lane] == (lane < 4 ? -1 : 1))
    }
  }
}
