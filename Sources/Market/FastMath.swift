// Exponential and logarithm over eight lanes: no library call, no table, the same bits on every machine.

/// Elementary functions on `SIMD8<Float>`. Each is a fixed sequence of IEEE operations and fused multiply-adds, so that
/// a result depends on its argument alone: not on the C library, the CPU model or the neighbouring lanes.
public enum FastMath {
  /// e to the `x`, relative error below 2.5e-7 over [-87, 88]; arguments outside are taken as the nearest end.
  ///
  /// x = n ln 2 + r with |r| <= ln 2 / 2, then the Taylor polynomial of degree 7 in r (truncation below 6e-9).
  @inline(always)
  public static func exp(_ x: SIMD8<Float>) -> SIMD8<Float> {
    typealias Lanes = SIMD8<Float>
    var x = x.replacing(with: Lanes(repeating: -87), where: x .< -87)
    x.replace(with: Lanes(repeating: 88), where: x .> 88)
    return boundedExp(x)
  }

  /// As `exp`, for arguments that are known to be within [-87, 88].
  @inline(always)
  public static func boundedExp(_ x: SIMD8<Float>) -> SIMD8<Float> {
    typealias Lanes = SIMD8<Float>
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits of the significand.
    let shifted = Lanes(repeating: 12_582_912).addingProduct(x, Lanes(repeating: 1.442_695_04))
    let n = shifted - 12_582_912
    // ln 2 in two parts: the first has few bits, so that its product with n is exact.
    var r = x.addingProduct(n, Lanes(repeating: -0.693_359_375))
    r = r.addingProduct(n, Lanes(repeating: 2.121_944_4e-4))
    var sum = Lanes(repeating: 1 / 5040)
    sum = Lanes(repeating: 1 / 720).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 120).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 24).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 6).addingProduct(sum, r)
    sum = Lanes(repeating: 1 / 2).addingProduct(sum, r)
    sum = Lanes(repeating: 1).addingProduct(sum, r)
    sum = Lanes(repeating: 1).addingProduct(sum, r)
    let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23
    return sum * unsafeBitCast(exponent &+ 0x3f80_0000, to: Lanes.self)
  }

  /// Natural logarithm, absolute error below 1.5e-7 * max(1, |ln x|); arguments below 2^-126 are taken as 2^-126.
  ///
  /// x = 2^n m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(s), s = (m - 1) / (m + 1), by its series to s^9.
  @inline(always)
  public static func log(_ x: SIMD8<Float>) -> SIMD8<Float> {
    typealias Lanes = SIMD8<Float>
    let smallest = Lanes(repeating: Float.leastNormalMagnitude)
    let positive = x.replacing(with: smallest, where: .!(x .> smallest))
    let bits = unsafeBitCast(positive, to: SIMD8<Int32>.self)
    let n = (bits &- 0x3f35_04f3) &>> 23  // 0x3f3504f3 is sqrt(1/2)
    let m = unsafeBitCast(bits &- (n &<< 23), to: Lanes.self)
    let s = (m - 1) / (m + 1)
    let z = s * s
    var sum = Lanes(repeating: 2 / 9)
    sum = Lanes(repeating: 2 / 7).addingProduct(sum, z)
    sum = Lanes(repeating: 2 / 5).addingProduct(sum, z)
    sum = Lanes(repeating: 2 / 3).addingProduct(sum, z)
    // The conversion by addition is exact for small integers and, unlike `Lanes(n)`, not a call.
    let exponent = unsafeBitCast(n &+ 0x4b40_0000, to: Lanes.self) - 12_582_912
    let low = (s * z * sum).addingProduct(exponent, Lanes(repeating: -2.121_944_4e-4))
    return low.addingProduct(Lanes(repeating: 2), s).addingProduct(exponent, Lanes(repeating: 0.693_359_375))
  }

  /// sign(x) ln(1 + |x|): the identity for small arguments, a logarithm for large ones of either sign.
  @inline(always)
  public static func signedLog(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self)
    let magnitude = unsafeBitCast(bits & 0x7fff_ffff, to: SIMD8<Float>.self)
    let result = unsafeBitCast(log(magnitude + 1), to: SIMD8<UInt32>.self)
    return unsafeBitCast(result | (bits & 0x8000_0000), to: SIMD8<Float>.self)
  }

  /// The sum of all lanes, by halves: one canonical order of additions.
  @inline(always)
  public static func sum(_ x: SIMD8<Float>) -> Float {
    sum(x.lowHalf + x.highHalf)
  }

  /// The sum of four lanes, by halves.
  @inline(always)
  public static func sum(_ x: SIMD4<Float>) -> Float {
    let two = x.lowHalf + x.highHalf
    return two.x + two.y
  }
}
