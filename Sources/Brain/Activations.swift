// The activation functions of the network on eight lanes at once, without a call into libm.
//
// Every operation is IEEE 754 and none depends on the CPU, so that a replay computes the same bits everywhere.

public import Market

/// What an LSTM makes of its sums.
public enum Activations {
  public typealias Lanes = SIMD8<Float>

  /// An LSTM cell from its gates' sums: the new cell state and the output.
  ///
  ///     c' = sigmoid(f) c + sigmoid(i) tanh(g)      h = sigmoid(o) tanh(c')
  ///
  /// With a = e^-i, b = e^-2g, d = e^-f and e = e^-2c', e' = e^-o this is
  ///
  ///     c' = (c (1 + a) (1 + b) + (1 - b) (1 + d)) / ((1 + a) (1 + b) (1 + d))      h = (1 - e) / ((1 + e) (1 + e'))
  ///
  /// so that five divisions become two. Exponents are held within 29, where sigmoid and tanh are flat to single precision
  /// and three factors still multiply to less than the largest float.
  ///
  /// Error bounds, tested over random arguments: `h` 5e-7 and `c'` 5e-7 * max(1, |c|), absolute, for finite sums and |c| up
  /// to 10^6.
  @inline(always)
  public static func cell(i: Lanes, f: Lanes, g: Lanes, o: Lanes, c: Lanes) -> (c: Lanes, h: Lanes) {
    let one = Lanes(repeating: 1)
    let input = one + decay(i)
    let decayed = decay(g + g)
    let candidate = one + decayed
    let forget = one + decay(f)
    let kept = c * input * candidate
    let next = kept.addingProduct(one - decayed, forget) / (input * candidate * forget)
    let squashed = decay(next + next)
    return (next, (one - squashed) / ((one + squashed) * (one + decay(o))))
  }

  /// e^-x, the exponent held within 29.
  @inline(always)
  public static func decay(_ x: Lanes) -> Lanes {
    var exponent = (-x).replacing(with: Lanes(repeating: -29), where: x .> 29)
    exponent.replace(with: Lanes(repeating: 29), where: x .< -29)
    return FastMath.boundedExp(exponent)
  }
}
