// The limits a desk sets: per instrument, and for the session's order rate. No limits means no trading.

public import Market

/// The limits of one instrument. An instrument without them is not traded (`RefusalReason.noLimits`).
public struct RiskLimits: BitwiseCopyable, Equatable, Sendable {
  /// The largest single order.
  public var maximumOrderQuantity: Quantity
  /// The largest single order's price times quantity, in units of the quote asset.
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
  /// What a buy reserves in the quote asset above its price times quantity, for the fee.
  public var feeReserveBasisPoints: Int64

  public init(
    maximumOrderQuantity: Quantity, maximumOrderNotional: Amount, maximumPosition: Quantity,
    maximumOpenOrders: Int64, collarBasisPoints: Int64, maximumMarketAgeNs: Int64, maximumOrderAgeNs: Int64,
    feeReserveBasisPoints: Int64
  ) {
    self.maximumOrderQuantity = maximumOrderQuantity
    self.maximumOrderNotional = maximumOrderNotional
    self.maximumPosition = maximumPosition
    self.maximumOpenOrders = maximumOpenOrders
    self.collarBasisPoints = collarBasisPoints
    self.maximumMarketAgeNs = maximumMarketAgeNs
    self.maximumOrderAgeNs = maximumOrderAgeNs
    self.feeReserveBasisPoints = feeReserveBasisPoints
  }

  /// What is wrong with these limits, naming the field; nil when they can be used.
  public var problem: String? {
    if maximumOrderQuantity.lots <= 0 { return "maximumOrderQuantity must be positive" }
    if maximumOrderNotional.units <= 0 { return "maximumOrderNotional must be positive" }
    if maximumPosition.lots <= 0 { return "maximumPosition must be positive" }
    if maximumOpenOrders <= 0 { return "maximumOpenOrders must be positive" }
    if !(0..<10_000).contains(collarBasisPoints) { return "collarBasisPoints must be 0 to 9999" }
    if maximumMarketAgeNs <= 0 { return "maximumMarketAgeNs must be positive" }
    if maximumOrderAgeNs <= 0 { return "maximumOrderAgeNs must be positive" }
    if !(0..<10_000).contains(feeReserveBasisPoints) { return "feeReserveBasisPoints must be 0 to 9999" }
    return nil
  }
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

  /// The largest count a window may have: bounds the memory of the gate.
  public static var maximumCount: Int { 65_536 }

  /// What is wrong with these limits; nil when they can be used.
  public var problem: String? {
    if !(1...Self.maximumCount).contains(perSecond) { return "perSecond must be 1 to \(Self.maximumCount)" }
    if !(1...Self.maximumCount).contains(perTenSeconds) { return "perTenSeconds must be 1 to \(Self.maximumCount)" }
    return nil
  }
}
