// The activations against the C library in double precision.

import Brain
import Foundation
import Support
import Testing

@Suite struct ActivationsTests {
  /// The whole cell over sums of every size, from where everything is linear to where all is flat, and states as large as
  /// a cell that only adds up reaches after a million steps.
  @Test(arguments: [0.1, 1, 5, 30, 200] as [Float], [0, 1, 50, 1e6] as [Float])
  func cellIsWithinItsBound(sums: Float, state: Float) {
    var random = SeededRandom(UInt64(sums * 10) + UInt64(state))
    func sigmoid(_ x: Float) -> Double { 1 / (1 + exp(-Double(x))) }
    for _ in 0..<20_000 {
      let x = random.floats(4, within: sums)
      let c = random.floats(1, within: 1)[0] * state
      let made = Activations.cell(
        i: SIMD8(repeating: x[0]), f: SIMD8(repeating: x[1]), g: SIMD8(repeating: x[2]), o: SIMD8(repeating: x[3]),
        c: SIMD8(repeating: c))
      let exactC = sigmoid(x[1]) * Double(c) + sigmoid(x[0]) * tanh(Double(x[2]))
      #expect(abs(Double(made.c[0]) - exactC) < 5e-7 * max(1, abs(Double(c))))
      // Of its own state: an error of a large one says nothing about the output.
      #expect(abs(Double(made.h[0]) - sigmoid(x[3]) * tanh(Double(made.c[0]))) < 5e-7)
    }
  }

  @Test func cellStaysFiniteAtTheExtremes() {
    let extremes: [Float] = [-.infinity, -3e38, -1000, 0, 1000, 3e38, .infinity]
    for i in extremes {
      for f in extremes {
        for g in extremes {
          for o in extremes {
            let made = Activations.cell(
              i: SIMD8(repeating: i), f: SIMD8(repeating: f), g: SIMD8(repeating: g), o: SIMD8(repeating: o),
              c: SIMD8(repeating: -1e6))
            #expect(made.c[0].isFinite && abs(made.h[0]) <= 1)
          }
        }
      }
    }
  }
}
