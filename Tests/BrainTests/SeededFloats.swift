// Vectors of seeded randomness.

import Support

extension SeededRandom {
  mutating func floats(_ count: Int, within bound: Float) -> [Float] {
    (0..<count).map { _ in Float.random(in: -bound...bound, using: &self) }
  }
}
