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
  public var account: UInt8
  /// The most orders open at once, a power of two. Larger than what the limits allow, so that they decide.
  public var orderCapacity: Int
  /// Fees of each venue for the router, in basis points.
  public var takerFeeBasisPoints: Int64
  public var makerFeeBasisPoints: Int64

  public init(
    instruments: [Instrument], limits: [RiskLimits?], rate: OrderRateLimits, shards: [Int], bootEpoch: UInt32,
    armedEpoch: UInt32 = 0, account: UInt8 = 0, orderCapacity: Int = 1024, takerFeeBasisPoints: Int64 = 10,
    makerFeeBasisPoints: Int64 = 10
  ) {
    self.instruments = instruments
    self.limits = limits
    self.rate = rate
    self.shards = shards
    self.bootEpoch = bootEpoch
    self.armedEpoch = armedEpoch
    self.account = account
    self.orderCapacity = orderCapacity
    self.takerFeeBasisPoints = takerFeeBasisPoints
    self.makerFeeBasisPoints = makerFeeBasisPoints
  }
}
