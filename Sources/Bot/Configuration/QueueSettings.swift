// The `backtest.queue` section: where in a queue those stood who left it, for each session of a backtest.

import Backtest
import Simulation

/// The queue rule of each session that a backtest plays.
public struct QueueSettings: Sendable, Equatable {
  public var pessimistic = QueueRule.leaveBehind
  public var optimistic = QueueRule.leaveAhead
  /// A third session, between the two; nil for none.
  public var expected: QueueRule?

  /// The sessions to run, from the pessimistic to the optimistic one; equal ends are one session.
  var sessions: [(outlook: QueueOutlook, rule: QueueRule)] {
    let between = expected.map { [(QueueOutlook.expected, $0)] } ?? []
    return [(.pessimistic, pessimistic)] + between + (pessimistic == optimistic ? [] : [(.optimistic, optimistic)])
  }
}

extension QueueSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    if reader.has("pessimistic") { pessimistic = try Self.rule("pessimistic", &reader) }
    if reader.has("optimistic") { optimistic = try Self.rule("optimistic", &reader) }
    if reader.has("expected") { expected = try Self.rule("expected", &reader) }
    try reader.finish()
    try check(reader)
  }

  /// Refuses what cannot go together.
  private func check(_ reader: YAMLReader) throws {
    let rules = [pessimistic, optimistic] + [expected].compactMap(\.self)
    guard rules.count(where: { $0 == .proRata }) % rules.count == 0 else {
      throw reader.fail("optimistic", "a venue matches by size (proRata) or by time (all others), not both")
    }
    guard pessimistic.optimism <= optimistic.optimism else {
      throw reader.fail("optimistic", "it is less optimistic than `pessimistic`")
    }
    guard let expected else { return }
    guard pessimistic != optimistic, expected != pessimistic, expected != optimistic,
      (pessimistic.optimism...optimistic.optimism).contains(expected.optimism)
    else { throw reader.fail("expected", "it does not lie between `pessimistic` and `optimistic`") }
  }

  /// A model's name, or a mapping of name and exponent.
  static func rule(_ name: String, _ reader: inout YAMLReader) throws -> QueueRule {
    var model: String
    var exponent: Double?
    if reader.isMapping(name) {
      var mapping = try reader.mapping(name)
      model = try mapping.string("model")
      exponent = mapping.has("exponent") ? try mapping.number("exponent", in: 0.01...100) : nil
      try mapping.finish()
    } else {
      model = try reader.string(name)
    }
    switch (model, exponent) {
    case ("leaveBehind", nil): return .leaveBehind
    case ("leaveAhead", nil): return .leaveAhead
    case ("power", let n?): return .power(n)
    case ("powerOfSum", let n?): return .powerOfSum(n)
    case ("inversePower", let n?): return .inversePower(n)
    case ("log", nil): return .log
    case ("logOfSum", nil): return .logOfSum
    case ("proRata", nil): return .proRata
    default: throw reader.fail(name, problem(model))
    }
  }

  /// Why a model cannot be had, or not in this form.
  private static func problem(_ model: String) -> String {
    switch model {
    case "leaveBehind", "leaveAhead", "log", "logOfSum", "proRata": "\(model) has no exponent"
    case "power", "powerOfSum", "inversePower": "an exponent is expected: {model: \(model), exponent: 3}"
    case "fifo": "an exact queue needs market-by-order data (L3), and a backtest plays price levels: docs/exchange.md"
    default:
      "leaveBehind, leaveAhead, power, powerOfSum, inversePower, log, logOfSum or proRata is expected"
    }
  }
}

extension QueueRule {
  /// Which rules fill sooner than others on any recording; estimates are not ordered among themselves.
  fileprivate var optimism: Int {
    switch self {
    case .leaveBehind: 0
    case .power, .powerOfSum, .inversePower, .log, .logOfSum, .proRata: 1
    case .leaveAhead: 2
    }
  }
}
