// Small exchanges for the tests.

import Market
import Simulation

enum Fixture {
  static let base = AssetIndex(0)
  static let quote = AssetIndex(1)
  static let third = AssetIndex(2)
  static let spot = InstrumentIndex(0)
  static let linear = InstrumentIndex(1)
  static let inverse = InstrumentIndex(2)
  /// Of each asset to each account: a million coins.
  static let depositUnits: Int64 = 100_000_000_000_000

  static func name(_ text: String) -> ShortName { ShortName(text) ?? .empty }

  static func definition(
    _ index: UInt16, _ kind: ContractKind, tick: DecimalStep = DecimalStep(mantissa: 1, exponent: -2),
    lot: DecimalStep = DecimalStep(mantissa: 1, exponent: -3), multiplier: Int64 = 1, minimumNotional: Int64 = 0,
    prices: ClosedRange<Int64> = 1...100_000
  ) -> Instrument {
    Instrument(
      index: InstrumentIndex(index), venue: VenueIndex(0), kind: kind, symbol: name("BTC\(index)"), base: name("BTC"),
      quote: name("USDT"), settlement: name(kind == .inverse ? "BTC" : "USDT"), tick: tick, lot: lot,
      multiplier: multiplier, minimumPrice: Price(ticks: prices.lowerBound),
      maximumPrice: Price(ticks: prices.upperBound),
      minimumQuantity: Quantity(lots: 1), maximumQuantity: Quantity(lots: 1_000_000),
      minimumNotional: Amount(units: minimumNotional), maximumNotional: Amount(units: .max))
  }

  static let margin = MarginTable(
    [
      MarginTier(notionalCap: Amount(units: 1_000_000_000_000), initialRate: 5_000_000, maintenanceRate: 2_500_000),
      MarginTier(notionalCap: Amount(units: 9_000_000_000_000), initialRate: 10_000_000, maintenanceRate: 5_000_000),
    ], liquidationFeeRate: 500_000)

  /// Spot, linear and inverse of one pair; every account has a million of each asset.
  static func exchange(
    accounts: Int32 = 4, fees: FeeSchedule = .free, payment: FeePayment = .received,
    spotTick: DecimalStep = DecimalStep(mantissa: 1, exponent: -2), minimumNotional: Int64 = 0,
    band: ClosedRange<Int64>? = nil, maximumOpenOrders: Int32 = 200, endowed: Bool = true,
    tradeGroups: [Int32] = []
  ) throws -> Exchange {
    let configuration = ExchangeConfiguration(
      accounts: accounts, assets: [name("BTC"), name("USDT"), name("BNB")],
      instruments: [
        ExchangeInstrument(
          definition(0, .spot, tick: spotTick, minimumNotional: minimumNotional), base: base, quote: quote,
          priceBand: band, maximumOpenOrders: maximumOpenOrders),
        ExchangeInstrument(definition(1, .linear), base: base, quote: quote, margin: margin),
        ExchangeInstrument(
          definition(2, .inverse, lot: DecimalStep(mantissa: 1, exponent: 0), multiplier: 10), base: base,
          quote: quote, margin: margin),
      ], fees: fees, feePayment: payment, tradeGroups: tradeGroups, openOrderCapacity: 4096)
    var exchange = try Exchange(configuration)
    if endowed {
      for account in 0..<accounts {
        for asset in [base, quote, third] {
          exchange.deposit(Amount(units: depositUnits), of: asset, to: AccountIndex(account))
        }
      }
    }
    return exchange
  }
}
