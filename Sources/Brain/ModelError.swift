// Why a model or tensor file was not accepted. Cold path.

/// An error of a tensor or model file; `description` says what was found and what was expected.
public enum ModelError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read at all.
  case unreadable(path: String, reason: String)
  /// The bytes are not a safetensors file.
  case malformed(String)
  /// The checksum that the file states is not that of its bytes.
  case checksumMismatch(stated: String, computed: String)
  /// A tensor is missing, unknown, of another type or shape, or holds something that is not a number.
  case tensor(name: String, problem: String)
  /// An entry of the manifest is missing or has a value that this version cannot run.
  case manifest(key: String, problem: String)
  /// The model was trained on other features than this build computes.
  case featuresDiffer(position: Int, model: String, build: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .malformed(let what): "not a safetensors file: \(what)"
    case .checksumMismatch(let stated, let computed): "checksum \(computed), but the file states \(stated)"
    case .tensor(let name, let problem): "tensor \(name): \(problem)"
    case .manifest(let key, let problem): "manifest entry \(key): \(problem)"
    case .featuresDiffer(let position, let model, let build):
      "feature \(position) of the model is \(model), of this build \(build): export the features and train again"
    }
  }
}
