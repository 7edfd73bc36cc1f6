// What is traded on the desk of these tests, and within which limits.

import Market
import Risk

extension Desk {
  static let instrument = Instrument(
    index: InstrumentIndex(0), venue: VenueIndex(0), symbol: ShortName("BTCUSDT")!, base: ShortName("BTC")!,
    quote: ShortName("USDT")!, settlement: ShortName("USDT")!, tick: DecimalStep(mantissa: 1, exponent: -2),
    lot: DecimalStep(mantissa: 1, exponent: -5), minimumPrice: Price(ticks: 1),
    maximumPrice: Price(ticks: 100_000_000), minimumQuantity: Quantity(lots: 1),
    maximumQuantity: Quantity(lots: 900_000_000), minimumNotional: Amount(units: 0),
    maximumNotional: Amount(units: .max))

  static let second: Instrument = {
    var ether = Desk.instrument
    ether.index = InstrumentIndex(1)
    ether.symbol = ShortName("ETHUSDT")!
    ether.base = ShortName("ETH")!
    return ether
  }()

  /// A contract with a tick of 0.1 and a lot of 0.001 BTC (linear) or of 100 USD (inverse), settled in USDT or BTC.
  static func contract(_ kind: ContractKind, index: UInt16 = 0) -> Instrument {
    var contract = Desk.instrument
    contract.index = InstrumentIndex(index)
    contract.kind = kind
    contract.symbol = ShortName("BTC\(kind == .inverse ? "USD" : "USDT")_\(index)")!
    contract.quote = ShortName(kind == .inverse ? "USD" : "USDT")!
    contract.settlement = kind == .inverse ? contract.base : contract.quote
    contract.tick = DecimalStep(mantissa: 1, exponent: -1)
    contract.lot = DecimalStep(mantissa: 1, exponent: kind == .inverse ? 0 : -3)
    contract.multiplier = kind == .inverse ? 100 : 1
    return contract
  }

  static let limits = RiskLimits(
    maximumOrderQuantity: Quantity(lots: 1_000_000), maximumOrderNotional: Amount(units: .max),
    maximumPosition: Quantity(lots: 50_000_000), maximumOpenOrders: 900, collarBasisPoints: 500,
    maximumMarketAgeNs: 1_000_000_000, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 10)
}
