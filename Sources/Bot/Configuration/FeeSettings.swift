// The `fees` section of a backtest and of paper trading: two rates, or tiers by traded volume, and the asset that they are paid with.

import Market
import Simulation

extension FeeTerms {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    let tiers = try Self.tiers(&reader)
    let makerPerLot = try reader.amount("makerPerLot", isSigned: true, default: .zero).units
    let takerPerLot = try reader.amount("takerPerLot", isSigned: true, default: .zero).units
    guard let schedule = FeeSchedule(tiers, makerPerLot: makerPerLot, takerPerLot: takerPerLot) else {
      throw reader.fail("tiers", "the first tier begins at a volume of 0, and each of the others at a larger one")
    }
    guard tiers.count > 1 || !reader.has("startingVolume") else {
      throw reader.fail("startingVolume", "there is one tier for every volume")
    }
    let volume = try reader.amount("startingVolume", default: .zero)
    let asset = try Self.asset(&reader)
    try reader.finish()
    self.init(schedule, startingVolume: volume, asset: asset)
  }

  private static func tiers(_ reader: inout YAMLReader) throws -> [FeeTier] {
    guard reader.has("tiers") else { return [try rates(&reader, from: .zero)] }
    guard !reader.has("makerBasisPoints"), !reader.has("takerBasisPoints") else {
      throw reader.fail("tiers", "either two rates or tiers are expected")
    }
    let tiers = try reader.mappings("tiers").map { tier in
      var tier = tier
      let rates = try rates(&tier, from: tier.amount("fromVolume"))
      try tier.finish()
      return rates
    }
    // A fill names its tier in one byte.
    guard tiers.count <= 256 else { throw reader.fail("tiers", "at most 256 tiers") }
    return tiers
  }

  /// Basis points in the file, parts of 10^-8 in the engine.
  private static func rates(_ reader: inout YAMLReader, from volume: Amount) throws -> FeeTier {
    func rate(_ name: String) throws -> Int64 {
      Int64((try reader.number(name, in: -1_000...1_000) * 1e4).rounded())
    }
    return FeeTier(volume: volume, maker: try rate("makerBasisPoints"), taker: try rate("takerBasisPoints"))
  }

  private static func asset(_ reader: inout YAMLReader) throws -> FeeAsset? {
    guard reader.has("asset") else { return nil }
    guard let asset = ShortName(try reader.string("asset")) else { throw reader.fail("asset", "no name of an asset") }
    let price = try reader.amount("assetPrice")
    guard price > .zero else { throw reader.fail("assetPrice", "a coin costs something") }
    let percent = try reader.number("discountPercent", in: 0...100, default: 0)
    return FeeAsset(asset, price: price, discount: Int64((percent * 1e6).rounded()))
  }

  /// Third assets that the account may hold besides those it trades.
  var assets: [String] { asset.map { [$0.asset.text] } ?? [] }

  /// - Parameters:
  ///   - section: of the configuration, whose `fees` these are.
  ///   - balances: the assets that the account begins with.
  /// - Throws: `SessionError` for terms that these instruments or balances cannot have.
  func check(_ instruments: [Instrument], section: String, balances: [String]) throws {
    let assets = Set(instruments.map(\.settlement.text)).sorted()
    guard assets.count == 1 || (schedule.tiers.count == 1 && asset == nil) else {
      throw SessionError(
        "\(section).fees: tiers and a third asset count in one quote or settlement asset, and the instruments have "
          + assets.joined(separator: ", "))
    }
    if let asset, !balances.contains(asset.asset.text) {
      throw SessionError(
        "\(section).fees.asset: the account has no \(asset.asset.text): \(section).balances names none")
    }
  }
}

extension YAMLReader {
  /// An amount of at most 8 decimals, 0 or more unless it is signed.
  mutating func amount(_ name: String, isSigned: Bool = false, default fallback: Amount? = nil) throws -> Amount {
    if !has(name), let fallback { return fallback }
    guard let units = DecimalText.parse(try string(name), step: DecimalStep.amount), units >= 0 || isSigned else {
      throw fail(name, "an amount of at most 8 decimals is expected")
    }
    return Amount(units: units)
  }
}
