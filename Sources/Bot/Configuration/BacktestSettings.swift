// The `backtest` section of the configuration: what is played, against which venues, and what is assumed of their queues.

import Execution
import Market
import Simulation

/// What only a backtest is configured with; the bot itself is configured as for every other mode.
public struct BacktestSettings: Sendable {
  /// Only this part of the input is traded on: nanoseconds from its beginning.
  public var fromNs: Int64
  public var toNs: Int64
  var queue = QueueSettings()
  /// By the index of the venue; one at least.
  var venues: [SimulatedVenueSettings]
}

extension BacktestSettings {
  /// The name of a venue that the configuration does not name.
  private static let onlyVenue = "binance"
  /// As many gateways as an execution stage polls beside the strategy.
  private static let maximumVenues = ExecutionPorts.maximumRings - 1

  /// The fields of a venue stand in the section itself, or in `venues` by the venue's name; indices are by name.
  init(_ reader: YAMLReader) throws {
    var reader = reader
    (fromNs, toNs) = reader.has("window") ? try Self.window(reader.mapping("window")) : (0, .max)
    if reader.has("queue") { queue = try QueueSettings(reader.mapping("queue")) }
    if reader.has("venues") {
      venues = try Self.venues(reader.mapping("venues"))
      let synthetic = venues.count { if case .synthetic = $0.input { true } else { false } }
      guard synthetic == 0 || synthetic == venues.count else {
        throw reader.fail(
          "venues", "synthetic and recorded markets have different times: all of them are one or the other")
      }
    } else {
      venues = [try SimulatedVenueSettings(name: Self.onlyVenue, section: "backtest", &reader)]
    }
    try reader.finish()
  }

  private static func venues(_ reader: YAMLReader) throws -> [SimulatedVenueSettings] {
    var reader = reader
    guard (1...maximumVenues).contains(reader.names.count) else {
      throw ConfigurationError(
        file: reader.file, line: reader.line, path: reader.path,
        reason: "1 to \(maximumVenues) venues are expected: an execution stage polls no more gateways")
    }
    let venues = try reader.names.map { name in
      var venue = try reader.mapping(name)
      guard name.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }) else {
        throw reader.fail(name, "the name of a venue is lower case letters, digits and -")
      }
      let settings = try SimulatedVenueSettings(name: name, section: venue.path, &venue)
      try venue.finish()
      return settings
    }
    try reader.finish()
    return venues
  }

  private static func window(_ reader: YAMLReader) throws -> (Int64, Int64) {
    var reader = reader
    // A hundred years is more than any recording has.
    let from = try reader.number("fromSeconds", in: 0...3e9, default: 0)
    let to = try reader.number("toSeconds", in: 0...3e9, default: 3e9)
    guard from < to else { throw reader.fail("toSeconds", "the window ends before it begins") }
    try reader.finish()
    return (Int64(from * 1e9), Int64(to * 1e9))
  }
}
