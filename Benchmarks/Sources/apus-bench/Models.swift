// Whole models of STAC-ML's shapes: streamed step by step, and over a window of steps, against the limit of the machine's
// memory and against onnxruntime.

import Brain
import CShims
import Foundation
import Peers
import Suite

/// A stack of layers with one dense unit on top, as closures over concrete code.
private struct OurModel {
  /// What of the next step needs no input.
  let prepare: () -> Void
  /// The rest of the step.
  let answer: ([Float]) -> Float
  /// A whole window, row by row, from a state of zero.
  let window: ([Float]) -> Float
  let reset: () -> Void
}

/// The shapes as STAC's published model cards state them.
private struct ModelShape {
  let name: String
  let steps: Int
  let features: Int
  let layers: Int
  let units: Int

  /// Weights that one step reads.
  var weights: Int { 4 * units * (features + units) + (layers - 1) * 4 * units * 2 * units }
}

private typealias LayerNumbers = (w: [Float], r: [Float], b: [Float])

/// What a model file holds.
private struct StackNumbers {
  var layers: [LayerNumbers] = []
  let dense: [Float]
  let bias: Float

  init(_ places: ModelPlaces, _ shape: ModelShape) throws {
    var file = try ModelNumbers(places, shape.name)
    for layer in 0..<shape.layers {
      let inputs = layer == 0 ? shape.features : shape.units
      layers.append(
        (
          try file.take(inputs * 4 * shape.units), try file.take(shape.units * 4 * shape.units),
          try file.take(4 * shape.units)
        ))
    }
    dense = try file.take(shape.units)
    bias = try file.take(1)[0]
  }
}

/// A stack of one first layer and further ones of equal shape.
private final class Stack<let features: Int, let units: Int, Weights: LSTMWeights> {
  typealias First = LSTM<features, units, Weights>
  typealias Further = LSTM<units, units, Weights>
  var first: First
  let further: UnsafeMutablePointer<Further>
  let furtherCount: Int
  let numbers: StackNumbers
  private let sums: UnsafeMutablePointer<First.GateSums>
  private let furtherSums: UnsafeMutablePointer<Further.GateSums>
  /// What goes from a layer to the next over a window, and the other way round.
  private let rows: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
  private let steps: Int

  init(_ numbers: StackNumbers, steps: Int) {
    self.numbers = numbers
    self.steps = steps
    sums = .allocate(capacity: First.windowSums(steps: steps))
    furtherSums = .allocate(capacity: Further.windowSums(steps: steps))
    rows = (.allocate(capacity: steps * units), .allocate(capacity: steps * units))
    let bottom = numbers.layers[0]
    first = First(inputKernel: bottom.w, recurrentKernel: bottom.r, bias: bottom.b)
    furtherCount = numbers.layers.count - 1
    further = .allocate(capacity: furtherCount)
    for (place, layer) in numbers.layers.dropFirst().enumerated() {
      (further + place).initialize(to: Further(inputKernel: layer.w, recurrentKernel: layer.r, bias: layer.b))
    }
  }

  deinit {
    further.deinitialize(count: furtherCount)
    further.deallocate()
    sums.deallocate()
    furtherSums.deallocate()
    rows.0.deallocate()
    rows.1.deallocate()
  }

  @inline(always)
  func prepare() {
    first.prepare()
    for layer in 0..<furtherCount { further[layer].prepare() }
  }

  @inline(always)
  func answer(_ x: [Float]) -> Float {
    x.withUnsafeBufferPointer { first.input.update(from: $0.baseAddress!, count: features) }
    first.step()
    var hidden = first.hidden
    for layer in 0..<furtherCount {
      further[layer].input.update(from: hidden, count: units)
      further[layer].step()
      hidden = further[layer].hidden
    }
    return output(hidden)
  }

  @inline(always)
  func window(_ window: [Float]) -> Float {
    reset()
    window.withUnsafeBufferPointer { first.run($0.baseAddress!, steps: steps, sums: sums, into: rows.0) }
    var (from, to) = rows
    for layer in 0..<furtherCount {
      further[layer].run(from, steps: steps, sums: furtherSums, into: to)
      (from, to) = (to, from)
    }
    return output(from + (steps - 1) * units)
  }

  private func output(_ hidden: UnsafePointer<Float>) -> Float {
    var sum = numbers.bias
    for unit in 0..<units { sum += hidden[unit] * numbers.dense[unit] }
    return sum
  }

  @inline(always)
  func reset() {
    first.reset()
    for layer in 0..<furtherCount { further[layer].reset() }
  }
}

@inline(always)
private func ourModel<let features: Int, let units: Int, Weights: LSTMWeights>(
  _ stack: Stack<features, units, Weights>
) -> OurModel {
  OurModel(
    prepare: { stack.prepare() }, answer: { stack.answer($0) }, window: { stack.window($0) },
    reset: { stack.reset() })
}

func modelBenchmarks(_ places: ModelPlaces, _ scale: Scale) throws -> [Benchmark] {
  let a = ModelShape(name: "lstm_a", steps: 50, features: 100, layers: 2, units: 100)
  let b = ModelShape(name: "lstm_b", steps: 100, features: 250, layers: 3, units: 200)
  let c = ModelShape(name: "lstm_c", steps: 100, features: 500, layers: 4, units: 1000)
  return try modelBenchmarks(
    a, places, scale, full: { ourModel(Stack<100, 100, Float32Weights>($0, steps: a.steps)) },
    half: { ourModel(Stack<100, 100, BFloat16Weights>($0, steps: a.steps)) })
    + modelBenchmarks(
      b, places, scale, full: { ourModel(Stack<250, 200, Float32Weights>($0, steps: b.steps)) },
      half: { ourModel(Stack<250, 200, BFloat16Weights>($0, steps: b.steps)) })
    + modelBenchmarks(
      c, places, scale, full: { ourModel(Stack<500, 1000, Float32Weights>($0, steps: c.steps)) },
      half: { ourModel(Stack<500, 1000, BFloat16Weights>($0, steps: c.steps)) })
}

/// What outputs of two single-precision implementations may differ by after a window: sums of up to a thousand products in
/// another order, in each of the layers and steps, under a dense unit whose weights are within 1.
private let windowBound: Float = 1e-4

private func modelBenchmarks(
  _ shape: ModelShape, _ places: ModelPlaces, _ scale: Scale, full: (StackNumbers) -> OurModel,
  half: (StackNumbers) -> OurModel
) throws -> [Benchmark] {
  let numbers = try StackNumbers(places, shape)
  let (full, half) = (full(numbers), half(numbers))
  let onnx = try OnnxWindow(shape, places)
  let window = (0..<shape.steps).map { step in
    (0..<shape.features).map { Float(sin(Double(step * 37 + $0 * 11))) }
  }
  func fold(_ model: OurModel) -> Float {
    model.reset()
    var output: Float = 0
    for x in window { output = model.answer(x) }
    return output
  }
  // The three agree before anything is timed.
  let (ours, theirs) = (fold(full), try onnx.run(window))
  guard abs(ours - theirs) <= windowBound else {
    throw BenchmarkError("\(shape.name): onnxruntime comes to \(theirs) where we come to \(ours)")
  }
  let rows = Array(window.joined())
  guard full.window(rows).bitPattern == ours.bitPattern else {
    throw BenchmarkError("\(shape.name): a window is not its steps")
  }
  let halfError = abs(fold(half) - ours)
  let windows = scale.of(max(1, 2_000_000_000 / (shape.weights * shape.steps)), tiny: 1)
  func perWindow(_ body: () throws -> Void) rethrows -> Double {
    let start = peer_now_ns()
    for _ in 0..<windows { try body() }
    return Double(peer_now_ns() - start) / Double(windows)
  }
  /// Our side from the input to the output, the half of each step prepared before: the 99th percentile, and the curve.
  func answers(_ model: OurModel) -> BenchmarkSide {
    var timesNs: [Double] = []
    func measure() -> Double {
      var cycles: [UInt64] = []
      let clock = CycleClock()
      for _ in 0..<windows {
        for x in window {
          model.prepare()
          let before = apus_tsc()
          _ = model.answer(x)
          cycles.append(apus_tsc() &- before)
        }
      }
      let nsPerCycle = clock.nsPerCycle
      timesNs = cycles.sorted().map { Double($0) * nsPerCycle }
      return timesNs[timesNs.count * 99 / 100]
    }
    return BenchmarkSide("apus", curve: { LatencyCurve(sortedNs: timesNs) }, measure)
  }
  /// What reading all weights once takes at the bandwidth of a block of their size.
  func reading(bytesPerWeight: Int) -> Double {
    let bytes = shape.weights * bytesPerWeight
    return Double(bytes) / peer_read_bandwidth(bytes, scale.isTiny ? 1_000_000 : 100_000_000) * 1e9
  }
  let size =
    "\(shape.features) inputs, \(shape.layers) layers of \(shape.units), \(shape.weights * 4 / 1024) KiB of weights"
  return [
    Benchmark(
      row: "\(shape.name)_stream", unit: "ns/step",
      topology:
        "one step after the other, state kept, all of its work (onnxruntime: a step of its window); \(size); one CPU",
      ours: BenchmarkSide("apus") { perWindow { _ = fold(full) } / Double(shape.steps) },
      peers: [
        BenchmarkSide("roofline") { reading(bytesPerWeight: 4) },
        BenchmarkSide("onnxruntime") { try perWindow { _ = try onnx.run(window) } / Double(shape.steps) },
      ]),
    Benchmark(
      row: "\(shape.name)_window", unit: "ns/window",
      topology: "a whole window of \(shape.steps) steps, nothing kept; \(size); one CPU",
      ours: BenchmarkSide("apus") { perWindow { _ = full.window(rows) } },
      peers: [
        BenchmarkSide("roofline") { reading(bytesPerWeight: 4) * Double(shape.steps) },
        BenchmarkSide("onnxruntime") { try perWindow { _ = try onnx.run(window) } },
      ]),
    Benchmark(
      row: "\(shape.name)_stream_half_p99", unit: "ns",
      topology: """
        input --> output, p99, the recurrent half computed before; weights of half the width, output off by \
        \(halfError.description) after a window; \(size); one CPU
        """,
      ours: answers(half),
      peers: [BenchmarkSide("roofline") { reading(bytesPerWeight: 2) }]),
    Benchmark(
      row: "\(shape.name)_stream_p99", unit: "ns",
      topology: "input --> output, p99, the recurrent half computed before; \(size); one CPU",
      ours: answers(full),
      peers: [BenchmarkSide("roofline") { reading(bytesPerWeight: 4) }]),
  ]
}

/// A windowed model in onnxruntime with bound buffers.
private final class OnnxWindow {
  private let session: OpaquePointer
  private let shape: ModelShape
  private let input: UnsafeMutablePointer<Float>
  private let output: UnsafeMutablePointer<Float>

  init(_ shape: ModelShape, _ places: ModelPlaces) throws {
    self.shape = shape
    session = try openOnnx("\(places.models)/\(shape.name).onnx", places)
    input = .allocate(capacity: shape.steps * shape.features)
    input.initialize(repeating: 0, count: shape.steps * shape.features)
    output = .allocate(capacity: 1)
    output.initialize(to: 0)
    try bindOnnx(session, isInput: true, "x", input, [Int64(shape.steps), 1, Int64(shape.features)])
    try bindOnnx(session, isInput: false, "y", output, [1, 1])
  }

  deinit {
    peer_onnx_free(session)
    input.deallocate()
    output.deallocate()
  }

  func run(_ window: [[Float]]) throws -> Float {
    for (step, x) in window.enumerated() {
      x.withUnsafeBufferPointer {
        (input + step * shape.features).update(from: $0.baseAddress!, count: shape.features)
      }
    }
    guard peer_onnx_run(session) == 0 else { throw BenchmarkError("onnxruntime: a window failed") }
    return output[0]
  }
}
