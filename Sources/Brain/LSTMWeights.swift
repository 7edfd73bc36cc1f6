// How the weights of a layer lie in memory: as they are, or rounded to half the width.

/// The weights of eight units and four gates for a pair of neighbouring columns, and how they become factors.
///
/// A layer's cost is the reading of its weights once a step: what halves them halves the time of a layer that does not fit
/// into the first cache level.
public protocol LSTMWeights {
  /// What lies in memory for one pair of columns.
  associatedtype Pair: BitwiseCopyable
  static var zero: Pair { get }
  /// Puts one weight into its place; `isOdd` tells the column of the pair.
  static func set(_ pair: inout Pair, gate: Int, lane: Int, isOdd: Bool, _ weight: Float)
  /// The factors of one gate's eight units for the even and the odd column.
  static func factors(_ pair: UnsafePointer<Pair>, gate: Int) -> (even: SIMD8<Float>, odd: SIMD8<Float>)
}

/// Weights in single precision.
public enum Float32Weights: LSTMWeights {
  public typealias Pair = (
    SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>
  )

  @inline(always) public static var zero: Pair { (.zero, .zero, .zero, .zero, .zero, .zero, .zero, .zero) }

  public static func set(_ pair: inout Pair, gate: Int, lane: Int, isOdd: Bool, _ weight: Float) {
    withUnsafeMutableBytes(of: &pair) { bytes in
      bytes.storeBytes(of: weight, toByteOffset: (isOdd ? 128 : 0) + gate * 32 + lane * 4, as: Float.self)
    }
  }

  @inline(always)
  public static func factors(_ pair: UnsafePointer<Pair>, gate: Int) -> (even: SIMD8<Float>, odd: SIMD8<Float>) {
    let lanes = UnsafeRawPointer(pair).assumingMemoryBound(to: SIMD8<Float>.self)
    return (lanes[gate], lanes[gate &+ 4])
  }
}

/// Weights rounded to bfloat16 (the upper half of a float: 8 bits of significand), two columns in one word.
///
/// Rounding is to nearest, ties to even. Each weight is off by at most 2^-9 of itself; state, inputs and sums stay in single
/// precision.
public enum BFloat16Weights: LSTMWeights {
  public typealias Pair = (SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>, SIMD8<UInt32>)

  @inline(always) public static var zero: Pair { (.zero, .zero, .zero, .zero) }

  public static func set(_ pair: inout Pair, gate: Int, lane: Int, isOdd: Bool, _ weight: Float) {
    withUnsafeMutableBytes(of: &pair) { bytes in
      // Little-endian: the even column is the lower half of the word.
      bytes.storeBytes(of: rounded(weight), toByteOffset: gate * 32 + lane * 4 + (isOdd ? 2 : 0), as: UInt16.self)
    }
  }

  @inline(always)
  public static func factors(_ pair: UnsafePointer<Pair>, gate: Int) -> (even: SIMD8<Float>, odd: SIMD8<Float>) {
    let words = UnsafeRawPointer(pair).assumingMemoryBound(to: SIMD8<UInt32>.self)[gate]
    return (
      unsafeBitCast(words &<< 16, to: SIMD8<Float>.self),
      unsafeBitCast(words & 0xffff_0000, to: SIMD8<Float>.self)
    )
  }

  /// The upper half of a finite float, to nearest, ties to even.
  public static func rounded(_ weight: Float) -> UInt16 {
    let bits = weight.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
  }
}
