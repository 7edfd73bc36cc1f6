// Reads one YAML mapping field by field: every field is claimed once, what is wrong is named with its line and its path.

import Yams

/// What is wrong with a configuration: where, what, and what to do.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  public var file: String
  public var line: Int
  public var path: String
  public var reason: String

  public var description: String { "\(file):\(line): \(path.isEmpty ? "" : "\(path): ")\(reason)" }
}

/// A mapping of a configuration file, read by claiming its fields; `finish` refuses what nobody claimed.
struct YAMLReader {
  let file: String
  let path: String
  let node: Node
  private let fields: [String: Node]
  private var claimed: Set<String> = []

  /// - Throws: `ConfigurationError` when `node` is not a mapping or names a field twice.
  init(file: String, path: String, node: Node) throws {
    self.file = file
    self.path = path
    self.node = node
    guard case .mapping(let mapping) = node else {
      throw ConfigurationError(
        file: file, line: node.mark?.line ?? 0, path: path, reason: "a mapping of fields is expected here")
    }
    var fields: [String: Node] = [:]
    for (key, value) in mapping {
      let name = key.string ?? ""
      guard fields.updateValue(value, forKey: name) == nil else {
        throw ConfigurationError(file: file, line: key.mark?.line ?? 0, path: path, reason: "\"\(name)\" stands twice")
      }
    }
    self.fields = fields
  }

  /// The root mapping of `text`.
  static func root(file: String, text: String) throws -> YAMLReader {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError(file: file, line: 0, path: "", reason: "not YAML: \(error)")
    }
    guard let node else { throw ConfigurationError(file: file, line: 1, path: "", reason: "the file is empty") }
    return try YAMLReader(file: file, path: "", node: node)
  }

  func fail(_ name: String, _ reason: String) -> ConfigurationError {
    let mark = fields[name]?.mark ?? node.mark
    return ConfigurationError(
      file: file, line: mark?.line ?? 0, path: path.isEmpty ? name : "\(path).\(name)", reason: reason)
  }

  func has(_ name: String) -> Bool { fields[name] != nil }

  /// Whether the field holds fields of its own.
  func isMapping(_ name: String) -> Bool { if case .mapping? = fields[name] { true } else { false } }

  /// Where the mapping begins.
  var line: Int { node.mark?.line ?? 0 }

  var names: [String] { fields.keys.sorted() }

  /// What each field of this section, whose names are symbols, says of its symbol.
  func bySymbol<Terms>(_ read: (String, YAMLReader) throws -> Terms) throws -> [Terms] {
    var reader = self
    let terms = try names.map { try read($0, reader.mapping($0)) }
    try reader.finish()
    return terms
  }

  private mutating func claim(_ name: String) -> Node? {
    claimed.insert(name)
    return fields[name]
  }

  private mutating func require(_ name: String) throws -> Node {
    guard let node = claim(name) else { throw fail(name, "is missing") }
    return node
  }

  mutating func string(_ name: String, default fallback: String? = nil) throws -> String {
    guard let node = claim(name) else {
      guard let fallback else { throw fail(name, "is missing") }
      return fallback
    }
    guard let text = node.string else { throw fail(name, "a text is expected") }
    return text
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int64>, default fallback: Int64? = nil) throws -> Int64 {
    guard let node = claim(name) else {
      guard let fallback else { throw fail(name, "is missing") }
      return fallback
    }
    guard let value = node.int.map(Int64.init) else { throw fail(name, "a whole number is expected") }
    guard range.contains(value) else {
      throw fail(name, "\(value) is outside \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  mutating func number(_ name: String, in range: ClosedRange<Double>, default fallback: Double? = nil) throws -> Double
  {
    guard let node = claim(name) else {
      guard let fallback else { throw fail(name, "is missing") }
      return fallback
    }
    guard let value = node.float else { throw fail(name, "a number is expected") }
    guard range.contains(value) else {
      throw fail(name, "\(value) is outside \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  mutating func flag(_ name: String, default fallback: Bool) throws -> Bool {
    guard let node = claim(name) else { return fallback }
    guard let value = node.bool else { throw fail(name, "true or false is expected") }
    return value
  }

  /// One of the names in `choices`.
  mutating func choice<Value>(_ name: String, _ choices: KeyValuePairs<String, Value>, default fallback: Value? = nil)
    throws -> Value
  {
    guard let node = claim(name) else {
      guard let fallback else { throw fail(name, "is missing") }
      return fallback
    }
    let names = choices.map(\.key).joined(separator: ", ")
    guard let text = node.string, let match = choices.first(where: { $0.key == text }) else {
      throw fail(name, "one of \(names) is expected")
    }
    return match.value
  }

  mutating func strings(_ name: String) throws -> [String] {
    guard case .sequence(let sequence) = try require(name) else { throw fail(name, "a list is expected") }
    return try sequence.map {
      guard let text = $0.string else { throw fail(name, "a list of names is expected") }
      return text
    }
  }

  mutating func mapping(_ name: String) throws -> YAMLReader {
    try YAMLReader(file: file, path: path.isEmpty ? name : "\(path).\(name)", node: try require(name))
  }

  mutating func mappings(_ name: String) throws -> [YAMLReader] {
    guard case .sequence(let sequence) = try require(name) else { throw fail(name, "a list is expected") }
    let prefix = path.isEmpty ? name : "\(path).\(name)"
    return try sequence.enumerated().map {
      try YAMLReader(file: file, path: "\(prefix)[\($0.offset)]", node: $0.element)
    }
  }

  /// Refuses fields that nobody claimed: a misspelt limit must not be silently absent.
  func finish() throws {
    for name in fields.keys.sorted() where !claimed.contains(name) {
      throw fail(name, "is not a field here; the fields are \(claimed.sorted().joined(separator: ", "))")
    }
  }
}
