// The checks of one instrument: venue rules and the desk's limits, each a comparison of integers. Used by the gate only.

import Market

/// Everything the gate knows of one instrument. Each check returns the first reason it finds, with the figure and the
/// bound that were compared.
struct InstrumentRules: BitwiseCopyable {
  let instrument: Instrument
  var limits: RiskLimits
  let scale: InstrumentScale?
  /// Of a contract.
  let margin: MarginRule?
  let hasLimits: Bool

  init(_ instrument: Instrument, _ limits: RiskLimits?) {
    self.instrument = instrument
    scale = InstrumentScale(instrument)
    margin = MarginRule(instrument, limits)
    hasLimits = limits != nil && limits?.problem(for: instrument.kind) == nil
    self.limits = limits ?? .nothing
  }

  @inline(always)
  func checkInstrument(_ candidate: OrderCandidate) -> RiskDecision {
    guard hasLimits else { return RiskDecision(.noLimits) }
    guard scale != nil else { return RiskDecision(.unsupportedContract, Int64(instrument.kind.rawValue)) }
    guard candidate.venue.rawValue == instrument.venue.rawValue else {
      return RiskDecision(.unknownInstrument, Int64(candidate.venue.rawValue), Int64(instrument.venue.rawValue))
    }
    guard candidate.definitionVersion == instrument.definitionVersion else {
      return RiskDecision(
        .definitionMismatch, Int64(candidate.definitionVersion), Int64(instrument.definitionVersion))
    }
    return .approved
  }

  /// A book with an empty side counts as void: half a collar is none.
  @inline(always)
  func checkMarket(_ touch: TouchReference, nowNs: Int64) -> RiskDecision {
    guard touch.bidQuantity.lots > 0, touch.askQuantity.lots > 0 else { return RiskDecision(.bookVoid) }
    guard touch.definitionVersion == instrument.definitionVersion else {
      return RiskDecision(.definitionMismatch, Int64(touch.definitionVersion), Int64(instrument.definitionVersion))
    }
    guard touch.bid < touch.ask else { return RiskDecision(.bookCrossed, touch.bid.ticks, touch.ask.ticks) }
    let ageNs = nowNs.subtractingReportingOverflow(touch.receiveTimeNs)
    if ageNs.overflow || ageNs.partialValue > limits.maximumMarketAgeNs {
      return RiskDecision(.staleMarketData, ageNs.partialValue, limits.maximumMarketAgeNs)
    }
    return .approved
  }

  @inline(always)
  func checkOrder(_ candidate: OrderCandidate, _ exposure: Exposure, nowNs: Int64) -> RiskDecision {
    let ageNs = nowNs.subtractingReportingOverflow(candidate.decisionTimeNs)
    if ageNs.overflow || ageNs.partialValue > limits.maximumOrderAgeNs {
      return RiskDecision(.intentTooOld, ageNs.partialValue, limits.maximumOrderAgeNs)
    }
    if candidate.expiryTimeNs <= nowNs { return RiskDecision(.expired, nowNs, candidate.expiryTimeNs) }
    if exposure.hasIntent { return RiskDecision(.duplicateIntent) }
    switch candidate.type {
    case .market: return RiskDecision(.unboundedMarketOrder)
    case .limitMaker where candidate.timeInForce != .goodTilCanceled:
      return RiskDecision(.unsupportedOrder, Int64(candidate.timeInForce.rawValue))
    case .limit, .limitMaker: return .approved
    }
  }

  /// The collar lies outside the touch on both sides for buys and sells alike: a price far through the book is a
  /// fat finger, and one far behind it is an order nobody meant.
  @inline(always)
  func checkPrice(_ candidate: OrderCandidate, _ touch: TouchReference) -> RiskDecision {
    let ticks = candidate.price.ticks
    let lowest = max(instrument.minimumPrice.ticks, 1)
    if ticks < lowest { return RiskDecision(.priceBelowMinimum, ticks, lowest) }
    if ticks > instrument.maximumPrice.ticks {
      return RiskDecision(.priceAboveMaximum, ticks, instrument.maximumPrice.ticks)
    }
    let price = Int128(ticks) &* 10_000
    if price < Int128(touch.bid.ticks) &* Int128(10_000 &- limits.collarBasisPoints) {
      return RiskDecision(.priceBelowCollar, ticks, touch.bid.ticks)
    }
    if price > Int128(touch.ask.ticks) &* Int128(10_000 &+ limits.collarBasisPoints) {
      return RiskDecision(.priceAboveCollar, ticks, touch.ask.ticks)
    }
    return .approved
  }

  /// - Parameter percent: how much of the limits may be used (`LimitRamp`).
  @inline(always)
  func checkSize(_ candidate: OrderCandidate, percent: Int64) -> RiskDecision {
    let lots = candidate.quantity.lots
    let least = max(instrument.minimumQuantity.lots, 1)
    if lots < least { return RiskDecision(.quantityBelowMinimum, lots, least) }
    if lots > instrument.maximumQuantity.lots {
      return RiskDecision(.quantityAboveMaximum, lots, instrument.maximumQuantity.lots)
    }
    let quantity = check(lots, against: limits.maximumOrderQuantity.lots, percent, .quantityAboveLimit)
    if !quantity.isApproved { return quantity }
    // Down against the minimum and up against the maximum: rounding never helps an order through.
    guard let scale, let least = scale.quoteUnits(ticks: candidate.price.ticks, lots: lots, rounding: .down),
      let most = scale.quoteUnits(ticks: candidate.price.ticks, lots: lots, rounding: .up)
    else { return RiskDecision(.arithmeticOverflow, candidate.price.ticks, lots) }
    if least < instrument.minimumNotional.units {
      return RiskDecision(.notionalBelowMinimum, least, instrument.minimumNotional.units)
    }
    if most > instrument.maximumNotional.units {
      return RiskDecision(.notionalAboveMaximum, most, instrument.maximumNotional.units)
    }
    return check(most, against: limits.maximumOrderNotional.units, percent, .notionalAboveLimit)
  }

  /// A figure against a limit, then against the part of it that the ramp allows.
  @inline(always)
  private func check(
    _ observed: Int64, against limit: Int64, _ percent: Int64, _ reason: RefusalReason
  ) -> RiskDecision {
    if observed > limit { return RiskDecision(reason, observed, limit) }
    let ramped = LimitRamp.scaled(limit, percent: percent)
    return observed > ramped ? RiskDecision(.ramp, observed, ramped) : .approved
  }

  /// Position after every working order of the side filled, the candidate with them.
  ///
  /// - Parameter percent: how much of the limits may be used (`LimitRamp`).
  @inline(always)
  func checkExposure(
    _ candidate: OrderCandidate, _ exposure: Exposure, _ flags: StepFlags, percent: Int64
  ) -> RiskDecision {
    let isBuy = candidate.side == .buy
    let working = isBuy ? exposure.workingBuyLots : exposure.workingSellLots
    let added = working.addingReportingOverflow(candidate.quantity.lots)
    let reach =
      isBuy
      ? exposure.positionLots.addingReportingOverflow(added.partialValue)
      : Int64(0).subtractingReportingOverflow(exposure.positionLots).partialValue
        .addingReportingOverflow(added.partialValue)
    if added.overflow || reach.overflow || exposure.positionLots == .min {
      return RiskDecision(.arithmeticOverflow, exposure.positionLots, working)
    }
    // An order reduces when it and all that works beside it cannot carry the position through zero.
    if reach.partialValue > 0 {
      let behind = StepFlags.journalBehind.rawValue | StepFlags.diskBehind.rawValue
      if flags.rawValue & behind != 0 { return RiskDecision(.journalBehind, reach.partialValue) }
      if candidate.reduceOnly { return RiskDecision(.notReducing, reach.partialValue) }
    }
    let position = check(reach.partialValue, against: limits.maximumPosition.lots, percent, .positionLimit)
    if !position.isApproved { return position }
    let open = check(exposure.openOrders &+ 1, against: limits.maximumOpenOrders, percent, .openOrderLimit)
    if !open.isApproved { return open }
    if isBuy && candidate.price >= exposure.lowestSell {
      return RiskDecision(.selfCross, candidate.price.ticks, exposure.lowestSell.ticks)
    }
    if !isBuy && candidate.price <= exposure.highestBuy {
      return RiskDecision(.selfCross, candidate.price.ticks, exposure.highestBuy.ticks)
    }
    return .approved
  }

  @inline(always)
  func checkBalance(_ candidate: OrderCandidate, _ exposure: Exposure, _ touch: TouchReference) -> RiskDecision {
    if let margin { return check(margin, candidate, exposure, touch) }
    let needed = scale?.reservation(
      side: candidate.side, ticks: candidate.price.ticks, lots: candidate.quantity.lots,
      feeReserveBasisPoints: limits.feeReserveBasisPoints)
    guard let needed else { return RiskDecision(.arithmeticOverflow, candidate.price.ticks, candidate.quantity.lots) }
    let free = candidate.side == .buy ? exposure.freeQuote.units : exposure.freeBase.units
    return needed > free ? RiskDecision(.insufficientBalance, needed, free) : .approved
  }
}

extension RiskLimits {
  /// Nothing is allowed: stands where no limits were given.
  static var nothing: RiskLimits {
    RiskLimits(
      maximumOrderQuantity: .zero, maximumOrderNotional: .zero, maximumPosition: .zero, maximumOpenOrders: 0,
      collarBasisPoints: 0, maximumMarketAgeNs: 0, maximumOrderAgeNs: 0, feeReserveBasisPoints: 0)
  }
}
