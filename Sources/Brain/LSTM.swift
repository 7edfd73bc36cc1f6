// A stateful LSTM layer of fixed shape: one call of `step` is one step of the recurrence. Used by one thread.

/// The long short-term memory of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000):
///
///     i, f, o = sigmoid(x W + h R + b)      g = tanh(x W + h R + b)
///     c' = f c + i g                        h' = o tanh(c')
///
/// What does not depend on the input is known as soon as the step before is done: `prepare` computes h R + b ahead, while
/// nothing waits, and the next `step` has only x W left. Whether `prepare` was called changes no bit of the result.
///
/// Weights are packed once so that a step reads memory forwards only: for each block of eight units and each pair of columns
/// the four gates' weights lie side by side. The reduction order is canonical whatever the vector width and whatever was
/// computed ahead: the products of even columns add up from zero, those of odd columns likewise, the two are added; the
/// sum over units is added to the bias, the sum over inputs to that.
///
/// A layer owns its weights and its state in one place of memory, and never allocates after `init`.
public struct LSTM<let inputs: Int, let units: Int, Weights: LSTMWeights>: ~Copyable, @unchecked Sendable {
  // Safe: moved, never shared.
  public typealias Lanes = SIMD8<Float>

  /// One block of eight units: a vector for each gate.
  @frozen
  public struct GateSums: BitwiseCopyable {
    @usableFromInline var i, f, g, o: Lanes

    @inline(always) @inlinable
    init(i: Lanes, f: Lanes, g: Lanes, o: Lanes) {
      (self.i, self.f, self.g, self.o) = (i, f, g, o)
    }

    @inline(always) @inlinable
    static func + (left: GateSums, right: GateSums) -> GateSums {
      GateSums(i: left.i + right.i, f: left.f + right.f, g: left.g + right.g, o: left.o + right.o)
    }
  }

  /// What the next step reads; a column that makes their number even stays zero.
  @usableFromInline let inputColumns: UnsafeMutablePointer<Float>
  /// The output of the last step, padded with zeros to whole blocks.
  @usableFromInline let outputs: UnsafeMutablePointer<Lanes>
  @usableFromInline let cells: UnsafeMutablePointer<Lanes>
  @usableFromInline let biases: UnsafeMutablePointer<GateSums>
  /// The biases and the recurrent half of the next step, when `isPrepared`.
  @usableFromInline let ahead: UnsafeMutablePointer<GateSums>
  @usableFromInline let inputWeights: UnsafeMutablePointer<Weights.Pair>
  @usableFromInline let recurrentWeights: UnsafeMutablePointer<Weights.Pair>
  @usableFromInline var isPrepared = false
  private let memory: UnsafeMutableRawPointer

  @inlinable static var inputPairs: Int { (inputs &+ 1) / 2 }
  @inlinable static var recurrentPairs: Int { (units &+ 1) / 2 }
  @inlinable static var blockCount: Int { (units &+ 7) / 8 }

  /// - Parameters:
  ///   - inputKernel: `inputs` rows of `4 * units`, gates in the order i, f, g, o (as `x @ W`).
  ///   - recurrentKernel: `units` rows of `4 * units`.
  ///   - bias: `4 * units`.
  /// - Precondition: the counts fit.
  public init(inputKernel: [Float], recurrentKernel: [Float], bias: [Float]) {
    precondition(inputs > 0 && units > 0, "a layer has inputs and units")
    precondition(inputKernel.count == inputs * 4 * units && recurrentKernel.count == units * 4 * units)
    precondition(bias.count == 4 * units)
    var layout = MemoryLayoutBuilder()
    let blocks = Self.blockCount
    let inputWeightsAt = layout.place(Weights.Pair.self, count: blocks * Self.inputPairs)
    let recurrentWeightsAt = layout.place(Weights.Pair.self, count: blocks * Self.recurrentPairs)
    let biasesAt = layout.place(GateSums.self, count: blocks)
    let aheadAt = layout.place(GateSums.self, count: blocks)
    let cellsAt = layout.place(Lanes.self, count: blocks)
    let outputsAt = layout.place(Lanes.self, count: blocks)
    let inputsAt = layout.place(Float.self, count: 2 * Self.inputPairs)
    memory = .allocate(byteCount: layout.byteCount, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: layout.byteCount)
    // Zero is a value of every type here.
    inputWeights = (memory + inputWeightsAt).assumingMemoryBound(to: Weights.Pair.self)
    recurrentWeights = (memory + recurrentWeightsAt).assumingMemoryBound(to: Weights.Pair.self)
    biases = (memory + biasesAt).assumingMemoryBound(to: GateSums.self)
    ahead = (memory + aheadAt).assumingMemoryBound(to: GateSums.self)
    cells = (memory + cellsAt).assumingMemoryBound(to: Lanes.self)
    outputs = (memory + outputsAt).assumingMemoryBound(to: Lanes.self)
    inputColumns = (memory + inputsAt).assumingMemoryBound(to: Float.self)
    Self.pack(inputKernel, rows: inputs, into: inputWeights)
    Self.pack(recurrentKernel, rows: units, into: recurrentWeights)
    for unit in 0..<units {
      let (block, lane) = (unit / 8, unit % 8)
      biases[block].i[lane] = bias[unit]
      biases[block].f[lane] = bias[units + unit]
      biases[block].g[lane] = bias[2 * units + unit]
      biases[block].o[lane] = bias[3 * units + unit]
    }
  }

  deinit { memory.deallocate() }

  private static func pack(_ kernel: [Float], rows: Int, into weights: UnsafeMutablePointer<Weights.Pair>) {
    let pairs = (rows + 1) / 2
    for row in 0..<rows {
      for column in 0..<4 * units {
        let (gate, unit) = (column / units, column % units)
        let place = unit / 8 * pairs + row / 2
        let weight = kernel[row * 4 * units + column]
        Weights.set(&weights[place], gate: gate, lane: unit % 8, isOdd: row % 2 == 1, weight)
      }
    }
  }

  /// Where the caller writes the next step's `inputs` floats.
  @inline(always) public var input: UnsafeMutablePointer<Float> { inputColumns }

  /// The output of the last step, `units` floats; they are also the state that the next step reads.
  @inline(always) public var hidden: UnsafePointer<Float> {
    UnsafePointer(UnsafeRawPointer(outputs).assumingMemoryBound(to: Float.self))
  }

  /// The cell state, `units` floats.
  @inline(always) public var cell: UnsafePointer<Float> {
    UnsafePointer(UnsafeRawPointer(cells).assumingMemoryBound(to: Float.self))
  }

  /// Forgets everything: the state of a sequence that has not begun.
  @inline(always)
  public mutating func reset() {
    var block = 0
    while block < Self.blockCount {
      outputs[block] = .zero
      cells[block] = .zero
      block &+= 1
    }
    isPrepared = false
  }

  /// Computes what the next step does not need its input for. Call it when nothing waits, after the output was used.
  @inline(always)
  public mutating func prepare() {
    guard !isPrepared else { return }
    addRows(recurrentWeights, hidden, pairs: Self.recurrentPairs, to: biases)
    isPrepared = true
  }

  /// One step of the recurrence over what stands in `input`.
  @inline(always)
  public mutating func step() {
    prepare()
    isPrepared = false
    addRows(inputWeights, inputColumns, pairs: Self.inputPairs, to: ahead)
    // Apart from the sums, so that the long chains of neighbouring blocks overlap.
    var block = 0
    while block < Self.blockCount {
      activate(block)
      block &+= 1
    }
  }

  /// Adds weights times columns to what stands in `start`, block by block, and leaves the results in `ahead`.
  @inlinable
  func addRows(
    _ weights: UnsafePointer<Weights.Pair>, _ columns: UnsafePointer<Float>, pairs: Int,
    to start: UnsafePointer<GateSums>
  ) {
    var block = 0
    while block < Self.blockCount {
      ahead[block] = start[block] + Self.products(weights + block &* pairs, columns, pairs: pairs)
      block &+= 1
    }
  }

  /// Eight units from their sums to their output.
  @inline(always) @inlinable
  func activate(_ block: Int) {
    let sums = ahead[block]
    let made = Activations.cell(i: sums.i, f: sums.f, g: sums.g, o: sums.o, c: cells[block])
    cells[block] = made.c
    outputs[block] = made.h
  }

  /// Weights times columns for one block: eight accumulators keep the multiply-add pipes full.
  @inline(always) @inlinable
  static func products(
    _ weights: UnsafePointer<Weights.Pair>, _ columns: UnsafePointer<Float>, pairs: Int
  ) -> GateSums {
    var (i0, f0, g0, o0) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var (i1, f1, g1, o1) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var pair = 0
    while pair < pairs {
      let even = Lanes(repeating: columns[pair &* 2])
      let odd = Lanes(repeating: columns[pair &* 2 &+ 1])
      let i = Weights.factors(weights + pair, gate: 0)
      i0.addProduct(i.even, even)
      i1.addProduct(i.odd, odd)
      let f = Weights.factors(weights + pair, gate: 1)
      f0.addProduct(f.even, even)
      f1.addProduct(f.odd, odd)
      let g = Weights.factors(weights + pair, gate: 2)
      g0.addProduct(g.even, even)
      g1.addProduct(g.odd, odd)
      let o = Weights.factors(weights + pair, gate: 3)
      o0.addProduct(o.even, even)
      o1.addProduct(o.odd, odd)
      pair &+= 1
    }
    return GateSums(i: i0 + i1, f: f0 + f1, g: g0 + g1, o: o0 + o1)
  }
}

/// Places arrays behind each other, each at the beginning of a cache line.
private struct MemoryLayoutBuilder {
  var byteCount = 0

  mutating func place<Element>(_: Element.Type, count: Int) -> Int {
    defer { byteCount += (count * MemoryLayout<Element>.stride + 63) / 64 * 64 }
    return byteCount
  }
}
