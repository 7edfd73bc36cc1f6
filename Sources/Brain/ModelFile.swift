// The model file: a tensor file with a manifest and a checksum over every byte of it. Cold path.

import CShims
import FoundationEssentials

/// A model file that was read and verified: its checksum holds, its manifest is complete, its tensors are those named
/// here with these shapes, and every number in them is finite.
///
/// The checksum is the SHA-256 of the whole file with the checksum's own 64 digits replaced by zeros, so that no byte
/// of weights, shapes or manifest can change unseen.
public struct ModelFile: Sendable {
  public let manifest: ModelManifest
  public let checksum: String
  private let tensors: [String: TensorFile.Tensor]

  /// - Parameter path: of a `.safetensors` file.
  public init(path: String, inputs: Int, units: Int) throws(ModelError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw .unreadable(path: path, reason: "cannot be read")
    }
    try self.init([UInt8](data), inputs: inputs, units: units)
  }

  public init(_ bytes: [UInt8], inputs: Int, units: Int) throws(ModelError) {
    checksum = try Self.verifiedChecksum(bytes)
    let file = try TensorFile(bytes)
    manifest = try ModelManifest(metadata: file.metadata)
    tensors = file.tensors
    let shapes = Self.shapes(inputs: inputs, units: units)
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      guard let tensor = file.tensors[name] else { throw .tensor(name: name, problem: "missing") }
      guard tensor.shape == shape else {
        throw .tensor(name: name, problem: "shape \(tensor.shape), expected \(shape)")
      }
      guard tensor.values.allSatisfy(\.isFinite) else {
        throw .tensor(name: name, problem: "holds something that is not a finite number")
      }
    }
    if let unknown = file.tensors.keys.filter({ shapes[$0] == nil }).min() {
      throw .tensor(name: unknown, problem: "not a tensor of this format")
    }
    guard manifest.features.count == inputs else {
      throw .manifest(key: "features", problem: "\(manifest.features.count) names, expected \(inputs)")
    }
  }

  /// Every tensor of the format. Gates stand in the order i, f, g, o.
  static func shapes(inputs: Int, units: Int) -> [String: [Int]] {
    [
      "input.mean": [inputs], "input.scale": [inputs], "lstm.input_kernel": [inputs, 4 * units],
      "lstm.recurrent_kernel": [units, 4 * units], "lstm.bias": [4 * units], "head.kernel": [units, 8],
      "head.bias": [8],
    ]
  }

  /// The values of a tensor of the format, in row-major order.
  func values(_ name: String) -> [Float] {
    guard let tensor = tensors[name] else { preconditionFailure("not a tensor of the format: \(name)") }
    return tensor.values
  }

  /// Gives the bytes of a file with its checksum filled in: `metadata` becomes the manifest's with `sha256`.
  public static func sealed(_ manifest: ModelManifest, tensors: [String: TensorFile.Tensor]) -> [UInt8] {
    var metadata = manifest.metadata
    metadata["sha256"] = String(repeating: "0", count: digits)
    return sealed(TensorFile(metadata: metadata, tensors: tensors).serialized())
  }

  /// Fills in the checksum of a file whose metadata has zeros in its place.
  public static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    guard let place = checksumPlace(bytes) else { preconditionFailure("no place for a checksum") }
    var bytes = bytes
    bytes.replaceSubrange(place, with: Array(sha256(bytes).utf8))
    return bytes
  }

  private static let digits = 64

  /// Where the checksum's digits stand: after the one place in the header that reads `"sha256":"`.
  private static func checksumPlace(_ bytes: [UInt8]) -> Range<Int>? {
    guard let headerEnd = try? TensorFile.headerEnd(bytes) else { return nil }
    let key = Array("\"sha256\":\"".utf8)
    guard let found = bytes[8..<headerEnd].firstRange(of: key), found.upperBound + digits <= headerEnd else {
      return nil
    }
    return found.upperBound..<found.upperBound + digits
  }

  private static func verifiedChecksum(_ bytes: [UInt8]) throws(ModelError) -> String {
    _ = try TensorFile.headerEnd(bytes)
    guard let place = checksumPlace(bytes) else { throw .manifest(key: "sha256", problem: "missing") }
    let stated = String(decoding: bytes[place], as: UTF8.self)
    var blank = bytes
    for i in place { blank[i] = UInt8(ascii: "0") }
    let computed = sha256(blank)
    guard stated == computed else { throw .checksumMismatch(stated: stated, computed: computed) }
    return computed
  }

  private static func sha256(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    let result = bytes.withUnsafeBytes { apus_sha256($0.baseAddress, $0.count, &digest) }
    precondition(result == 0, "OpenSSL has no SHA-256")
    return digest.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
