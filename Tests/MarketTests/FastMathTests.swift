import Foundation
import Market
import Testing

@Suite struct FastMathTests {
  /// Arguments spread evenly over `range`, eight at a time.
  private func sweep(_ range: ClosedRange<Double>, _ count: Int, _ body: (SIMD8<Float>) -> Void) {
    for i in stride(from: 0, to: count, by: 8) {
      var lanes = SIMD8<Float>()
      for lane in 0..<8 {
        lanes[lane] = Float(range.lowerBound + (range.upperBound - range.lowerBound) * Double(i + lane) / Double(count))
      }
      body(lanes)
    }
  }

  @Test func exponentialKeepsItsBound() {
    var worst = 0.0
    sweep(-87...88, 400_000) { x in
      let y = FastMath.exp(x)
      for lane in 0..<8 {
        let exact = Foundation.exp(Double(x[lane]))
        worst = max(worst, abs(Double(y[lane]) - exact) / exact)
      }
    }
    #expect(worst < 2.5e-7, "\(worst)")
    #expect(FastMath.exp(SIMD8(repeating: 0)) == SIMD8(repeating: 1))
    #expect(FastMath.exp(SIMD8(repeating: -1e30)) == FastMath.exp(SIMD8(repeating: -87)))
    #expect(FastMath.exp(SIMD8(repeating: 1e30))[0].isFinite)
  }

  @Test func logarithmKeepsItsBound() {
    var worst = 0.0
    sweep(-87...88, 400_000) { exponent in
      var x = SIMD8<Float>()
      for lane in 0..<8 { x[lane] = Float(Foundation.exp(Double(exponent[lane]))) }
      let y = FastMath.log(x)
      for lane in 0..<8 where x[lane] > Float.leastNormalMagnitude {
        let exact = Foundation.log(Double(x[lane]))
        worst = max(worst, abs(Double(y[lane]) - exact) / max(1, abs(exact)))
      }
    }
    #expect(worst < 1.5e-7, "\(worst)")
    #expect(FastMath.log(SIMD8(repeating: 1)) == SIMD8(repeating: 0))
    #expect(FastMath.log(SIMD8(repeating: 0)) == FastMath.log(SIMD8(repeating: .leastNormalMagnitude)))
    #expect(FastMath.log(SIMD8(repeating: -5))[0].isFinite)
    #expect(FastMath.log(SIMD8(repeating: .nan))[0].isFinite)
  }

  @Test func signedLogarithmIsOdd() {
    sweep(-1e6...1e6, 80_000) { x in
      let y = FastMath.signedLog(x)
      #expect(FastMath.signedLog(-x) == -y)
      for lane in 0..<8 {
        let exact = Foundation.log1p(abs(Double(x[lane])))
        #expect(abs(Double(abs(y[lane])) - exact) <= 1.5e-7 * max(1, exact))
      }
    }
  }

  @Test func lanesAreIndependent() {
    var x = SIMD8<Float>(0.1, -3, 40, 1e-3, -80, 7, 0.5, -0.5)
    let alone = FastMath.exp(x)[0]
    for lane in 1..<8 { x[lane] = .nan }
    #expect(FastMath.exp(x)[0] == alone)
  }

  @Test func sumAddsByHalves() {
    // Chosen so that another order of additions rounds to another result.
    let x = SIMD8<Float>(1e8, 3, -1e8, 5, 1, 1, 1, 1)
    let four = x.lowHalf + x.highHalf
    #expect(FastMath.sum(x) == (four[0] + four[2]) + (four[1] + four[3]))
    #expect(FastMath.sum(x) != ((((((x[0] + x[1]) + x[2]) + x[3]) + x[4]) + x[5]) + x[6]) + x[7])
  }
}
