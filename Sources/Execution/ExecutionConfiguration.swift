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
  /// The last session's: its halts, reduce-only scopes and used-up daily loss hold on.
  public var restored: TradingState?
  /// Limits that were changed in earlier sessions, oldest first: the tighter of each and the configured one holds.
  public var restoredLimits: [LimitRecord]
  /// How much may be lost in a day (UTC) per quote asset, in units of 10^-8 of it; nil: it is not watched.
  public var maximumDailyLoss: Amount?
  /// How limits grow after arming.
  public var ramp: LimitRamp
  public var account: UInt8
  /// The most orders open at once, a power of two. Larger than what the limits allow, so that they decide.
  public var orderCapacity: Int
  /// Fees of each venue for the router, in basis points.
  public var takerFeeBasisPoints: Int64
  public var makerFeeBasisPoints: Int64

  public init(
    instruments: [Instrument], limits: [RiskLimits?], rate: OrderRateLimits, shards: [Int], bootEpoch: UInt32,
    armedEpoch: UInt32 = 0, startsArmed: Bool = true, startsReduceOnly: Bool = false, restored: TradingState? = nil,
    restoredLimits: [LimitRecord] = [], maximumDailyLoss: Amount? = nil, ramp: LimitRamp = LimitRamp(),
    account: UInt8 = 0, orderCapacity: Int = 1024, takerFeeBasisPoints: Int64 = 10,
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
    self.restored = restored
    self.restoredLimits = restoredLimits
    self.maximumDailyLoss = maximumDailyLoss
    self.ramp = ramp
    self.account = account
    self.orderCapacity = orderCapacity
    self.takerFeeBasisPoints = takerFeeBasisPoints
    self.makerFeeBasisPoints = makerFeeBasisPoints
  }
}
