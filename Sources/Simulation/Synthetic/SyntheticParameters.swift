// The parameters of a synthetic market, whichever model it is of.

/// What a seeded market is made of; the text form names its model.
public enum SyntheticParameters: Equatable, Sendable {
  case hawkes(HawkesParameters)
  case queueReactive(QueueReactiveParameters)

  /// Made-up markets by name, one of each model.
  public static let presets: [(name: String, parameters: SyntheticParameters)] = [
    ("plain", .hawkes(.plain)), ("queue-reactive", .queueReactive(.plain)),
  ]

  /// - Throws: the first key that is missing, of the wrong kind or makes no market.
  public init(parsing text: some Collection<UInt8>) throws(ParameterError) {
    guard let root = JSONValue(parsing: text) else { throw ParameterError(key: "parameters", reason: "is no JSON") }
    switch try ParameterReader(root: root).text("model") {
    case "hawkes": self = .hawkes(try HawkesParameters(parsing: text))
    case "queue-reactive": self = .queueReactive(try QueueReactiveParameters(parsing: text))
    default: throw ParameterError(key: "model", reason: "must be hawkes or queue-reactive")
    }
  }

  public var json: String {
    switch self {
    case .hawkes(let parameters): parameters.json
    case .queueReactive(let parameters): parameters.json
    }
  }
}
