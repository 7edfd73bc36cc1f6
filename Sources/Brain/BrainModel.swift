// The brain in the shape that is shipped: normalisation, a layer of 32 LSTM units, forecast and policy. One thread.

import Market

/// A trained model with the state of one instrument's sequence. Never allocates after `init`.
///
/// Each instrument has its own copy, weights included (about 40 KB): a shard's instruments share nothing.
public struct BrainModel: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  /// The shape is fixed at compile time, so that every loop of a step has a known length.
  public static var inputs: Int { 48 }
  public static var units: Int { 32 }

  /// Normalised inputs are held within plus and minus this: one broken print must not saturate the memory.
  public static var inputBound: Float { 5 }

  public let manifest: ModelManifest
  public let checksum: String
  private var layer: LSTM<48, 32, Float32Weights>
  private let head: OutputHead<32>
  private let normalisation: UnsafeMutablePointer<SIMD8<Float>>

  /// Reads and verifies a model file.
  ///
  /// - Throws: `ModelError`, also when the model was trained on other features than this build computes.
  public init(path: String) throws(ModelError) {
    try self.init(try ModelFile(path: path, inputs: Self.inputs, units: Self.units))
  }

  public init(_ file: ModelFile, features: [String] = FeatureVector.names) throws(ModelError) {
    for position in 0..<max(features.count, file.manifest.features.count) {
      let wanted = position < file.manifest.features.count ? file.manifest.features[position] : "nothing"
      let built = position < features.count ? features[position] : "nothing"
      guard wanted == built else { throw .featuresDiffer(position: position, model: wanted, build: built) }
    }
    manifest = file.manifest
    checksum = file.checksum
    layer = LSTM(
      inputKernel: file.values("lstm.input_kernel"), recurrentKernel: file.values("lstm.recurrent_kernel"),
      bias: file.values("lstm.bias"))
    head = OutputHead(kernel: file.values("head.kernel"), bias: file.values("head.bias"))
    let vectors = Self.inputs / 8
    normalisation = UnsafeMutableRawPointer.allocate(byteCount: 2 * vectors * 32, alignment: 64)
      .initializeMemory(as: SIMD8<Float>.self, repeating: .zero, count: 2 * vectors)
    let (mean, scale) = (file.values("input.mean"), file.values("input.scale"))
    for i in 0..<Self.inputs {
      normalisation[i / 8][i % 8] = mean[i]
      normalisation[vectors + i / 8][i % 8] = scale[i]
    }
  }

  deinit { normalisation.deallocate() }

  /// Forgets the sequence.
  @_noLocks
  public mutating func reset() { layer.reset() }

  /// One step of the sequence.
  @_noLocks @inline(never)
  public mutating func step(_ features: borrowing FeatureVector) -> Forecast {
    Forecast(logits: stepLogits(features))
  }

  /// As `step`, and returns the head's raw logits (see `Forecast.init(logits:)`).
  @_noLocks @inline(never)
  public mutating func stepLogits(_ features: borrowing FeatureVector) -> SIMD8<Float> {
    enter(features.touch, 0)
    enter(features.shape, 1)
    enter(features.orderFlow, 2)
    enter(features.trades, 3)
    enter(features.returns, 4)
    enter(features.recent, 5)
    layer.step()
    return head.logits(layer.hidden)
  }

  /// Computes ahead what the next step does not need its features for. Changes no result.
  @_noLocks @inline(never)
  public mutating func prepare() { layer.prepare() }

  /// Normalises eight features and hands them to the layer as its inputs from `8 * position`.
  private func enter(_ features: SIMD8<Float>, _ position: Int) {
    let bound = SIMD8<Float>(repeating: Self.inputBound)
    let scale = normalisation[Self.inputs / 8 &+ position]
    var x = (features - normalisation[position]) * scale
    x.replace(with: bound, where: x .> bound)
    x.replace(with: -bound, where: x .< -bound)
    // Safe: the layer has `inputs` floats there, and stores need no alignment beyond a float's.
    UnsafeMutableRawPointer(layer.input).storeBytes(of: x, toByteOffset: position &* 32, as: SIMD8<Float>.self)
  }

  /// The state of the sequence, for comparison with another implementation: output and cell, `units` floats each.
  public var state: (hidden: [Float], cell: [Float]) {
    (
      Array(UnsafeBufferPointer(start: layer.hidden, count: Self.units)),
      Array(UnsafeBufferPointer(start: layer.cell, count: Self.units))
    )
  }
}
