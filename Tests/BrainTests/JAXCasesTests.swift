// The shipped model against JAX: same weights, same features, stored outputs of Training/train.py.

import Brain
import Foundation
import MallocCounter
import Market
import Testing

@Suite struct JAXCasesTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  static let modelPath = root.appendingPathComponent("../../Sources/Bot/Models/btcusdt-2s.safetensors").path
  private static let casesPath = root.appendingPathComponent("Cases/btcusdt-2s.safetensors").path

  private func vector(_ values: ArraySlice<Float>) -> FeatureVector {
    var vector = FeatureVector()
    withUnsafeMutableBytes(of: &vector) { bytes in
      for (i, value) in values.enumerated() { bytes.storeBytes(of: value, toByteOffset: i * 4, as: Float.self) }
    }
    return vector
  }

  @Test func forwardPassEqualsJAX() throws {
    let cases = try TensorFile([UInt8](Data(contentsOf: URL(fileURLWithPath: Self.casesPath))))
    let features = try #require(cases.tensors["features"])
    let logits = try #require(cases.tensors["logits"]).values
    let hidden = try #require(cases.tensors["hidden"]).values
    let cell = try #require(cases.tensors["cell"]).values
    var model = try BrainModel(path: Self.modelPath)
    let (sequences, steps) = (features.shape[0], features.shape[1])
    #expect(sequences * steps >= 100)
    var worst: Float = 0
    for row in 0..<sequences * steps {
      if row % steps == 0 { model.reset() }
      let x = vector(features.values[row * 48..<(row + 1) * 48])
      let found = model.stepLogits(x)
      for i in 0..<8 { worst = max(worst, abs(found[i] - logits[row * 8 + i])) }
      for i in 0..<32 {
        worst = max(worst, abs(model.state.hidden[i] - hidden[row * 32 + i]))
        worst = max(worst, abs(model.state.cell[i] - cell[row * 32 + i]))
      }
    }
    #expect(worst < 1e-5)
  }

  @Test func stepsDoNotAllocate() throws {
    var model = try BrainModel(path: Self.modelPath)
    let x = FeatureVector()
    let before = malloc_counter_value()
    var seen: Float = 0
    for _ in 0..<1000 { seen += model.step(x).up }
    #expect(malloc_counter_value() == before)
    #expect(seen > 0)
  }
}
