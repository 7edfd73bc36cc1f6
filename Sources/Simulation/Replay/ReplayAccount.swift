// What fills do to a position, a balance and a sum of fees, in the preset's terms.

import Market

/// The fees of a replay, as shares of the traded value; negative is a rebate.
public struct ReplayFees: Sendable, Equatable {
  public var maker: Double
  public var taker: Double

  public init(maker: Double, taker: Double) {
    self.maker = maker
    self.taker = taker
  }
}

/// Steps and worth of a contract in Double: hftbacktest counts so, and the preset must agree with it to 1e-9.
public struct ReplayScale: Sendable {
  public let tick: Double
  public let lot: Double
  private let kind: ContractKind
  private let multiplier: Double
  private let lotsPerUnit: Double

  public init(_ instrument: TapeInstrument) {
    tick = instrument.tick.approximate
    lot = instrument.lot.approximate
    kind = instrument.kind
    multiplier = Double(instrument.multiplier)
    // Lots divided by a power of ten give the double nearest to the decimal that the venue printed; times 0.001 not always.
    lotsPerUnit =
      instrument.lot.mantissa == 1 && instrument.lot.exponent <= 0
      ? DecimalStep(mantissa: 1, exponent: -instrument.lot.exponent).approximate : 1 / lot
  }

  @inline(__always)
  func units(_ lots: Int64) -> Double { Double(lots) / lotsPerUnit }

  /// The traded value: in the quote asset, or for an inverse contract in the base asset, multiplier * quantity / price.
  func value(_ price: Price, _ quantity: Quantity) -> Double {
    let (price, quantity) = (Double(price.ticks) * tick, units(quantity.lots))
    return kind == .inverse ? multiplier * quantity / price : multiplier * price * quantity
  }
}

/// A position in lots, and balance and fees in Double as hftbacktest 2.4 keeps them (`State::apply_fill`). The venue-like
/// simulation keeps its money in integers; this account is the preset's.
public struct ReplayAccount: Sendable {
  public private(set) var positionLots: Int64 = 0
  /// Value sold less value bought.
  public private(set) var balance = 0.0
  public private(set) var fee = 0.0
  public private(set) var tradedValue = 0.0
  public private(set) var fills = 0
  private let fees: ReplayFees
  private let scale: ReplayScale

  init(fees: ReplayFees, scale: ReplayScale) {
    self.fees = fees
    self.scale = scale
  }

  mutating func apply(_ order: ReplayOrder) {
    let value = scale.value(order.filledPrice, order.filled)
    positionLots += order.side.sign * order.filled.lots
    balance -= Double(order.side.sign) * value
    fee += value * (order.isMaker ? fees.maker : fees.taker)
    tradedValue += value
    fills += 1
  }
}
