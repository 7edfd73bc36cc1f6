// What an execution stage is made with. Cold.

public import Market
public import Risk

/// The session's definitions, limits and identity.
public struct ExecutionConfiguration: Sendable {
  /// Definitions, at the places of their indices.
  public var instruments: [Instrument]
  /// Limits of each; nil means the instrument is not traded.
  public var limits: [RiskLimits?]
  public var rate: OrderRateLimits
  /// The strategy shard that trades each instrument.
  public var shards: [Int]
  /// Durable before the first order: no two sessions share it (24 bits).
  public var bootEpoch: UInt32
  /// The halt word that trading is allowed under.
  public var armedEpoch: UInt32
  /// Whether it may trade without an `arm` command.
  public var startsArmed: Bool
  /// Whether only orders that reduce a position may be sent until an `arm` command: so starts a session after a crash.
  public var startsReduceOnly: Bool
  /// How much may be lost in a day (UTC) per asset that profit is counted in (quote asset; of contracts the settlement
  /// asset), in units of 10^-8 of it; nil: it is not watched.
  public var maximumDailyLoss: Amount?
  /// How limits grow after arming.
  public var ramp: LimitRamp
  /// False in shadow trading: every order is decided, and none is sent.
  public var sendsOrders: Bool
  public var account: UInt8
  /// How often open orders, trades and balances are compared with the venue while trading, in nanoseconds.
  public var checkIntervalNs: Int64
  /// The most orders open at once, a power of two. Larger than what the limits allow, so that they decide.
  public var orderCapacity: Int
  /// How long after it was signed a venue still accepts an order (its receive window): "no such order" is not believed
  /// before.
  public var requestWindowNs: Int64 = 5_000_000_000
  /// Fees of each venue for the router, in basis points.
  public var takerFeeBasisPoints: Int64
  public var makerFeeBasisPoints: Int64

  public init(
    instruments: [Instrument], limits: [RiskLimits?], rate: OrderRateLimits, shards: [Int], bootEpoch: UInt32,
    armedEpoch: UInt32 = 0, startsArmed: Bool = true, startsReduceOnly: Bool = false,
    maximumDailyLoss: Amount? = nil, ramp: LimitRamp = LimitRamp(), sendsOrders: Bool = true,
    account: UInt8 = 0, checkIntervalNs: Int64 = 30_000_000_000, orderCapacity: Int = 1024,
    takerFeeBasisPoints: Int64 = 10,
    makerFeeBasisPoints: Int64 = 10
  ) {
    self.instruments = instruments
    self.limits = limits
    self.rate = rate
    self.shards = shards
    self.bootEpoch = bootEpoch
    self.armedEpoch = armedEpoch
    self.startsArmed = startsArmed
    self.startsReduceOnly = startsReduceOnly
    self.maximumDailyLoss = maximumDailyLoss
    self.ramp = ramp
    self.sendsOrders = sendsOrders
    self.account = account
    self.checkIntervalNs = checkIntervalNs
    self.orderCapacity = orderCapacity
    self.takerFeeBasisPoints = takerFeeBasisPoints
    self.makerFeeBasisPoints = makerFeeBasisPoints
  }
}

extension ExecutionConfiguration {
  /// The gate of a session that begins with this configuration and what is left of the one before it: halts,
  /// reduce-only scopes and a used-up daily loss hold on, and of each limit the tighter one.
  func gate(after last: AccountState?) -> RiskGate {
    var trading = TradingState(isArmed: startsArmed, armedEpoch: armedEpoch)
    if let state = last?.tradingState { trading.restore(state) }
    if startsReduceOnly { trading.reducing.isEverything = true }
    var gate = RiskGate(
      instruments: instruments, limits: limits, rate: rate, trading: trading, ramp: ramp,
      sendsOrders: sendsOrders)
    for record in last?.limits ?? [] {
      if record.limit.isOfInstrument {
        let old = gate.limits(of: record.instrument)?.value(of: record.limit)
        if let old, record.value < old { _ = gate.set(record.limit, of: record.instrument, to: record.value) }
      } else if record.value < rate.value(of: record.limit) {
        _ = gate.setRate(record.limit, to: record.value)
      }
    }
    return gate
  }

  /// The tighter of the configured daily loss and an earlier session's, in units; `.max` when it is not watched.
  public func dailyLoss(after last: AccountState?) -> Int64 {
    let changes = (last?.limits ?? []).filter { $0.limit == .maximumDailyLoss && $0.value > 0 }
    return changes.map(\.value).reduce(maximumDailyLoss?.units ?? .max, min)
  }

  /// The limits that a session begins with.
  public func limitsInForce(after last: AccountState?) -> (instruments: [RiskLimits?], rate: OrderRateLimits) {
    let gate = gate(after: last)
    return (
      instruments.map { gate.limits(of: $0.index) },
      gate.rate
    )
  }

  /// The first instrument whose profit is counted in the same asset, whatever the venue.
  func lossGroup(of instrument: Int) -> Int {
    instruments.firstIndex { $0.moved.quote == instruments[instrument].moved.quote } ?? instrument
  }
}

extension OrderRateLimits {
  /// The limit of that name; the least possible, which nothing is tighter than, for one that is no rate.
  fileprivate func value(of limit: CommandLimit) -> Int64 {
    switch limit {
    case .ordersPerSecond: Int64(perSecond)
    case .ordersPerTenSeconds: Int64(perTenSeconds)
    case .none, .maximumOrderQuantity, .maximumOrderNotional, .maximumPosition, .maximumOpenOrders,
      .priceCollarBasisPoints, .maximumDailyLoss:
      .min
    }
  }
}
