// The risk gate: the last transformation before encoding, and the only maker of approved orders. One thread.

public import Market
import Pipeline

/// Decides whether a candidate may go to its venue.
///
/// The gate fails closed: whatever it does not know, cannot compute or was not given a limit for is a refusal. Checks
/// run in the order of `docs/risk.md` and the first that fails decides; the order rate is counted last, so that a
/// refused candidate costs no budget. Cancels do not come here.
public struct RiskGate: ~Copyable {
  private let place = InPlace()
  /// The last decision, with the figure that decided it.
  public internal(set) var decision = RiskDecision(.noLimits)
  /// What may be traded at present. Execution changes it; the gate asks it before anything else.
  public var trading: TradingState

  let ramp: LimitRamp
  let sendsOrders: Bool
  let count: Int
  let rules: UnsafeMutablePointer<InstrumentRules>
  var perSecond: OrderRateWindow
  var perTenSeconds: OrderRateWindow

  /// - Parameters:
  ///   - instruments: the session's definitions, at the places of their indices.
  ///   - limits: one entry for each instrument; nil, or limits with a `problem`, means it is not traded.
  ///   - trading: under any other halt word than its own every order is refused.
  ///   - sendsOrders: false in shadow trading: what passes every check is refused all the same.
  public init(
    instruments: [Instrument], limits: [RiskLimits?], rate: OrderRateLimits, trading: TradingState,
    ramp: LimitRamp = LimitRamp(), sendsOrders: Bool = true
  ) {
    precondition(instruments.count == limits.count, "one entry of limits for each instrument")
    precondition(rate.problem == nil, "unusable order rate limits")
    self.trading = trading
    self.ramp = ramp
    self.sendsOrders = sendsOrders
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

  /// The limits of an instrument; nil when it is not traded.
  @_noLocks
  public func limits(of instrument: InstrumentIndex) -> RiskLimits? {
    let index = Int(instrument.rawValue)
    return index < count && rules[index].hasLimits ? rules[index].limits : nil
  }

  /// The limits of the order rate that are in force.
  public var rate: OrderRateLimits {
    OrderRateLimits(perSecond: perSecond.limit, perTenSeconds: perTenSeconds.limit)
  }

  /// How much of the limits may be used now, in percent.
  @_noLocks
  public func rampPercent(nowNs: Int64) -> Int64 { ramp.percent(elapsedNs: nowNs &- trading.armedTimeNs) }

  /// Sets a limit of an instrument, from the next order on.
  ///
  /// - Returns: false, and nothing changed, when the instrument is not traded, the limit is not an instrument's, or it
  ///   cannot have that value.
  @_noLocks
  public mutating func set(_ limit: CommandLimit, of instrument: InstrumentIndex, to value: Int64) -> Bool {
    guard let old = limits(of: instrument), old.value(of: limit) != nil else { return false }
    let new = old.setting(limit, to: value)
    guard new.problem == nil else { return false }
    rules[Int(instrument.rawValue)].limits = new
    return true
  }

  /// Sets a limit of the order rate, from the next order on; the orders that came before count.
  ///
  /// - Returns: false, and nothing changed, when it is no limit of the rate or cannot have that value.
  @_noLocks
  public mutating func setRate(_ limit: CommandLimit, to value: Int64) -> Bool {
    guard value > 0, value <= Int64(OrderRateLimits.maximumCount) else { return false }
    switch limit {
    case .ordersPerSecond: perSecond.limit = Int(value)
    case .ordersPerTenSeconds: perTenSeconds.limit = Int(value)
    case .none, .maximumOrderQuantity, .maximumOrderNotional, .maximumPosition, .maximumOpenOrders,
      .priceCollarBasisPoints, .maximumDailyLoss:
      return false
    }
    return true
  }

  /// Refuses on behalf of execution, for what only it can see (a full ring or table).
  @_noLocks
  public mutating func refuse(_ reason: RefusalReason, observed: Int64 = 0, bound: Int64 = 0) {
    decision = RiskDecision(reason, observed, bound)
  }

  @inline(always)
  private func decide(
    _ wanted: OrderCandidate, _ exposure: Exposure, _ touch: TouchReference, _ conditions: GateConditions
  ) -> RiskDecision {
    let index = Int(wanted.instrument.rawValue)
    guard index < count else { return RiskDecision(.unknownInstrument, Int64(index), Int64(count)) }
    let rule = rules + index
    let nowNs = conditions.input.nowNs
    var candidate = wanted
    if trading.reducing.scope(
      venue: wanted.venue, instrument: wanted.instrument, strategy: wanted.strategy) != nil
    {
      candidate.reduceOnly = true
    }
    // A ramp bounds the risk that is taken on; an order that can only reduce it may use the whole limits.
    let percent = candidate.reduceOnly ? 100 : rampPercent(nowNs: nowNs)
    var decision = checkPermission(candidate, conditions)
    if decision.isApproved { decision = checkSession(conditions) }
    if decision.isApproved { decision = rule.pointee.checkInstrument(candidate) }
    if decision.isApproved { decision = rule.pointee.checkMarket(touch, nowNs: nowNs) }
    if decision.isApproved { decision = rule.pointee.checkOrder(candidate, exposure, nowNs: nowNs) }
    if decision.isApproved { decision = rule.pointee.checkPrice(candidate, touch) }
    if decision.isApproved { decision = rule.pointee.checkSize(candidate, percent: percent) }
    if decision.isApproved {
      decision = rule.pointee.checkExposure(candidate, exposure, conditions.input.flags, percent: percent)
    }
    if decision.isApproved { decision = rule.pointee.checkBalance(candidate, exposure, touch) }
    if decision.isApproved { decision = checkRate(nowNs) }
    if decision.isApproved && !sendsOrders { return RiskDecision(.shadow) }
    return decision
  }

  /// What was commanded, and what the session did about itself.
  @inline(always)
  func checkPermission(_ candidate: OrderCandidate, _ conditions: GateConditions) -> RiskDecision {
    let isSessions = candidate.strategy == SessionOrders.strategy
    if !isSessions && Int(candidate.strategy) >= ScopeSet.strategyLimit {
      return RiskDecision(.unknownStrategy, Int64(candidate.strategy), Int64(ScopeSet.strategyLimit))
    }
    if conditions.input.haltEpoch != trading.armedEpoch { return RiskDecision(.halted, Self.code(.all)) }
    if trading.isLossUsedUp { return RiskDecision(.dailyLoss, trading.lossDay) }
    let (venue, instrument, strategy) = (candidate.venue, candidate.instrument, candidate.strategy)
    if let scope = trading.halted.scope(venue: venue, instrument: instrument, strategy: strategy) {
      return RiskDecision(.halted, Self.code(scope))
    }
    if !trading.isArmed { return RiskDecision(.notArmed) }
    if !conditions.isReconciled { return RiskDecision(.notReconciled) }
    // A flatten pauses first, and closes by orders of the session.
    if !isSessions, let scope = trading.paused.scope(venue: venue, instrument: instrument, strategy: strategy) {
      return RiskDecision(.paused, Self.code(scope))
    }
    return .approved
  }

  @inline(always)
  private static func code(_ scope: CommandScope) -> Int64 { Int64(scope.rawValue) }

  @inline(always)
  func checkSession(_ conditions: GateConditions) -> RiskDecision {
    let input = conditions.input
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
