// What a backtest's configuration says of one venue: which market is played there, how far away it is, what it charges.

import Market
import Simulation

/// One venue of a backtest: the fields of the `backtest` section itself, or of one venue in `backtest.venues`.
public struct SimulatedVenueSettings: Sendable {
  /// Where the market comes from.
  public enum Input: Sendable, Equatable {
    /// Recorded sessions, merged in the order of time.
    case captures([String])
    /// Tapes that `apus import` wrote, merged likewise.
    case tapes([String])
    /// The seeded, made-up market, for so many seconds.
    case synthetic(seed: UInt64, seconds: Int)
  }

  var name: String
  /// Where these fields stand in the configuration.
  var section: String
  public var input: Input
  /// What the user says of instruments in the place of what is inferred, by symbol.
  var instruments: [String: InstrumentTerms]
  /// What the account begins with.
  public var balances: [AssetBalance]
  var latency: LatencySettings
  var fees: FeeTerms
  var conduct = ConductSettings()
  var impact: [ImpactSettings] = []
  var halts: [HaltSettings] = []
  var contracts: [ContractSettings] = []
}

extension SimulatedVenueSettings {
  /// The files that a result depends on: of the market, of recorded latencies and of funding. (A journal that latencies are
  /// drawn from is never written again.)
  var files: [String] {
    let market: [String]
    switch input {
    case .captures(let paths), .tapes(let paths): market = paths
    case .synthetic: market = []
    }
    let delays = [latency.feed, latency.order, latency.response].compactMap { setting in
      if case .recorded(let file) = setting { file } else { nil }
    }
    let rates = contracts.compactMap { contract in
      if case .recorded(let file)? = contract.funding { file } else { nil }
    }
    return market + delays + rates
  }

  /// - Parameter reader: of the section, which may have other fields.
  init(name: String, section: String, _ reader: inout YAMLReader) throws {
    self.name = name
    self.section = section
    input = try Self.input(&reader)
    instruments = reader.has("instruments") ? try InstrumentTerms.all(reader.mapping("instruments")) : [:]
    balances = try reader.mapping("balances").balances()
    latency = try LatencySettings(reader.mapping("latency"))
    fees = try FeeTerms(reader.mapping("fees"))
    if reader.has("impact") { impact = try reader.mapping("impact").bySymbol(ImpactSettings.init) }
    if reader.has("halts") { halts = try reader.mappings("halts").map(HaltSettings.init) }
    if reader.has("contracts") { contracts = try reader.mapping("contracts").bySymbol(ContractSettings.init) }
    if reader.has("venue") { conduct = try ConductSettings(reader.mapping("venue")) }
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
}

extension YAMLReader {
  /// What an account begins with: `{USDT: 100000, BTC: 2}`.
  func balances() throws -> [AssetBalance] {
    var reader = self
    let balances = try reader.names.map { name in
      guard let asset = ShortName(name),
        let units = DecimalText.parse(try reader.decimal(name), step: DecimalStep.amount)
      else { throw reader.fail(name, "an amount of at most 8 decimals is expected") }
      return AssetBalance(asset: asset, free: Amount(units: units))
    }
    try reader.finish()
    return balances
  }
}
