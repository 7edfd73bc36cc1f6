// The linear layer that turns the LSTM's output into eight logits: three of the forecast, five of the policy.

/// Eight outputs over `units` inputs: one vector of accumulators.
///
/// The reduction order is canonical: even units add up from the bias, odd units from zero, and both are added once.
public struct OutputHead<let units: Int>: ~Copyable, @unchecked Sendable {  // Safe: immutable after init.
  public typealias Lanes = SIMD8<Float>
  @usableFromInline let weights: UnsafeMutablePointer<Lanes>
  @usableFromInline let bias: Lanes

  /// - Parameters:
  ///   - kernel: `units` rows of 8 (as `h @ W`).
  ///   - bias: 8 floats.
  /// - Precondition: the counts fit; `units` is even.
  public init(kernel: [Float], bias: [Float]) {
    precondition(units > 0 && units % 2 == 0 && kernel.count == units * 8 && bias.count == 8)
    let rows = UnsafeMutableRawPointer.allocate(byteCount: units * MemoryLayout<Lanes>.stride, alignment: 64)
    weights = rows.initializeMemory(as: Lanes.self, repeating: .zero, count: units)
    var lanes = Lanes.zero
    for lane in 0..<8 {
      lanes[lane] = bias[lane]
      for row in 0..<units { weights[row][lane] = kernel[row * 8 + lane] }
    }
    self.bias = lanes
  }

  deinit { weights.deallocate() }

  /// The logits for `hidden`, which holds `units` floats.
  @inline(always)
  public func logits(_ hidden: UnsafePointer<Float>) -> Lanes {
    var even = bias
    var odd = Lanes.zero
    var k = 0
    while k < units {
      even.addProduct(weights[k], Lanes(repeating: hidden[k]))
      odd.addProduct(weights[k &+ 1], Lanes(repeating: hidden[k &+ 1]))
      k &+= 2
    }
    return even + odd
  }
}
