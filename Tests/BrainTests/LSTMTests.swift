// The layer against its equations in double precision, its state, and its freedom from allocation.

import Brain
import MallocCounter
import Support
import Testing

@Suite struct LSTMTests {
  /// A hundred steps of single precision stay this close to double precision: each step adds a few units in the last
  /// place (6e-8) to a state within 1, and a forget gate below 1 lets them decay.
  private static let tolerance = 1e-5

  @Test(arguments: [1, 2, 3] as [UInt64])
  func smallShapeFollowsTheEquations(seed: UInt64) {
    var random = SeededRandom(seed)
    let (w, r, b) = (random.floats(6 * 32, within: 1), random.floats(8 * 32, within: 1), random.floats(32, within: 1))
    var layer = LSTM<6, 8>(inputKernel: w, recurrentKernel: r, bias: b)
    var slow = SlowLSTM(inputs: 6, units: 8, inputKernel: w, recurrentKernel: r, bias: b)
    for _ in 0..<100 {
      let x = random.floats(6, within: 3)
      for i in 0..<6 { layer.input[i] = x[i] }
      layer.step()
      slow.step(x)
      for u in 0..<8 {
        #expect(abs(Double(layer.hidden[u]) - slow.hidden[u]) < Self.tolerance)
        #expect(abs(Double(layer.cell[u]) - slow.cell[u]) < Self.tolerance)
      }
    }
  }

  @Test func shippedShapeFollowsTheEquations() {
    var random = SeededRandom(7)
    let w = random.floats(48 * 128, within: 0.3)
    let (r, b) = (random.floats(32 * 128, within: 0.3), random.floats(128, within: 1))
    var layer = LSTM<48, 32>(inputKernel: w, recurrentKernel: r, bias: b)
    var slow = SlowLSTM(inputs: 48, units: 32, inputKernel: w, recurrentKernel: r, bias: b)
    for _ in 0..<30 {
      let x = random.floats(48, within: 5)
      for i in 0..<48 { layer.input[i] = x[i] }
      layer.step()
      slow.step(x)
    }
    for u in 0..<32 { #expect(abs(Double(layer.hidden[u]) - slow.hidden[u]) < Self.tolerance) }
  }

  @Test func resetForgetsEverything() {
    var random = SeededRandom(5)
    let (w, r, b) = (random.floats(2 * 32, within: 1), random.floats(8 * 32, within: 1), random.floats(32, within: 1))
    var layer = LSTM<2, 8>(inputKernel: w, recurrentKernel: r, bias: b)
    func run() -> [Float] {
      layer.input[0] = 0.5
      layer.input[1] = -0.25
      layer.step()
      return (0..<8).map { layer.hidden[$0] }
    }
    let first = run()
    #expect(run() != first)
    layer.reset()
    #expect(run() == first)
  }

  @Test func headAddsUpItsRows() {
    var random = SeededRandom(9)
    let (kernel, bias) = (random.floats(16 * 8, within: 1), random.floats(8, within: 1))
    let head = OutputHead<16>(kernel: kernel, bias: bias)
    let hidden = random.floats(16, within: 1)
    let logits = hidden.withUnsafeBufferPointer { head.logits($0.baseAddress!) }
    for lane in 0..<8 {
      let exact = (0..<16).reduce(Double(bias[lane])) { $0 + Double(hidden[$1]) * Double(kernel[$1 * 8 + lane]) }
      #expect(abs(Double(logits[lane]) - exact) < 1e-6)
    }
  }

  @Test func stepsDoNotAllocate() {
    var layer = LSTM<48, 32>(
      inputKernel: Array(repeating: 0.1, count: 48 * 128), recurrentKernel: Array(repeating: 0.1, count: 32 * 128),
      bias: Array(repeating: 0, count: 128))
    let before = malloc_counter_value()
    for _ in 0..<1000 { layer.step() }
    #expect(malloc_counter_value() == before)
  }
}
