// Pseudo-random numbers from an injected seed: masks and jitter that a replay can repeat.

/// xorshift64* (S. Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016).
///
/// Not for secrets: on our connections masks and nonces travel inside TLS, where nobody can use foresight of them.
public struct SeededGenerator: BitwiseCopyable, Sendable {
  private var state: UInt64

  /// - Parameter seed: any number; 0, which would stay 0, is exchanged.
  public init(seed: UInt64) { state = seed == 0 ? 0x9e37_79b9_7f4a_7c15 : seed }

  /// A seed from the kernel's entropy. Cold.
  public static func systemSeed() -> UInt64 { UInt64.random(in: .min ... .max) }

  @_noLocks
  public mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }
}
