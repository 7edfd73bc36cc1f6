// Why the risk gate refused an order: numbers that journals, counters and operators rely on.

/// The reason of a refusal. Numbers are stable; `docs/risk.md` documents each, and a test keeps the two in step.
public enum RefusalReason: UInt16, BitwiseCopyable, Sendable, CaseIterable {
  /// Approved.
  case none = 0

  // The session.
  case halted = 1
  case stopping = 2
  case journalBehind = 3
  case journalFull = 4
  case sessionDown = 5
  case gatewayFull = 6
  case orderTableFull = 7
  case identifiersUsedUp = 8
  case notArmed = 9

  // The instrument.
  case unknownInstrument = 10
  case noLimits = 11
  case definitionMismatch = 12
  case unsupportedContract = 14

  // What was commanded, or what the session did about itself.
  case paused = 15
  case notReconciled = 16
  case dailyLoss = 17
  case unknownStrategy = 18

  // The market data it rests on.
  case bookVoid = 20
  case bookCrossed = 21
  case staleMarketData = 22

  // The order itself.
  case intentTooOld = 30
  case expired = 31
  case duplicateIntent = 32
  case unsupportedOrder = 33
  case unboundedMarketOrder = 34

  // Its price.
  case priceBelowMinimum = 40
  case priceAboveMaximum = 41
  case priceBelowCollar = 42
  case priceAboveCollar = 43

  // Its size.
  case quantityBelowMinimum = 50
  case quantityAboveMaximum = 51
  case quantityAboveLimit = 52
  case notionalBelowMinimum = 53
  case notionalAboveMaximum = 54
  case notionalAboveLimit = 55
  case arithmeticOverflow = 56

  // What it adds to what is there.
  case positionLimit = 60
  case notReducing = 61
  case openOrderLimit = 62
  case selfCross = 63
  case ramp = 64
  case insufficientBalance = 70
  case orderRateSecond = 80
  case orderRateTenSeconds = 81

  /// Every check passed; a shadow session sends nothing.
  case shadow = 90

  /// One more than any code: the size of a table indexed by code.
  public static var codeCount: Int { 96 }
}

/// What the gate decided of one candidate, with the figure that decided it.
public struct RiskDecision: BitwiseCopyable, Equatable, Sendable {
  public var reason: RefusalReason
  /// The figure that was compared; its unit is that of the check (`docs/risk.md`). 0 when approved.
  public var observed: Int64
  /// The bound it was compared with.
  public var bound: Int64

  @inline(always)
  init(_ reason: RefusalReason, _ observed: Int64 = 0, _ bound: Int64 = 0) {
    self.reason = reason
    self.observed = observed
    self.bound = bound
  }

  @inline(always) static var approved: RiskDecision { RiskDecision(.none) }
  @inline(always) public var isApproved: Bool { reason == .none }
}
