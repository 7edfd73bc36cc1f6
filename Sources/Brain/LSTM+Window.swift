// A layer over a whole window at once: what needs no state is computed for three steps with one reading of the weights.

extension LSTM {
  /// How many `GateSums` `run` needs for a window.
  public static func windowSums(steps: Int) -> Int { steps * blockCount }

  /// Steps through a window from the state that the layer has, and leaves the state of its end. The same bits as so many
  /// calls of `step`; the layers of a stack run one after the other over the whole window, so that the recurrent weights of
  /// one stay in the cache for all steps.
  ///
  /// - Parameters:
  ///   - window: `steps` rows of `inputs` floats.
  ///   - sums: room for `windowSums(steps:)`; its contents are lost.
  ///   - results: `steps` rows of `units` floats; not `window`.
  /// - Precondition: `inputs` is even.
  @inlinable
  public mutating func run(
    _ window: UnsafePointer<Float>, steps: Int, sums: UnsafeMutablePointer<GateSums>,
    into results: UnsafeMutablePointer<Float>
  ) {
    precondition(inputs % 2 == 0, "the rows of a window have an even number of inputs")
    sumInputs(window, steps: steps, sums)
    var t = 0
    while t < steps {
      prepare()
      isPrepared = false
      var block = 0
      while block < Self.blockCount {
        ahead[block] = ahead[block] + sums[t &* Self.blockCount &+ block]
        activate(block)
        block &+= 1
      }
      (results + t &* units).update(from: hidden, count: units)
      t &+= 1
    }
  }

  /// The sums over inputs of every step and block.
  @inlinable
  func sumInputs(_ window: UnsafePointer<Float>, steps: Int, _ sums: UnsafeMutablePointer<GateSums>) {
    var block = 0
    while block < Self.blockCount {
      let weights = UnsafePointer(inputWeights + block &* Self.inputPairs)
      var t = 0
      while t &+ 3 <= steps {
        Self.sumGates(0, 1, weights, window + t &* inputs, sums + (t &* Self.blockCount &+ block))
        Self.sumGates(2, 3, weights, window + t &* inputs, sums + (t &* Self.blockCount &+ block))
        t &+= 3
      }
      while t < steps {
        sums[t &* Self.blockCount &+ block] = Self.products(weights, window + t &* inputs, pairs: Self.inputPairs)
        t &+= 1
      }
      block &+= 1
    }
  }

  /// Two gates of one block for three steps: twelve accumulators, three columns and one weight fill the sixteen registers.
  @inline(always) @inlinable
  static func sumGates(
    _ first: Int, _ second: Int, _ weights: UnsafePointer<Weights.Pair>, _ rows: UnsafePointer<Float>,
    _ sums: UnsafeMutablePointer<GateSums>
  ) {
    let (row1, row2) = (rows + inputs, rows + 2 &* inputs)
    var (a0, a1, a2) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (b0, b1, b2) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (c0, c1, c2) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (d0, d1, d2) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var pair = 0
    while pair < inputPairs {
      let one = Weights.factors(weights + pair, gate: first)
      let other = Weights.factors(weights + pair, gate: second)
      var (x0, x1, x2) = (
        Lanes(repeating: rows[pair &* 2]), Lanes(repeating: row1[pair &* 2]), Lanes(repeating: row2[pair &* 2])
      )
      a0.addProduct(one.even, x0)
      a1.addProduct(one.even, x1)
      a2.addProduct(one.even, x2)
      c0.addProduct(other.even, x0)
      c1.addProduct(other.even, x1)
      c2.addProduct(other.even, x2)
      x0 = Lanes(repeating: rows[pair &* 2 &+ 1])
      x1 = Lanes(repeating: row1[pair &* 2 &+ 1])
      x2 = Lanes(repeating: row2[pair &* 2 &+ 1])
      b0.addProduct(one.odd, x0)
      b1.addProduct(one.odd, x1)
      b2.addProduct(one.odd, x2)
      d0.addProduct(other.odd, x0)
      d1.addProduct(other.odd, x1)
      d2.addProduct(other.odd, x2)
      pair &+= 1
    }
    set(sums, first, a0 + b0)
    set(sums, second, c0 + d0)
    set(sums + blockCount, first, a1 + b1)
    set(sums + blockCount, second, c1 + d1)
    set(sums + 2 &* blockCount, first, a2 + b2)
    set(sums + 2 &* blockCount, second, c2 + d2)
  }

  @inline(always) @inlinable
  static func set(_ sums: UnsafeMutablePointer<GateSums>, _ gate: Int, _ value: Lanes) {
    switch gate {
    case 0: sums.pointee.i = value
    case 1: sums.pointee.f = value
    case 2: sums.pointee.g = value
    default: sums.pointee.o = value
    }
  }
}
