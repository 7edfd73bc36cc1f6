// The gate's other door: cutting the quantity of an order that it let through before. One thread.

public import Market

extension RiskGate {
  /// Approves cutting the quantity of an open order, or refuses it; `decision` tells why.
  ///
  /// The price stays and the exposure only shrinks: neither market data, collar, position, balances nor the order rate is
  /// asked, and the venue counts no amendment as an order. What is asked is the permission to trade, the session, the
  /// instrument and the size.
  ///
  /// - Parameters:
  ///   - candidate: the open order with its new whole quantity.
  ///   - whole: the quantity it has now; the new one is less (`notReducing` otherwise).
  ///   - filled: how much of it is filled; the new quantity is more, for an amendment is no cancel.
  @_noLocks @inline(never)
  public mutating func approveAmend(
    _ candidate: OrderCandidate, from whole: Quantity, filled: Quantity, conditions: GateConditions
  ) -> ApprovedOrder? {
    decision = decideAmend(candidate, whole, filled, conditions)
    guard decision.isApproved else { return nil }
    let maximumAgeNs = rules[Int(candidate.instrument.rawValue)].limits.maximumOrderAgeNs
    let latest = conditions.input.nowNs.addingReportingOverflow(maximumAgeNs)
    return ApprovedOrder(
      ApprovedOrderRecord(
        action: .amend, venue: candidate.venue, account: candidate.account, instrument: candidate.instrument,
        definitionVersion: candidate.definitionVersion, side: candidate.side, type: candidate.type,
        timeInForce: candidate.timeInForce, reduceOnly: candidate.reduceOnly, haltEpoch: conditions.input.haltEpoch,
        clientOrder: candidate.clientOrder, price: candidate.price, quantity: candidate.quantity,
        expiryTimeNs: latest.overflow ? candidate.expiryTimeNs : min(candidate.expiryTimeNs, latest.partialValue),
        cause: candidate.cause, originTsc: candidate.originTsc))
  }

  @inline(always)
  private func decideAmend(
    _ candidate: OrderCandidate, _ whole: Quantity, _ filled: Quantity, _ conditions: GateConditions
  ) -> RiskDecision {
    let index = Int(candidate.instrument.rawValue)
    guard index < count else { return RiskDecision(.unknownInstrument, Int64(index), Int64(count)) }
    let lots = candidate.quantity.lots
    var decision = checkPermission(candidate, conditions)
    if decision.isApproved { decision = checkSession(conditions) }
    if decision.isApproved { decision = rules[index].checkInstrument(candidate) }
    if decision.isApproved, lots >= whole.lots { decision = RiskDecision(.notReducing, lots, whole.lots) }
    if decision.isApproved, lots <= filled.lots { decision = RiskDecision(.quantityBelowMinimum, lots, filled.lots) }
    if decision.isApproved { decision = rules[index].checkSize(candidate, percent: 100) }
    return decision
  }
}
