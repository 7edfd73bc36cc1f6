// A gate with an order that passes it: each test spoils one thing.

import Market
import Risk

/// BTCUSDT with a tick of 0.01 and a lot of 0.00001, a touch of 60,000.00 / 60,000.10, and an order for 0.01 BTC.
final class GateScene {
  static var nowNs: Int64 { 1_000_000_000_000 }

  var gate: RiskGate
  var candidate = GateScene.buy
  var exposure = GateScene.rich
  var touch = GateScene.touch
  var conditions = GateConditions(input: StepInput(nowNs: nowNs, haltEpoch: 7), isSessionUp: true)

  init(
    limits: RiskLimits? = GateScene.limits, instrument: Instrument = GateScene.instrument,
    rate: OrderRateLimits = OrderRateLimits(perSecond: 1000, perTenSeconds: 1000), ramp: LimitRamp = LimitRamp()
  ) {
    gate = RiskGate(
      instruments: [instrument], limits: [limits], rate: rate, trading: TradingState(isArmed: true, armedEpoch: 7),
      ramp: ramp)
  }

  /// The terms of the approved order, or nil; the order itself ends here.
  func approve() -> ApprovedOrderRecord? {
    guard let order = gate.approve(candidate, exposure: exposure, touch: touch, conditions: conditions) else {
      return nil
    }
    return order.record
  }

  /// The reason of the gate's answer.
  func reason() -> RefusalReason {
    let isApproved = approve() != nil
    return isApproved == gate.decision.isApproved ? gate.decision.reason : .arithmeticOverflow
  }

  static var instrument: Instrument {
    Instrument(
      index: InstrumentIndex(0), venue: VenueIndex(0), definitionVersion: 3, symbol: ShortName("BTCUSDT")!,
      base: ShortName("BTC")!, quote: ShortName("USDT")!, settlement: ShortName("USDT")!,
      tick: DecimalStep(mantissa: 1, exponent: -2), lot: DecimalStep(mantissa: 1, exponent: -5),
      minimumPrice: Price(ticks: 100), maximumPrice: Price(ticks: 100_000_000), minimumQuantity: Quantity(lots: 2),
      maximumQuantity: Quantity(lots: 900_000_000), minimumNotional: Amount(units: 5 * Amount.unitsPerCoin),
      maximumNotional: Amount(units: 9_000_000 * Amount.unitsPerCoin))
  }

  static var limits: RiskLimits {
    RiskLimits(
      maximumOrderQuantity: Quantity(lots: 500_000_000),
      maximumOrderNotional: Amount(units: 8_000_000 * Amount.unitsPerCoin),
      maximumPosition: Quantity(lots: 600_000_000), maximumOpenOrders: 10, collarBasisPoints: 100,
      maximumMarketAgeNs: 1_000_000, maximumOrderAgeNs: 2_000_000, feeReserveBasisPoints: 10)
  }

  static var touch: TouchReference {
    TouchReference(
      bid: Price(ticks: 6_000_000), bidQuantity: Quantity(lots: 5), ask: Price(ticks: 6_000_010),
      askQuantity: Quantity(lots: 7), receiveTimeNs: nowNs, definitionVersion: 3)
  }

  static var buy: OrderCandidate {
    OrderCandidate(
      venue: VenueIndex(0), account: 4, instrument: InstrumentIndex(0), definitionVersion: 3, side: .buy,
      type: .limit, timeInForce: .goodTilCanceled, clientOrder: ClientOrderIdentifier(bootEpoch: 1, sequence: 9),
      price: Price(ticks: 6_000_000), quantity: Quantity(lots: 1000), decisionTimeNs: nowNs, cause: 77, originTsc: 88)
  }

  static var rich: Exposure {
    var exposure = Exposure()
    exposure.freeBase = Amount(units: 1_000_000 * Amount.unitsPerCoin)
    exposure.freeQuote = Amount(units: 9_000_000_000 * Amount.unitsPerCoin)
    return exposure
  }
}
