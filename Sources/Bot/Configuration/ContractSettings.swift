// The `backtest.contracts` section: what the venue asks for positions in contracts.

import Market
import Simulation

/// Margin, liquidation and funding of one contract.
public struct ContractSettings: Sendable, Equatable {
  public var symbol: String
  var margin: MarginTable
  var funding: FundingSettings?
}

/// Where a contract's funding comes from; a file is read when the backtest is put together.
enum FundingSettings: Sendable, Equatable {
  case constant(rate: Int64, intervalNs: Int64)
  case recorded(file: String)

  /// - Throws: `CaptureError` for a file that is none.
  func terms() throws -> FundingTerms {
    switch self {
    case .constant(let rate, let intervalNs): .constant(rate: rate, intervalNs: intervalNs)
    case .recorded(let file): .recorded(try FundingSeries(path: file))
    }
  }
}

extension ContractSettings {
  init(symbol: String, _ reader: YAMLReader) throws {
    var reader = reader
    self.symbol = symbol
    let tiers = try reader.mappings("tiers").map { tier in
      var tier = tier
      let read = MarginTier(
        notionalCap: try tier.amount("toNotional"), initialRate: try Self.rate("initialPercent", in: 0...100, &tier),
        maintenanceRate: try Self.rate("maintenancePercent", in: 0...100, &tier))
      try tier.finish()
      return read
    }
    let fee = reader.has("liquidationFeePercent") ? try Self.rate("liquidationFeePercent", in: 0...99, &reader) : 0
    guard let table = MarginTable(tiers, liquidationFeeRate: fee) else {
      throw reader.fail(
        "tiers", "at least one is expected, toNotional and maintenancePercent rising, and no maintenance above initial")
    }
    margin = table
    funding = reader.has("funding") ? try Self.funding(reader.mapping("funding")) : nil
    try reader.finish()
  }

  private static func funding(_ reader: YAMLReader) throws -> FundingSettings {
    var reader = reader
    if reader.has("file") {
      let file = try reader.string("file")
      try reader.finish()
      return .recorded(file: file)
    }
    let rate = try rate("ratePercent", in: -100...100, &reader)
    let hours = try reader.number("intervalHours", in: 0.01...24, default: 8)
    try reader.finish()
    return .constant(rate: rate, intervalNs: Int64((hours * 3_600e9).rounded()))
  }

  /// Percent in the file, parts of 10^-8 in the engine.
  private static func rate(
    _ name: String, in range: ClosedRange<Double>, _ reader: inout YAMLReader
  ) throws -> Int64 {
    Int64((try reader.number(name, in: range) * 1e6).rounded())
  }
}

extension SimulatedVenueSettings {
  /// The terms of each instrument at the venue, in their order; none for spot.
  ///
  /// - Parameter leverage: of the risk limits.
  /// - Throws: `SessionError` for a session that no account can have.
  func contractTerms(_ instruments: [Instrument], leverage: Int) throws -> [ContractTerms] {
    if let other = contracts.first(where: { terms in
      !instruments.contains { $0.symbol.text == terms.symbol && $0.kind != .spot }
    }) {
      throw SessionError("\(section).contracts.\(other.symbol): the session trades no contract of that name")
    }
    guard let contract = instruments.first(where: { $0.kind != .spot }) else { return [] }
    if let spot = instruments.first(where: { $0.kind == .spot }) {
      throw SessionError(
        "instruments: \(spot.symbol.text) is spot and \(contract.symbol.text) a contract: they have accounts of their own"
      )
    }
    return try instruments.map { instrument in
      let symbol = instrument.symbol.text
      guard let terms = contracts.first(where: { $0.symbol == symbol }) else {
        throw SessionError("\(section).contracts.\(symbol) is missing: what margin does the venue ask for?")
      }
      guard let margin = terms.margin.limited(toLeverage: Int64(leverage)) else {
        throw SessionError(
          "risk.leverage: the first tier of \(section).contracts.\(symbol) does not lend \(leverage) times")
      }
      return ContractTerms(margin: margin, funding: try terms.funding?.terms())
    }
  }
}
