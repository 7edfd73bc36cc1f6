// The simulator's random numbers: a fixed, seeded sequence in integers, equal on every machine.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in `0..<bound`. The modulo's bias is below 2^-40 for the small bounds used here.
  public mutating func below(_ bound: Int64) -> Int64 {
    precondition(bound > 0 && bound < 1 << 24)
    return Int64(next() % UInt64(bound))
  }

  /// True `percent` times in a hundred.
  public mutating func chance(_ percent: Int64) -> Bool { below(100) < percent }
}
