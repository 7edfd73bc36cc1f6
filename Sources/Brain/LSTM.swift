// A stateful LSTM layer of fixed shape: one call of `step` is one step of the recurrence. Used by one thread.

/// The long short-term memory of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000):
///
///     i, f, o = sigmoid(x W + h R + b)      g = tanh(x W + h R + b)
///     c' = f c + i g                        h' = o tanh(c')
///
/// Weights are packed once so that a step reads memory forwards only: for each block of eight units and each column
/// (inputs, then units) the four gates' weights lie side by side, 128 bytes. The reduction order is canonical
/// whatever the vector width: even columns add up from the bias, odd columns from zero, and both are added once.
///
/// A layer owns its weights and its state in one place of memory, and never allocates after `init`.
public struct LSTM<let inputs: Int, let units: Int>: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  public typealias Lanes = SIMD8<Float>

  /// What the next step reads: the caller writes the `inputs` first floats, the state's `units` follow.
  @usableFromInline let columns: UnsafeMutablePointer<Float>
  @usableFromInline let weights: UnsafeMutablePointer<Lanes>
  @usableFromInline let biases: UnsafeMutablePointer<Lanes>
  @usableFromInline let cells: UnsafeMutablePointer<Lanes>
  @usableFromInline let outputs: UnsafeMutablePointer<Lanes>
  private let block: UnsafeMutableRawPointer

  @inlinable static var columnCount: Int { inputs &+ units }
  @inlinable static var blockCount: Int { units / 8 }

  /// - Parameters:
  ///   - inputKernel: `inputs` rows of `4 * units`, gates in the order i, f, g, o (as `x @ W`).
  ///   - recurrentKernel: `units` rows of `4 * units`.
  ///   - bias: `4 * units`.
  /// - Precondition: the counts fit; `inputs` is even and `units` a multiple of 8.
  public init(inputKernel: [Float], recurrentKernel: [Float], bias: [Float]) {
    precondition(inputs > 0 && inputs % 2 == 0 && units > 0 && units % 8 == 0, "an unsupported layer shape")
    precondition(inputKernel.count == inputs * 4 * units && recurrentKernel.count == units * 4 * units)
    precondition(bias.count == 4 * units)
    let blocks = units / 8
    let lanes = blocks * (inputs + units) * 4 + blocks * 4 + blocks * 2
    let floats = inputs + units
    block = .allocate(byteCount: lanes * MemoryLayout<Lanes>.stride + floats * 4, alignment: 64)
    weights = block.initializeMemory(as: Lanes.self, repeating: .zero, count: lanes)
    biases = weights + blocks * (inputs + units) * 4
    cells = biases + blocks * 4
    outputs = cells + blocks
    columns = (block + lanes * MemoryLayout<Lanes>.stride)
      .initializeMemory(as: Float.self, repeating: 0, count: floats)
    pack(inputKernel + recurrentKernel, bias)
  }

  deinit { block.deallocate() }

  private func pack(_ rows: [Float], _ bias: [Float]) {
    for block in 0..<units / 8 {
      for gate in 0..<4 {
        for lane in 0..<8 {
          let column = gate * units + block * 8 + lane
          biases[block * 4 + gate][lane] = bias[column]
          for row in 0..<inputs + units {
            weights[(block * (inputs + units) + row) * 4 + gate][lane] = rows[row * 4 * units + column]
          }
        }
      }
    }
  }

  /// Where the caller writes the next step's `inputs` floats.
  @inline(always) public var input: UnsafeMutablePointer<Float> { columns }

  /// The output of the last step, `units` floats; they are also the state that the next step reads.
  @inline(always) public var hidden: UnsafePointer<Float> { UnsafePointer(columns + inputs) }

  /// The cell state, `units` floats.
  @inline(always) public var cell: UnsafePointer<Float> {
    UnsafePointer(UnsafeRawPointer(cells).assumingMemoryBound(to: Float.self))
  }

  /// Forgets everything: the state of a sequence that has not begun.
  @inline(always)
  public mutating func reset() {
    var i = 0
    while i < units {
      columns[inputs &+ i] = 0
      i &+= 1
    }
    i = 0
    while i < Self.blockCount {
      cells[i] = .zero
      i &+= 1
    }
  }

  /// One step of the recurrence over what stands in `input`.
  @inline(always)
  public mutating func step() {
    var b = 0
    while b < Self.blockCount {
      stepBlock(b)
      b &+= 1
    }
    // Only now: every block reads the whole previous output.
    let state = UnsafeMutableRawPointer(columns + inputs)
    state.copyMemory(from: UnsafeRawPointer(outputs), byteCount: units &* 4)
  }

  /// Eight units: eight accumulators (four gates, even and odd columns) keep the multiply-add pipes full.
  @inlinable
  func stepBlock(_ b: Int) {
    var i0 = biases[b &* 4]
    var f0 = biases[b &* 4 &+ 1]
    var g0 = biases[b &* 4 &+ 2]
    var o0 = biases[b &* 4 &+ 3]
    var (i1, f1, g1, o1) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var w = weights + b &* Self.columnCount &* 4
    var k = 0
    while k < Self.columnCount {
      let even = Lanes(repeating: columns[k])
      let odd = Lanes(repeating: columns[k &+ 1])
      i0.addProduct(w[0], even)
      f0.addProduct(w[1], even)
      g0.addProduct(w[2], even)
      o0.addProduct(w[3], even)
      i1.addProduct(w[4], odd)
      f1.addProduct(w[5], odd)
      g1.addProduct(w[6], odd)
      o1.addProduct(w[7], odd)
      w += 8
      k &+= 2
    }
    let kept = Activations.sigmoid(f0 + f1) * cells[b]
    let c = kept.addingProduct(Activations.sigmoid(i0 + i1), Activations.tanh(g0 + g1))
    cells[b] = c
    outputs[b] = Activations.sigmoid(o0 + o1) * Activations.tanh(c)
  }
}
