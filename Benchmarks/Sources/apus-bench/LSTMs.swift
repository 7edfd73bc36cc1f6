// One step of an LSTM layer against OpenBLAS and onnxruntime: the same numbers, the same outputs.

import Brain
import CShims
import Foundation
import Peers
import Suite

/// Where the models lie that `models.py` wrote, and onnxruntime's library.
struct ModelPlaces {
  let models: String
  let onnxruntime: String
}

/// The numbers of a model, read off front to back.
struct ModelNumbers {
  private var rest: ArraySlice<Float>

  init(_ places: ModelPlaces, _ name: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: places.models).appendingPathComponent("\(name).bin"))
    rest = data.withUnsafeBytes { Array($0.assumingMemoryBound(to: Float.self)) }[...]
  }

  mutating func take(_ count: Int) throws -> [Float] {
    guard rest.count >= count else { throw BenchmarkError("a model file is too short: run models.py again") }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }
}

/// What outputs of two single-precision implementations may differ by: a few units in the last place of each step's state,
/// which the forget gate lets decay.
private let outputBound: Float = 2e-6

/// A layer of ours as closures over concrete code: through a protocol it would not be specialised for its shape.
private struct OurLayer {
  /// Takes each input and steps, back to back.
  let run: ([[Float]]) -> Void
  /// The same, each step prepared beforehand; cycles from the input to the output, summed up.
  let answer: ([[Float]]) -> UInt64
  let hidden: () -> [Float]
}

/// The one place of a layer that closures share.
private final class Shared<Layer: ~Copyable> {
  var layer: Layer
  init(_ layer: consuming Layer) { self.layer = layer }
}

private typealias Numbers = (w: [Float], r: [Float], b: [Float])

@inline(always)
private func ourLayer<let inputs: Int, let units: Int, Weights: LSTMWeights>(
  _ layer: consuming LSTM<inputs, units, Weights>
) -> OurLayer {
  let shared = Shared(layer)
  return OurLayer(
    run: { steps in
      for x in steps {
        x.withUnsafeBufferPointer { shared.layer.input.update(from: $0.baseAddress!, count: inputs) }
        shared.layer.step()
      }
    },
    answer: { steps in
      var cycles: UInt64 = 0
      for x in steps {
        shared.layer.prepare()
        let start = apus_tsc()
        x.withUnsafeBufferPointer { shared.layer.input.update(from: $0.baseAddress!, count: inputs) }
        shared.layer.step()
        cycles &+= apus_tsc() &- start
      }
      return cycles
    },
    hidden: { Array(UnsafeBufferPointer(start: shared.layer.hidden, count: units)) })
}

/// Our layer of one shape, in every form that is measured.
private struct OurLayers {
  let full: OurLayer
  let half: OurLayer

  init(_ full: OurLayer, _ half: OurLayer) { (self.full, self.half) = (full, half) }
}

func lstmBenchmarks(_ places: ModelPlaces, _ scale: Scale) throws -> [Benchmark] {
  try lstmBenchmarks("lstm_32", 32, places, scale) { n in
    OurLayers(
      ourLayer(LSTM<32, 32, Float32Weights>(inputKernel: n.w, recurrentKernel: n.r, bias: n.b)),
      ourLayer(LSTM<32, 32, BFloat16Weights>(inputKernel: n.w, recurrentKernel: n.r, bias: n.b)))
  }
    + lstmBenchmarks("lstm_64", 64, places, scale) { n in
      OurLayers(
        ourLayer(LSTM<64, 64, Float32Weights>(inputKernel: n.w, recurrentKernel: n.r, bias: n.b)),
        ourLayer(LSTM<64, 64, BFloat16Weights>(inputKernel: n.w, recurrentKernel: n.r, bias: n.b)))
    }
}

private func lstmBenchmarks(
  _ row: String, _ size: Int, _ places: ModelPlaces, _ scale: Scale, _ make: (Numbers) -> OurLayers
) throws -> [Benchmark] {
  var file = try ModelNumbers(places, row)
  let numbers = (w: try file.take(size * 4 * size), r: try file.take(size * 4 * size), b: try file.take(4 * size))
  let ours = make(numbers)
  let blas = peer_lstm_new(Int32(size), Int32(size), numbers.w, numbers.r, numbers.b)!
  let onnx = try OnnxStep("\(places.models)/\(row).onnx", places, size: size)
  // Inputs that do not repeat within a batch.
  let inputs = (0..<64).map { step in (0..<size).map { Float(sin(Double(step * 31 + $0 * 7))) } }
  let rounds = scale.of(1_000, tiny: 1)
  func perStep(_ body: () throws -> Void) rethrows -> Double {
    let start = peer_now_ns()
    try body()
    return Double(peer_now_ns() - start) / Double(inputs.count * rounds)
  }
  /// From the input to the output: the cycles between the stamps, in time.
  func answerTime(_ layer: OurLayer) -> Double {
    let clock = CycleClock()
    var cycles: UInt64 = 0
    for _ in 0..<rounds { cycles &+= layer.answer(inputs) }
    return Double(cycles) * clock.nsPerCycle / Double(inputs.count * rounds)
  }
  // All have stepped as often when they are compared: each side takes `rounds` more in its turn.
  let reference = make(numbers).full
  func check(_ other: [Float], after steps: inout Int, _ name: String) throws {
    // The state is periodic once the beginning is forgotten, since the inputs are.
    reference.run(inputs)
    steps += 1
    for (a, b) in zip(reference.hidden(), other) where steps > 3 && abs(a - b) > outputBound {
      throw BenchmarkError("\(row): \(name) comes to \(b) where we come to \(a)")
    }
  }
  var steps = 0
  let openBLAS = BenchmarkSide("OpenBLAS") {
    let time = perStep { for _ in 0..<rounds { for x in inputs { peer_lstm_step(blas, x) } } }
    try check(Array(UnsafeBufferPointer(start: peer_lstm_hidden(blas), count: size)), after: &steps, "OpenBLAS")
    return time
  }
  let onnxruntime = BenchmarkSide("onnxruntime") {
    let time = try perStep { for _ in 0..<rounds { for x in inputs { try onnx.step(x) } } }
    try check(onnx.hidden, after: &steps, "onnxruntime")
    return time
  }
  let shape = "\(size) inputs, \(size) units, state stays; one CPU"
  return [
    Benchmark(
      row: row, unit: "ns",
      topology: "input --> output, \(shape); ours with the recurrent half computed before the input comes",
      ours: BenchmarkSide("apus") { answerTime(ours.full) }, peers: [openBLAS, onnxruntime]),
    Benchmark(
      row: "\(row)_half", unit: "ns", topology: "as \(row), our weights at half their width (bfloat16)",
      ours: BenchmarkSide("apus") { answerTime(ours.half) }, peers: [openBLAS, onnxruntime]),
    Benchmark(
      row: "\(row)_whole", unit: "ns", topology: "all the work of a step, back to back, \(shape)",
      ours: BenchmarkSide("apus") { perStep { for _ in 0..<rounds { ours.full.run(inputs) } } },
      peers: [openBLAS, onnxruntime]),
  ]
}

/// A one-step model in onnxruntime with bound buffers; the state that comes out goes in at the next step.
private final class OnnxStep {
  private let session: OpaquePointer
  private let size: Int
  /// x, h, c, h_next, c_next.
  private let buffers: [UnsafeMutablePointer<Float>]

  init(_ model: String, _ places: ModelPlaces, size: Int) throws {
    self.size = size
    session = try openOnnx(model, places)
    buffers = (0..<5).map { _ in
      let buffer = UnsafeMutablePointer<Float>.allocate(capacity: size)
      buffer.initialize(repeating: 0, count: size)
      return buffer
    }
    for (i, name) in ["x", "h", "c", "h_next", "c_next"].enumerated() {
      try bindOnnx(session, isInput: i < 3, name, buffers[i], [1, 1, Int64(size)])
    }
  }

  deinit {
    peer_onnx_free(session)
    for buffer in buffers { buffer.deallocate() }
  }

  func step(_ x: [Float]) throws {
    x.withUnsafeBufferPointer { buffers[0].update(from: $0.baseAddress!, count: size) }
    guard peer_onnx_run(session) == 0 else { throw BenchmarkError("onnxruntime: a step failed") }
    buffers[1].update(from: buffers[3], count: size)
    buffers[2].update(from: buffers[4], count: size)
  }

  var hidden: [Float] { Array(UnsafeBufferPointer(start: buffers[3], count: size)) }
}

func openOnnx(_ model: String, _ places: ModelPlaces) throws -> OpaquePointer {
  var reason = [CChar](repeating: 0, count: 256)
  guard let session = peer_onnx_new(places.onnxruntime, model, &reason) else { throw onnxError(reason) }
  return session
}

func bindOnnx(
  _ session: OpaquePointer, isInput: Bool, _ name: String, _ data: UnsafeMutablePointer<Float>, _ shape: [Int64]
) throws {
  var reason = [CChar](repeating: 0, count: 256)
  guard peer_onnx_bind(session, isInput ? 1 : 0, name, data, shape, shape.count, &reason) == 0 else {
    throw onnxError(reason)
  }
}

private func onnxError(_ reason: [CChar]) -> BenchmarkError {
  BenchmarkError(
    "onnxruntime: \(String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))")
}
