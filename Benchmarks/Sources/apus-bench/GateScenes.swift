// What the gates are measured on: instruments, states of a session, and orders with their faults.

import Market
import Peers
import Risk
import Simulation

/// Instruments of different scales, one nearly without bounds, and one that nobody gave limits for.
struct GateInstruments {
  static let (coarse, fine, unbounded, untraded) = (0, 1, 2, 3)

  let definitions: [Instrument]
  let limits: [RiskLimits?]

  init() {
    var definitions = DerivedRules.instruments(symbols: ["BTCUSDT", "ETHUSDT", "BTCUSDT", "ETHUSDT"])!
    // Worth less than a unit of the quote asset: what is rounded, and to which side, decides.
    definitions[Self.fine].lot = DecimalStep(mantissa: 1, exponent: -8)
    definitions[Self.fine].maximumNotional = Amount(units: 2_700 * Amount.unitsPerCoin)
    definitions[Self.unbounded].maximumQuantity = Quantity(lots: .max)
    definitions[Self.unbounded].maximumNotional = Amount(units: .max)
    self.definitions = definitions
    limits = (0..<definitions.count).map { i in
      if i == Self.untraded { return nil }
      let isUnbounded = i == Self.unbounded
      return RiskLimits(
        maximumOrderQuantity: Quantity(lots: isUnbounded ? .max : 5_000_000),
        maximumOrderNotional: Amount(units: isUnbounded ? .max : 200_000 * Amount.unitsPerCoin),
        maximumPosition: Quantity(lots: isUnbounded ? .max : 20_000_000), maximumOpenOrders: 50,
        collarBasisPoints: 100, maximumMarketAgeNs: 50_000_000, maximumOrderAgeNs: 5_000_000,
        feeReserveBasisPoints: 10)
    }
  }

  var reference: [peer_gate_instrument] {
    zip(definitions, limits).map { definition, limits in
      peer_gate_instrument(
        venue: definition.venue.rawValue, has_limits: limits == nil ? 0 : 1,
        definition_version: definition.definitionVersion, least_price_ticks: definition.minimumPrice.ticks,
        most_price_ticks: definition.maximumPrice.ticks, least_lots: definition.minimumQuantity.lots,
        most_lots: definition.maximumQuantity.lots, least_notional: definition.minimumNotional.units,
        most_notional: definition.maximumNotional.units,
        quote_exponent: Int32(definition.tick.exponent) + Int32(definition.lot.exponent) + 8,
        base_exponent: Int32(definition.lot.exponent) + 8, limit_lots: limits?.maximumOrderQuantity.lots ?? 0,
        limit_notional: limits?.maximumOrderNotional.units ?? 0, limit_position: limits?.maximumPosition.lots ?? 0,
        limit_open_orders: limits?.maximumOpenOrders ?? 0, collar_bps: limits?.collarBasisPoints ?? 0,
        market_age_ns: limits?.maximumMarketAgeNs ?? 0, order_age_ns: limits?.maximumOrderAgeNs ?? 0,
        fee_reserve_bps: limits?.feeReserveBasisPoints ?? 0)
    }
  }
}

/// A state of the session that a gate decides under.
struct GateSession {
  static let armedTimeNs: Int64 = 1_000_000_000_000
  static let epoch: UInt32 = 7

  var trading = TradingState(isArmed: true, armedEpoch: GateSession.epoch)
  var rate = OrderRateLimits(perSecond: 2_000, perTenSeconds: 20_000)
  var ramp = LimitRamp()
  var sendsOrders = true

  init(_ change: (inout GateSession) -> Void = { _ in }) {
    trading.armedTimeNs = Self.armedTimeNs
    change(&self)
  }

  /// Armed long ago; a strategy is halted, one paused, one may only reduce.
  static let usual = GateSession {
    $0.trading.halted = ScopeSet(isEverything: false, venues: 0, instruments: 0, strategies: 1 << 5)
    $0.trading.paused = ScopeSet(isEverything: false, venues: 0, instruments: 0, strategies: 1 << 6)
    $0.trading.reducing = ScopeSet(isEverything: false, venues: 0, instruments: 0, strategies: 1 << 7)
  }

  static let all: [GateSession] = [
    usual,
    GateSession { $0.ramp = LimitRamp(initialPercent: 2, durationNs: 3_000_000_000) },
    GateSession { $0.rate = OrderRateLimits(perSecond: 500, perTenSeconds: 1_200) },
    GateSession { $0.trading.isArmed = false },
    GateSession { $0.trading.lossDay = 19_944 },
    GateSession { $0.trading.halted = ScopeSet(isEverything: false, venues: 1, instruments: 0, strategies: 0) },
    GateSession { $0.trading.paused = ScopeSet(isEverything: false, venues: 0, instruments: 2, strategies: 0) },
    GateSession { $0.trading.reducing = ScopeSet(isEverything: true, venues: 0, instruments: 0, strategies: 0) },
    GateSession { $0.sendsOrders = false },
  ]

  func gate(_ instruments: GateInstruments) -> RiskGate {
    RiskGate(
      instruments: instruments.definitions, limits: instruments.limits, rate: rate, trading: trading, ramp: ramp,
      sendsOrders: sendsOrders)
  }

  /// To be freed by `peer_gate_free`.
  func reference(_ instruments: GateInstruments) -> OpaquePointer? {
    func scopes(_ set: ScopeSet) -> peer_scopes {
      peer_scopes(
        is_everything: set.isEverything ? 1 : 0, venues: set.venues, instruments: set.instruments,
        strategies: set.strategies)
    }
    var session = peer_gate_session(
      is_armed: trading.isArmed ? 1 : 0, sends_orders: sendsOrders ? 1 : 0, armed_epoch: trading.armedEpoch,
      armed_time_ns: trading.armedTimeNs, loss_day: trading.lossDay, halted: scopes(trading.halted),
      paused: scopes(trading.paused), reducing: scopes(trading.reducing), ramp_initial_percent: ramp.initialPercent,
      ramp_duration_ns: ramp.durationNs, orders_per_second: Int64(rate.perSecond),
      orders_per_ten_seconds: Int64(rate.perTenSeconds))
    return peer_gate_new(&session, instruments.reference, instruments.definitions.count)
  }
}

extension GateOrder {
  /// An order that the usual session approves.
  init(_ number: Int, _ instruments: GateInstruments, _ nowNs: Int64, _ random: inout SplitMix64) {
    let index = Int(random.below(3))
    let definition = instruments.definitions[index]
    let bid = 6_000_000 + random.below(1_000)
    let side: Side = random.chance(50) ? .buy : .sell
    let isMaker = random.chance(50)
    let lots = index == GateInstruments.fine ? 100_000 + random.below(4_000_000) : 1_000 + random.below(100_000)
    candidate = OrderCandidate(
      venue: definition.venue, instrument: definition.index, definitionVersion: definition.definitionVersion,
      side: side, type: isMaker ? .limitMaker : .limit,
      timeInForce: isMaker || random.chance(50) ? .goodTilCanceled : .immediateOrCancel,
      reduceOnly: false, strategy: UInt8(random.below(5)),
      clientOrder: ClientOrderIdentifier(bootEpoch: 1, sequence: UInt64(number)),
      price: Price(ticks: side == .buy ? bid - random.below(100) : bid + 1 + random.below(100)),
      quantity: Quantity(lots: lots), decisionTimeNs: nowNs - random.below(1_000_000),
      expiryTimeNs: random.chance(50) ? .max : nowNs + 1 + random.below(10_000_000), cause: 0)
    exposure = Exposure()
    exposure.positionLots = random.below(2_000_000) - 1_000_000
    exposure.workingBuyLots = random.below(1_000_000)
    exposure.workingSellLots = random.below(1_000_000)
    exposure.openOrders = random.below(20)
    exposure.highestBuy = Price(ticks: bid - 100)
    exposure.lowestSell = Price(ticks: bid + 101)
    exposure.freeBase = Amount(units: 1_000 * Amount.unitsPerCoin)
    exposure.freeQuote = Amount(units: 50_000_000 * Amount.unitsPerCoin)
    if side == .sell { exposure.highestBuy = Price(ticks: bid) }
    if side == .buy { exposure.lowestSell = Price(ticks: bid + 1) }
    touch = TouchReference(
      bid: Price(ticks: bid), bidQuantity: Quantity(lots: 1 + random.below(1_000)), ask: Price(ticks: bid + 1),
      askQuantity: Quantity(lots: 1 + random.below(1_000)), receiveTimeNs: nowNs - random.below(1_000_000),
      definitionVersion: definition.definitionVersion)
    conditions = GateConditions(
      input: StepInput(nowNs: nowNs, haltEpoch: GateSession.epoch), isSessionUp: true, isReconciled: true)
  }

  /// What can be wrong with an order, one at a time.
  static let faults: [@Sendable (inout GateOrder) -> Void] = [
    // The session.
    { $0.candidate.strategy = 64 },
    { $0.candidate.strategy = SessionOrders.strategy },
    { $0.candidate.strategy = 5 },
    { $0.candidate.strategy = 6 },
    { $0.candidate.strategy = 7 },
    { $0.conditions.input.haltEpoch += 1 },
    { $0.conditions.input.flags = .stopping },
    { $0.conditions.input.flags = .journalFull },
    { $0.conditions.input.flags = .journalBehind },
    { $0.conditions.input.flags = .diskBehind },
    { $0.conditions.isSessionUp = false },
    { $0.conditions.isReconciled = false },
    // The instrument and its market.
    { $0.candidate.instrument = InstrumentIndex(4) },
    { $0.candidate.instrument = InstrumentIndex(UInt16(GateInstruments.untraded)) },
    { $0.candidate.venue = VenueIndex(1) },
    { $0.candidate.definitionVersion += 1 },
    { $0.touch.definitionVersion += 1 },
    { $0.touch.bidQuantity = .zero },
    { $0.touch.askQuantity = .zero },
    { $0.touch.ask = $0.touch.bid },
    { $0.touch.receiveTimeNs -= 50_000_000 },
    // The order and its price.
    { $0.candidate.decisionTimeNs -= 5_000_000 },
    { $0.candidate.expiryTimeNs = $0.conditions.input.nowNs },
    { $0.exposure.hasIntent = true },
    { $0.candidate.type = .market },
    { ($0.candidate.type, $0.candidate.timeInForce) = (.limitMaker, .fillOrKill) },
    { $0.candidate.price = Price(ticks: 0) },
    { $0.candidate.price = Price(ticks: 100_000_001) },
    { $0.candidate.price.ticks -= 61_000 },
    { $0.candidate.price.ticks += 61_000 },
    // Its size.
    { $0.candidate.quantity = .zero },
    { $0.candidate.quantity = Quantity(lots: 1 << 40) },
    { $0.candidate.quantity = Quantity(lots: 5_000_001) },
    { $0.candidate.quantity = Quantity(lots: 1) },
    { $0.candidate.quantity = Quantity(lots: 4_999_999) },
    { $0.candidate.quantity = Quantity(lots: 1 << 60) },
    { $0.candidate.quantity = Quantity(lots: .max / 60_000_000) },
    // What it adds to what is there.
    { $0.exposure.positionLots = $0.candidate.side.sign * 20_000_000 },
    { $0.exposure.positionLots = -$0.candidate.side.sign * 200_000_000 },
    { $0.candidate.reduceOnly = true },
    { $0.exposure.openOrders = 50 },
    { $0.exposure.lowestSell = $0.candidate.price },
    { $0.exposure.highestBuy = $0.candidate.price },
    { ($0.exposure.freeBase, $0.exposure.freeQuote) = (Amount(units: 1), Amount(units: 1)) },
  ]
}

extension peer_gate_order {
  init(_ order: GateOrder) {
    let (candidate, exposure, touch) = (order.candidate, order.exposure, order.touch)
    let (input, conditions) = (order.conditions.input, order.conditions)
    func bit(_ condition: Bool) -> UInt8 { condition ? 1 : 0 }
    self.init(
      price_ticks: candidate.price.ticks, lots: candidate.quantity.lots,
      decision_time_ns: candidate.decisionTimeNs, expiry_time_ns: candidate.expiryTimeNs,
      position_lots: exposure.positionLots, working_buy_lots: exposure.workingBuyLots,
      working_sell_lots: exposure.workingSellLots, open_orders: exposure.openOrders,
      highest_buy_ticks: exposure.highestBuy.ticks, lowest_sell_ticks: exposure.lowestSell.ticks,
      free_base: exposure.freeBase.units, free_quote: exposure.freeQuote.units, bid_ticks: touch.bid.ticks,
      bid_lots: touch.bidQuantity.lots, ask_ticks: touch.ask.ticks, ask_lots: touch.askQuantity.lots,
      market_time_ns: touch.receiveTimeNs, now_ns: input.nowNs, halt_epoch: input.haltEpoch,
      instrument: candidate.instrument.rawValue, definition_version: candidate.definitionVersion,
      market_definition_version: touch.definitionVersion, venue: candidate.venue.rawValue,
      strategy: candidate.strategy, is_sell: bit(candidate.side == .sell), type: candidate.type.rawValue,
      time_in_force: candidate.timeInForce.rawValue, is_reduce_only: bit(candidate.reduceOnly),
      has_intent: bit(exposure.hasIntent), is_stopping: bit(input.flags.contains(.stopping)),
      is_journal_full: bit(input.flags.contains(.journalFull)),
      is_journal_behind: bit(input.flags.contains(.journalBehind) || input.flags.contains(.diskBehind)),
      is_session_up: bit(conditions.isSessionUp), is_reconciled: bit(conditions.isReconciled))
  }
}
