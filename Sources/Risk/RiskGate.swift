// The risk gate: the last transformation before encoding, and the only maker of approved orders. One thread.

public import Market

/// Decides whether a candidate may go to its venue.
///
/// The gate fails closed: whatever it does not know, cannot compute or was not given a limit for is a refusal. Checks
/// run in the order of `docs/risk.md` and the first that fails decides; the order rate is counted last, so that a
/// refused candidate costs no budget. Cancels do not come here.
public struct RiskGate: ~Copyable {
  /// The last decision, with the figure that decided it.
  public internal(set) var decision = RiskDecision(.noLimits)

  let armedEpoch: UInt32
  let count: Int
  let rules: UnsafeMutablePointer<InstrumentRules>
  var perSecond: OrderRateWindow
  var perTenSeconds: OrderRateWindow

  /// - Parameters:
  ///   - instruments: the session's definitions, at the places of their indices.
  ///   - limits: one entry for each instrument; nil, or limits with a `problem`, means it is not traded.
  ///   - armedEpoch: the halt word that trading is allowed under; at any other value every order is refused.
  public init(instruments: [Instrument], limits: [RiskLimits?], rate: OrderRateLimits, armedEpoch: UInt32 = 0) {
    precondition(instruments.count == limits.count, "one entry of limits for each instrument")
    precondition(rate.problem == nil, "unusable order rate limits")
    self.armedEpoch = armedEpoch
    count = instruments.count
    rules = .allocate(capacity: max(1, count))
    for (i, instrument) in instruments.enumerated() {
      precondition(Int(instrument.index.rawValue) == i, "instruments stand at the places of their indices")
      (rules + i).initialize(to: InstrumentRules(instrument, limits[i]))
    }
    perSecond = OrderRateWindow(limit: rate.perSecond, windowNs: 1_000_000_000)
    perTenSeconds = OrderRateWindow(limit: rate.perTenSeconds, windowNs: 10_000_000_000)
  }

  deinit { rules.deallocate() }

  /// Approves a candidate or refuses it; `decision` tells why.
  @_noLocks @inline(never)
  public mutating func approve(
    _ candidate: OrderCandidate, exposure: Exposure, touch: TouchReference, conditions: GateConditions
  ) -> ApprovedOrder? {
    decision = decide(candidate, exposure, touch, conditions)
    guard decision.isApproved else { return nil }
    let nowNs = conditions.input.nowNs
    perSecond.count(nowNs: nowNs)
    perTenSeconds.count(nowNs: nowNs)
    let maximumAgeNs = rules[Int(candidate.instrument.rawValue)].limits.maximumOrderAgeNs
    let latest = nowNs.addingReportingOverflow(maximumAgeNs)
    return ApprovedOrder(
      ApprovedOrderRecord(
        venue: candidate.venue, account: candidate.account, instrument: candidate.instrument,
        definitionVersion: candidate.definitionVersion, side: candidate.side, type: candidate.type,
        timeInForce: candidate.timeInForce, reduceOnly: candidate.reduceOnly, haltEpoch: conditions.input.haltEpoch,
        clientOrder: candidate.clientOrder, price: candidate.price, quantity: candidate.quantity,
        expiryTimeNs: latest.overflow ? candidate.expiryTimeNs : min(candidate.expiryTimeNs, latest.partialValue),
        cause: candidate.cause, originTsc: candidate.originTsc))
  }

  /// Refuses on behalf of execution, for what only it can see (a full ring or table).
  @_noLocks
  public mutating func refuse(_ reason: RefusalReason, observed: Int64 = 0, bound: Int64 = 0) {
    decision = RiskDecision(reason, observed, bound)
  }

  @inline(always)
  private func decide(
    _ candidate: OrderCandidate, _ exposure: Exposure, _ touch: TouchReference, _ conditions: GateConditions
  ) -> RiskDecision {
    let index = Int(candidate.instrument.rawValue)
    guard index < count else { return RiskDecision(.unknownInstrument, Int64(index), Int64(count)) }
    let rule = rules + index
    let nowNs = conditions.input.nowNs
    var decision = checkSession(conditions)
    if decision.isApproved { decision = rule.pointee.checkInstrument(candidate, conditions) }
    if decision.isApproved { decision = rule.pointee.checkMarket(touch, nowNs: nowNs) }
    if decision.isApproved { decision = rule.pointee.checkOrder(candidate, exposure, nowNs: nowNs) }
    if decision.isApproved { decision = rule.pointee.checkPrice(candidate, touch) }
    if decision.isApproved { decision = rule.pointee.checkSize(candidate) }
    if decision.isApproved { decision = rule.pointee.checkExposure(candidate, exposure, conditions.input.flags) }
    if decision.isApproved { decision = rule.pointee.checkBalance(candidate, exposure) }
    if decision.isApproved { decision = checkRate(nowNs) }
    return decision
  }

  @inline(always)
  func checkSession(_ conditions: GateConditions) -> RiskDecision {
    let input = conditions.input
    if input.haltEpoch != armedEpoch { return RiskDecision(.halted, Int64(input.haltEpoch), Int64(armedEpoch)) }
    if input.flags.contains(.stopping) { return RiskDecision(.stopping) }
    if input.flags.contains(.journalFull) { return RiskDecision(.journalFull) }
    if !conditions.isSessionUp { return RiskDecision(.sessionDown) }
    return .approved
  }

  @inline(always)
  private func checkRate(_ nowNs: Int64) -> RiskDecision {
    if !perSecond.admits(nowNs: nowNs) {
      return RiskDecision(.orderRateSecond, Int64(perSecond.limit) &+ 1, Int64(perSecond.limit))
    }
    if !perTenSeconds.admits(nowNs: nowNs) {
      return RiskDecision(.orderRateTenSeconds, Int64(perTenSeconds.limit) &+ 1, Int64(perTenSeconds.limit))
    }
    return .approved
  }
}
