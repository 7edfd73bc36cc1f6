// Normal draws from a seed, for tests of statistics.

import Foundation
import Support

/// Box and Muller, A note on the generation of random normal deviates, 1958.
struct Normals {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed) }

  mutating func next() -> Double {
    let radius = (-2 * log(Double.random(in: Double.leastNormalMagnitude..<1, using: &random))).squareRoot()
    return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
  }
}

enum NaturalLogarithm {
  static func of(_ value: Double) -> Double { log(value) }
}
