// The text form of a Hawkes market's parameters: JSON with its keys in one order, numbers that read back to the same bits.

extension HawkesParameters {
  /// One key a line.
  public var json: String {
    let kinds = FlowKind.allCases.map { JSONValue.quote($0.name) }.joined(separator: ",")
    var members: [(key: String, text: String)] = [
      ("model", JSONValue.quote("hawkes")), ("source", JSONValue.quote(source)), ("start_ticks", "\(startTicks)"),
      ("feed_latency_ns", "\(feedLatencyNs)"), ("kinds", "[\(kinds)]"),
      ("decays_per_second", Self.text(decaysPerSecond)), ("baseline_per_second", Self.text(baselinePerSecond)),
      ("same_side", Self.text(sameSide)), ("other_side", Self.text(otherSide)),
      ("refill_per_second", "\(refillPerSecond)"), ("refill_follows", "\(refillFollows)"),
      ("refill_closes", "\(refillCloses)"), ("market_lots", "\(marketLots.values)"),
      ("touch_lots", "\(touchLots.values)"), ("deep_lots", "\(deepLots.values)"), ("deep_ticks", "\(deepTicks.values)"),
      ("cancel_ranks", "\(cancelRanks.values)"), ("cancels_whole_touch", "\(cancelsWholeTouch)"),
      ("cancels_whole_deep", "\(cancelsWholeDeep)"),
    ]
    if let signal { members.append(("signal", signal.json)) }
    return "{\n  " + members.map { "\"\($0.key)\":\($0.text)" }.joined(separator: ",\n  ") + "\n}\n"
  }

  /// - Throws: the first key that is missing, of the wrong kind or makes no market.
  public init(parsing text: some Collection<UInt8>) throws(ParameterError) {
    guard let root = JSONValue(parsing: text) else { throw ParameterError(key: "parameters", reason: "is no JSON") }
    let read = ParameterReader(root: root)
    guard try read.text("model") == "hawkes" else { throw ParameterError(key: "model", reason: "must be hawkes") }
    self.init(
      source: try read.text("source"), decaysPerSecond: try read.numbers("decays_per_second"),
      baselinePerSecond: try read.numbers("baseline_per_second"), sameSide: try read.matrices("same_side"),
      otherSide: try read.matrices("other_side"), refillPerSecond: try read.number("refill_per_second"),
      refillFollows: try read.number("refill_follows"), refillCloses: try read.number("refill_closes"),
      marketLots: try read.table("market_lots"), touchLots: try read.table("touch_lots"),
      deepLots: try read.table("deep_lots"), deepTicks: try read.table("deep_ticks"),
      cancelRanks: try read.table("cancel_ranks"),
      cancelsWholeTouch: try read.number("cancels_whole_touch"),
      cancelsWholeDeep: try read.number("cancels_whole_deep"))
    startTicks = try read.integer("start_ticks")
    feedLatencyNs = try read.integer("feed_latency_ns")
    if let planted = root["signal"] {
      let read = ParameterReader(root: planted)
      signal = SignalParameters(
        movesPerSecond: try read.number("moves_per_second"), strength: try read.number("strength"),
        flipsPerSecond: try read.number("flips_per_second"))
    }
    try validate()
  }

  private static func text(_ numbers: [Double]) -> String { "[\(numbers.map(\.description).joined(separator: ","))]" }

  private static func text(_ matrices: [[[Double]]]) -> String {
    "[\(matrices.map { "[\($0.map(text).joined(separator: ","))]" }.joined(separator: ",\n    "))]"
  }
}

extension SignalParameters {
  var json: String {
    #"{"moves_per_second":\#(movesPerSecond),"strength":\#(strength),"flips_per_second":\#(flipsPerSecond)}"#
  }
}

/// The members of a parameter object, by key.
struct ParameterReader {
  let root: JSONValue

  func text(_ key: String) throws(ParameterError) -> String {
    guard case .string(let text)? = root[key] else { throw ParameterError(key: key, reason: "must be a text") }
    return text
  }

  func number(_ key: String) throws(ParameterError) -> Double {
    guard let value = root[key] else { throw ParameterError(key: key, reason: "is missing") }
    return try Self.number(value, key)
  }

  func integer(_ key: String) throws(ParameterError) -> Int64 {
    guard case .number(let text)? = root[key], let value = Int64(text) else {
      throw ParameterError(key: key, reason: "must be a whole number")
    }
    return value
  }

  func numbers(_ key: String) throws(ParameterError) -> [Double] { try Self.numbers(root[key], key) }

  func integers(_ key: String) throws(ParameterError) -> [Int64] {
    var integers: [Int64] = []
    for value in try Self.elements(root[key], key) {
      guard case .number(let text) = value, let integer = Int64(text) else {
        throw ParameterError(key: key, reason: "must be whole numbers")
      }
      integers.append(integer)
    }
    return integers
  }

  func table(_ key: String) throws(ParameterError) -> QuantileTable {
    guard let table = QuantileTable(values: try integers(key)) else {
      throw ParameterError(key: key, reason: "must be \(QuantileTable.shares.count) numbers from 1 that do not fall")
    }
    return table
  }

  func matrix(_ key: String) throws(ParameterError) -> [[Double]] {
    var rows: [[Double]] = []
    for row in try Self.elements(root[key], key) { rows.append(try Self.numbers(row, key)) }
    return rows
  }

  func matrices(_ key: String) throws(ParameterError) -> [[[Double]]] {
    var matrices: [[[Double]]] = []
    for matrix in try Self.elements(root[key], key) {
      var rows: [[Double]] = []
      for row in try Self.elements(matrix, key) { rows.append(try Self.numbers(row, key)) }
      matrices.append(rows)
    }
    return matrices
  }

  private static func elements(_ value: JSONValue?, _ key: String) throws(ParameterError) -> [JSONValue] {
    guard let elements = value?.elements else { throw ParameterError(key: key, reason: "must be a list") }
    return elements
  }

  private static func numbers(_ value: JSONValue?, _ key: String) throws(ParameterError) -> [Double] {
    var numbers: [Double] = []
    for element in try elements(value, key) { numbers.append(try number(element, key)) }
    return numbers
  }

  private static func number(_ value: JSONValue, _ key: String) throws(ParameterError) -> Double {
    guard case .number(let text) = value, let number = Double(text), number.isFinite else {
      throw ParameterError(key: key, reason: "must be a number")
    }
    return number
  }
}
