// Tensor and model files: what is accepted, every named refusal, and seeded damage.

import Brain
import Market
import Support
import Testing

@Suite struct ModelFileTests {
  static let manifest = ModelManifest(
    name: "test", features: FeatureVector.names, clockIntervalNs: 100_000_000, horizonNs: 2_000_000_000,
    thresholdBasisPoints: 0.5, training: "nothing, \"random\" weights\n")

  static func tensors() -> [String: TensorFile.Tensor] {
    var random = SeededRandom(11)
    let shapes: [(String, [Int])] = [
      ("input.mean", [48]), ("input.scale", [48]), ("lstm.input_kernel", [48, 128]),
      ("lstm.recurrent_kernel", [32, 128]), ("lstm.bias", [128]), ("head.kernel", [32, 8]), ("head.bias", [8]),
    ]
    return Dictionary(
      uniqueKeysWithValues: shapes.map { name, shape in
        (name, TensorFile.Tensor(shape: shape, values: random.floats(shape.reduce(1, *), within: 0.5)))
      })
  }

  static let bytes = ModelFile.sealed(manifest, tensors: tensors())

  private func load(_ bytes: [UInt8]) throws(ModelError) -> ModelFile {
    try ModelFile(bytes, inputs: BrainModel.inputs, units: BrainModel.units)
  }

  private func error(_ body: () throws(ModelError) -> Void) -> ModelError? {
    do { try body() } catch { return error }
    return nil
  }

  @Test func roundTrip() throws {
    let file = try TensorFile(Self.bytes)
    #expect(file.tensors == Self.tensors())
    #expect(TensorFile(metadata: file.metadata, tensors: file.tensors).serialized() == Self.bytes)
    let model = try load(Self.bytes)
    #expect(model.manifest == Self.manifest)
    #expect(model.checksum.count == 64)
  }

  @Test func manifestErrorsNameTheEntry() {
    for (key, value) in [("format", "apus.brain.0"), ("clock", "trades"), ("horizon_ns", "-1"), ("name", "")] {
      var file = TensorFile(metadata: Self.manifest.metadata, tensors: Self.tensors())
      file.metadata[key] = value
      guard case .manifest(let named, _) = error({ () throws(ModelError) in _ = try load(resealed(file)) }) else {
        Issue.record("\(key)=\(value) was accepted")
        continue
      }
      #expect(named == key)
    }
  }

  @Test func tensorErrorsNameTheTensor() {
    var cases: [(String, (inout TensorFile) -> Void)] = []
    cases.append(("lstm.bias", { $0.tensors["lstm.bias"] = nil }))
    cases.append(("head.bias", { $0.tensors["head.bias"]!.shape = [2, 4] }))
    cases.append(("input.mean", { $0.tensors["input.mean"]!.values[3] = .nan }))
    cases.append(("extra", { $0.tensors["extra"] = TensorFile.Tensor(shape: [1], values: [0]) }))
    for (name, change) in cases {
      var file = TensorFile(metadata: Self.manifest.metadata, tensors: Self.tensors())
      change(&file)
      guard case .tensor(let named, _) = error({ () throws(ModelError) in _ = try load(resealed(file)) }) else {
        Issue.record("\(name) was accepted")
        continue
      }
      #expect(named == name)
    }
  }

  @Test func otherFeaturesAreRefused() throws {
    var names = FeatureVector.names
    names[5] = "phase_of_the_moon"
    let file = try load(Self.bytes)
    let refusal = error { () throws(ModelError) in _ = try BrainModel(file, features: names) }
    #expect(refusal == .featuresDiffer(position: 5, model: FeatureVector.names[5], build: "phase_of_the_moon"))
  }

  @Test func missingFileIsUnreadable() {
    let path = "/nonexistent/model.safetensors"
    guard case .unreadable(path, _) = error({ () throws(ModelError) in _ = try BrainModel(path: path) }) else {
      Issue.record("a file that is not there was read")
      return
    }
  }

  @Test func everyDamagedByteIsFound() {
    var random = SeededRandom(2024)
    for _ in 0..<300 {
      var damaged = Self.bytes
      damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      #expect(error { () throws(ModelError) in _ = try load(damaged) } != nil)
    }
    for _ in 0..<300 {
      let end = Int.random(in: 0..<Self.bytes.count, using: &random)
      #expect(error { () throws(ModelError) in _ = try load(Array(Self.bytes[..<end])) } != nil)
    }
  }

  /// Below the checksum: a parser fed damaged headers gives an error or a file whose tensors fit their shapes.
  @Test func damagedHeadersNeverTrap() {
    var random = SeededRandom(4711)
    let small = TensorFile(
      metadata: ["a": "b"],
      tensors: [
        "x": TensorFile.Tensor(shape: [2, 3], values: [1, 2, 3, 4, 5, 6]),
        "y": TensorFile.Tensor(shape: [], values: [7]),
      ]
    ).serialized()
    var accepted = 0
    for _ in 0..<20_000 {
      var damaged = small
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let file = try? TensorFile(damaged) else { continue }
      accepted += 1
      #expect(file.tensors.values.allSatisfy { $0.shape.reduce(1, *) == $0.values.count })
    }
    #expect(accepted > 0)  // damage to the data alone is a valid file: the loop reaches the end of the parser
  }

  /// A tensor file with a right checksum over whatever stands in it.
  private func resealed(_ file: TensorFile) -> [UInt8] {
    var file = file
    file.metadata["sha256"] = String(repeating: "0", count: 64)
    return ModelFile.sealed(file.serialized())
  }
}
