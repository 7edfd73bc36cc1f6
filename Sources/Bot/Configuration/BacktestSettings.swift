// The `backtest` section of the configuration: which market is played, how far away the venue is, and what it charges.

import Market
import Simulation

/// What only a backtest is configured with; the bot itself is configured as for every other mode.
public struct BacktestSettings: Sendable {
  /// Where the market comes from.
  public enum Input: Sendable, Equatable {
    /// Recorded sessions, merged in the order of time.
    case captures([String])
    /// Tapes that `apus import` wrote, merged likewise.
    case tapes([String])
    /// The seeded, made-up market, for so many seconds.
    case synthetic(seed: UInt64, seconds: Int)
  }

  public var input: Input
  /// What the user says of instruments in the place of what is inferred, by symbol.
  var instruments: [String: InstrumentTerms]
  /// Only this part of the input is traded on: nanoseconds from its beginning.
  public var fromNs: Int64
  public var toNs: Int64
  /// What the account begins with, by asset, in decimal text.
  public var balances: [(asset: String, amount: String)]
  var latency: LatencySettings
  var fees: FeeTerms
  var queue = QueueSettings()
  var venue = ConductSettings()
  var impact: [ImpactSettings] = []
  var halts: [HaltSettings] = []
  var contracts: [ContractSettings] = []
}

extension BacktestSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    input = try Self.input(&reader)
    instruments = reader.has("instruments") ? try InstrumentTerms.all(reader.mapping("instruments")) : [:]
    (fromNs, toNs) = reader.has("window") ? try Self.window(reader.mapping("window")) : (0, .max)
    balances = try Self.balances(reader.mapping("balances"))
    latency = try LatencySettings(reader.mapping("latency"))
    fees = try FeeTerms(reader.mapping("fees"))
    if reader.has("queue") { queue = try QueueSettings(reader.mapping("queue")) }
    if reader.has("impact") { impact = try reader.mapping("impact").bySymbol(ImpactSettings.init) }
    if reader.has("halts") { halts = try reader.mappings("halts").map(HaltSettings.init) }
    if reader.has("contracts") { contracts = try reader.mapping("contracts").bySymbol(ContractSettings.init) }
    if reader.has("venue") { venue = try ConductSettings(reader.mapping("venue")) }
    try reader.finish()
  }

  private static func input(_ reader: inout YAMLReader) throws -> Input {
    let given = ["captures", "tapes", "synthetic"].filter { reader.has($0) }
    guard given.count == 1 else {
      throw reader.fail("captures", "a market is expected: `captures`, `tapes` or `synthetic`, one of them")
    }
    if given[0] != "synthetic" {
      let files = try reader.strings(given[0])
      guard !files.isEmpty, Set(files).count == files.count else {
        throw reader.fail(given[0], "at least one file, each once")
      }
      return given[0] == "tapes" ? .tapes(files) : .captures(files)
    }
    var synthetic = try reader.mapping("synthetic")
    let seed = UInt64(try synthetic.integer("seed", in: 0...Int64.max))
    let seconds = Int(try synthetic.integer("seconds", in: 1...86_400))
    try synthetic.finish()
    return .synthetic(seed: seed, seconds: seconds)
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

  static func balances(_ reader: YAMLReader) throws -> [(asset: String, amount: String)] {
    var reader = reader
    var balances: [(asset: String, amount: String)] = []
    for asset in reader.names {
      let amount = try reader.decimal(asset)
      guard ShortName(asset) != nil, DecimalText.parse(amount, step: DecimalStep.amount) != nil else {
        throw reader.fail(asset, "an amount of at most 8 decimals is expected")
      }
      balances.append((asset, amount))
    }
    try reader.finish()
    return balances
  }
}
