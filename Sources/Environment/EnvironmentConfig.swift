// What an environment for learning is made of, read from JSON. docs/environments.md documents every key.

import Simulation

/// What the learner is to do.
enum LearningTask: String, CaseIterable {
  /// Hold a position of -1, 0 or +1 units, by market orders.
  case trade
  /// Buy or sell a given quantity in a given number of steps.
  case execute
  /// Quote both sides under an inventory limit.
  case quote

  /// Actions are whole numbers below this.
  var actions: Int {
    switch self {
    case .trade, .execute: 3
    case .quote: 9
    }
  }
}

/// Why an environment cannot be made.
struct ConfigError: Error, CustomStringConvertible {
  let key: String
  let reason: String
  var description: String { "\(key): \(reason)" }
}

/// All keys but `task` have a default; an unknown key is an error.
struct EnvironmentConfig {
  var task = LearningTask.trade
  /// Environments side by side.
  var count: Int64 = 1
  /// Environment i begins with market `seed` + i.
  var seed: Int64 = 1
  /// Messages of the market from one decision to the next: the decision interval.
  var eventsPerStep: Int64 = 1
  var episodeSteps: Int64 = 1_000
  /// One unit: a position in `trade`, a slice in `execute`, a quote in `quote`.
  var lots: Int64 = 10
  /// Units in all: the inventory limit of `quote`, the whole order of `execute`.
  var units: Int64 = 10
  var takerFeeBps = 0.0
  var makerFeeBps = 0.0
  /// Per second, for a full inventory, in hundredths of a percent of a unit; less goes with its square.
  var inventoryPenaltyBps = 0.0
  var market = HawkesParameters.plain

  init(parsing text: some Collection<UInt8>) throws {
    guard let json = JSONValue(parsing: text), case .object(let members) = json else {
      throw ConfigError(key: "config", reason: "is no JSON object")
    }
    guard json["task"] != nil else { throw ConfigError(key: "task", reason: "is missing") }
    var signal: SignalParameters?
    for member in members { try take(member.key, member.value, &signal) }
    if let signal { market = market.planting(signal) }
    try market.validate()
  }

  private mutating func take(_ key: String, _ value: JSONValue, _ signal: inout SignalParameters?) throws {
    switch key {
    case "task":
      guard case .string(let name) = value, let named = LearningTask(rawValue: name) else {
        throw ConfigError(key: key, reason: "must be trade, execute or quote")
      }
      task = named
    case "count": count = try Self.whole(key, value, 1...65_536)
    case "seed": seed = try Self.whole(key, value, 0...(1 << 53))
    case "events_per_step": eventsPerStep = try Self.whole(key, value, 1...1_000_000)
    case "episode_steps": episodeSteps = try Self.whole(key, value, 1...1_000_000_000)
    case "lots": lots = try Self.whole(key, value, 1...1_000_000)
    case "units": units = try Self.whole(key, value, 1...1_000)
    case "taker_fee_bps": takerFeeBps = try Self.number(key, value, -100...100)
    case "maker_fee_bps": makerFeeBps = try Self.number(key, value, -100...100)
    case "inventory_penalty_bps": inventoryPenaltyBps = try Self.number(key, value, 0...1e6)
    case "market": market = try Self.market(value)
    case "signal":
      signal = SignalParameters(
        movesPerSecond: try Self.number(key, value["moves_per_second"], 0...1e6),
        strength: try Self.number(key, value["strength"], 0...1),
        flipsPerSecond: try Self.number(key, value["flips_per_second"], 0...1e6))
    default: throw ConfigError(key: key, reason: "is no key of an environment")
    }
  }

  /// "plain", or the parameters themselves.
  private static func market(_ value: JSONValue) throws -> HawkesParameters {
    if case .string("plain") = value { return .plain }
    guard case .object = value else { throw ConfigError(key: "market", reason: "must be plain or parameters") }
    return try HawkesParameters(parsing: value.text.utf8)
  }

  private static func whole(_ key: String, _ value: JSONValue, _ range: ClosedRange<Int64>) throws -> Int64 {
    guard case .number(let text) = value, let number = Int64(text), range.contains(number) else {
      throw ConfigError(
        key: key, reason: "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func number(_ key: String, _ value: JSONValue?, _ range: ClosedRange<Double>) throws -> Double {
    guard case .number(let text)? = value, let number = Double(text), range.contains(number) else {
      throw ConfigError(key: key, reason: "must be numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
