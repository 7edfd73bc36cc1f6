// The activation functions of the network on eight lanes at once, without a call into libm.
//
// Every operation is IEEE 754 and none depends on the CPU, so that a replay computes the same bits everywhere.

/// `exp`, `sigmoid` and `tanh` of eight floats.
///
/// Error bounds, each tested over a dense grid: `exp` 3e-7 relative on -87...87 (outside it is clamped), `sigmoid`
/// 1.5e-7 and `tanh` 3e-7 absolute everywhere. Not a number stays not a number.
public enum Activations {
  public typealias Lanes = SIMD8<Float>

  /// e to the power of x: 2^n e^r with n whole and |r| <= ln(2)/2, where e^r is its Taylor polynomial of degree 7
  /// (the first term left out is below 6e-9).
  @inline(always)
  public static func exp(_ x: Lanes) -> Lanes {
    let bounded = x.replacing(with: 87, where: x .> 87).replacing(with: -87, where: x .< -87)
    // Adding 1.5 * 2^23 rounds to a whole number and leaves that number in the low bits of the sum.
    let magic = Lanes(repeating: 12_582_912)
    let shifted = magic.addingProduct(bounded, Lanes(repeating: 1.442_695_04))
    let n = shifted - magic
    // ln(2) in two parts: the first has few enough bits that its product with n is exact.
    var r = bounded.addingProduct(n, Lanes(repeating: -0.693_359_375))
    r = r.addingProduct(n, Lanes(repeating: 2.121_944_4e-4))
    var sum = Lanes(repeating: 1 / 5040)
    sum = Lanes(repeating: 1 / 720).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 120).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 24).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 6).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 2).addingProduct(sum, r)
    sum = Lanes(repeating: 1).addingProduct(sum, r)
    sum = Lanes(repeating: 1).addingProduct(sum, r)
    let exponent = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &<< 23
    let one = SIMD8<Int32>(repeating: 0x3f80_0000)
    return sum * unsafeBitCast(exponent &+ one, to: Lanes.self)
  }

  /// The logistic function 1 / (1 + e^-x).
  @inline(always)
  public static func sigmoid(_ x: Lanes) -> Lanes {
    let one = Lanes(repeating: 1)
    return one / (one + exp(-x))
  }

  /// The hyperbolic tangent, as 2 sigmoid(2x) - 1.
  @inline(always)
  public static func tanh(_ x: Lanes) -> Lanes {
    Lanes(repeating: -1).addingProduct(Lanes(repeating: 2), sigmoid(x + x))
  }
}
