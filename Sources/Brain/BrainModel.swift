// The brain in the shape that is shipped: normalisation, a layer of 32 LSTM units, forecast and policy. One thread.

/// A trained model with the state of one instrument's sequence. Never allocates after `init`.
///
/// Each instrument has its own copy, weights included (about 40 KB): a shard's instruments share nothing.
public struct BrainModel: ~Copyable, @unchecked Sendable {  // Safe: moved, never shared.
  /// The shape is fixed at compile time, so that every loop of a step has a known length.
  public static var inputs: Int { 40 }
  public static var units: Int { 32 }

  /// Normalised inputs are held within plus and minus this: one broken print must not saturate the memory.
  public static var inputBound: Float { 5 }

  public let manifest: ModelManifest
  public let checksum: String
  private var layer: LSTM<40, 32>
  private let head: OutputHead<32>
  private let normalisation: UnsafeMutablePointer<SIMD8<Float>>

  /// Reads and verifies a model file.
  ///
  /// - Parameter features: the names of what this build computes, in order; the model's must be the same.
  public init(path: String, features: [String]) throws(ModelError) {
    try self.init(try ModelFile(path: path, inputs: Self.inputs, units: Self.units), features: features)
  }

  public init(_ file: ModelFile, features: [String]) throws(ModelError) {
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

  /// One step over `features` (`inputs` floats), in the order of the manifest.
  @_noLocks @inline(never)
  public mutating func step(_ features: UnsafePointer<Float>) -> Forecast {
    Forecast(logits: stepLogits(features))
  }

  /// As `step`, and returns the head's raw logits (see `Forecast.init(logits:)`).
  @_noLocks @inline(never)
  public mutating func stepLogits(_ features: UnsafePointer<Float>) -> SIMD8<Float> {
    let raw = UnsafeRawPointer(features)
    let input = UnsafeMutableRawPointer(layer.input)
    let bound = SIMD8<Float>(repeating: Self.inputBound)
    var i = 0
    while i < Self.inputs / 8 {
      let x = raw.loadUnaligned(fromByteOffset: i &* 32, as: SIMD8<Float>.self)
      let normal = (x - normalisation[i]) * normalisation[Self.inputs / 8 &+ i]
      let bounded = normal.replacing(with: bound, where: normal .> bound)
      input.storeBytes(
        of: bounded.replacing(with: -bound, where: bounded .< -bound), toByteOffset: i &* 32, as: SIMD8<Float>.self)
      i &+= 1
    }
    layer.step()
    return head.logits(layer.hidden)
  }

  /// The state of the sequence, for comparison with another implementation: output and cell, `units` floats each.
  public var state: (hidden: [Float], cell: [Float]) {
    (
      Array(UnsafeBufferPointer(start: layer.hidden, count: Self.units)),
      Array(UnsafeBufferPointer(start: layer.cell, count: Self.units))
    )
  }
}
