// The limits a desk sets: per instrument, and for the session's order rate. No limits means no trading.

public import Market

/// The limits of one instrument. An instrument without them is not traded (`RefusalReason.noLimits`).
public struct RiskLimits: BitwiseCopyable, Equatable, Sendable {
  /// The largest single order.
  public var maximumOrderQuantity: Quantity
  /// The largest single order's price times quantity (inverse contracts: contracts times their worth), in units of the
  /// quote asset.
  public var maximumOrderNotional: Amount
  /// The largest net position either way, as if every working order of the side had filled.
  public var maximumPosition: Quantity
  /// The most orders that may be open in the instrument, both sides together.
  public var maximumOpenOrders: Int64
  /// How far a price may lie outside the touch: above the best ask or below the best bid.
  public var collarBasisPoints: Int64
  /// How old the touch may be, from its receive time.
  public var maximumMarketAgeNs: Int64
  /// How old a decision may be at the gate, and how much longer an order may wait to be sent.
  public var maximumOrderAgeNs: Int64
  /// What a buy reserves in the quote asset above its price times quantity, for the fee; what an order of a contract
  /// needs beside its margin.
  public var feeReserveBasisPoints: Int64
  /// How many times its margin a contract may be worth: initial margin is the value divided by it. At most what the venue
  /// lends for the largest position. 0 for spot.
  public var leverage: Int64

  public init(
    maximumOrderQuantity: Quantity, maximumOrderNotional: Amount, maximumPosition: Quantity,
    maximumOpenOrders: Int64, collarBasisPoints: Int64, maximumMarketAgeNs: Int64, maximumOrderAgeNs: Int64,
    feeReserveBasisPoints: Int64, leverage: Int64 = 0
  ) {
    self.maximumOrderQuantity = maximumOrderQuantity
    self.maximumOrderNotional = maximumOrderNotional
    self.maximumPosition = maximumPosition
    self.maximumOpenOrders = maximumOpenOrders
    self.collarBasisPoints = collarBasisPoints
    self.maximumMarketAgeNs = maximumMarketAgeNs
    self.maximumOrderAgeNs = maximumOrderAgeNs
    self.feeReserveBasisPoints = feeReserveBasisPoints
    self.leverage = leverage
  }

  /// What is wrong with these limits for an instrument of that kind; nil when they can be used.
  public func problem(for kind: ContractKind) -> LimitProblem? {
    if let problem { return problem }
    if kind == .spot { return leverage == 0 ? nil : .leverageOfSpot }
    return leverage >= 1 ? nil : .leverage
  }

  /// What is wrong with these limits, leverage aside; nil when they can be used.
  public var problem: LimitProblem? {
    @_noLocks get {
      if maximumOrderQuantity.lots <= 0 { return .maximumOrderQuantity }
      if maximumOrderNotional.units <= 0 { return .maximumOrderNotional }
      if maximumPosition.lots <= 0 { return .maximumPosition }
      if maximumOpenOrders <= 0 { return .maximumOpenOrders }
      if collarBasisPoints < 0 || collarBasisPoints >= 10_000 { return .collarBasisPoints }
      if maximumMarketAgeNs <= 0 { return .maximumMarketAgeNs }
      if maximumOrderAgeNs <= 0 { return .maximumOrderAgeNs }
      if feeReserveBasisPoints < 0 || feeReserveBasisPoints >= 10_000 { return .feeReserveBasisPoints }
      return nil
    }
  }

  /// The limit of that name, in its own unit; nil for a limit that is not an instrument's.
  @_noLocks
  public func value(of limit: CommandLimit) -> Int64? {
    switch limit {
    case .maximumOrderQuantity: maximumOrderQuantity.lots
    case .maximumOrderNotional: maximumOrderNotional.units
    case .maximumPosition: maximumPosition.lots
    case .maximumOpenOrders: maximumOpenOrders
    case .priceCollarBasisPoints: collarBasisPoints
    case .none, .ordersPerSecond, .ordersPerTenSeconds, .maximumDailyLoss: nil
    }
  }

  /// These limits with another value of one of them; the same for a limit that is not an instrument's.
  @_noLocks
  public func setting(_ limit: CommandLimit, to value: Int64) -> RiskLimits {
    var limits = self
    switch limit {
    case .maximumOrderQuantity: limits.maximumOrderQuantity.lots = value
    case .maximumOrderNotional: limits.maximumOrderNotional.units = value
    case .maximumPosition: limits.maximumPosition.lots = value
    case .maximumOpenOrders: limits.maximumOpenOrders = value
    case .priceCollarBasisPoints: limits.collarBasisPoints = value
    case .none, .ordersPerSecond, .ordersPerTenSeconds, .maximumDailyLoss: break
    }
    return limits
  }
}

/// A field of `RiskLimits` that cannot be used as it is.
public enum LimitProblem: String, Sendable, CustomStringConvertible {
  case maximumOrderQuantity = "maximumOrderQuantity must be positive"
  case maximumOrderNotional = "maximumOrderNotional must be positive"
  case maximumPosition = "maximumPosition must be positive"
  case maximumOpenOrders = "maximumOpenOrders must be positive"
  case collarBasisPoints = "collarBasisPoints must be 0 to 9999"
  case maximumMarketAgeNs = "maximumMarketAgeNs must be positive"
  case maximumOrderAgeNs = "maximumOrderAgeNs must be positive"
  case feeReserveBasisPoints = "feeReserveBasisPoints must be 0 to 9999"
  case leverage = "leverage of a contract must be 1 or more"
  case leverageOfSpot = "leverage is of contracts: spot has none"

  public var description: String { rawValue }
}

/// How many new orders may pass the gate in any window of that length; cancels are not counted here, their budget is
/// the gateway's.
public struct OrderRateLimits: BitwiseCopyable, Equatable, Sendable {
  public var perSecond: Int
  public var perTenSeconds: Int

  public init(perSecond: Int, perTenSeconds: Int) {
    self.perSecond = perSecond
    self.perTenSeconds = perTenSeconds
  }

  /// The largest count a window may have, a power of two: the memory of the gate holds as many times.
  public static var maximumCount: Int { 65_536 }

  /// What is wrong with these limits; nil when they can be used.
  public var problem: String? {
    if !(1...Self.maximumCount).contains(perSecond) { return "perSecond must be 1 to \(Self.maximumCount)" }
    if !(1...Self.maximumCount).contains(perTenSeconds) { return "perTenSeconds must be 1 to \(Self.maximumCount)" }
    return nil
  }
}
