// The exchangeable models of the matching engine.

/// What can be chosen about a venue that plays a recorded market. The default is the local venue's: everybody who leaves
/// a queue stood behind us, 0.1 % for everybody, a market that does not feel our trades, no halts.
public struct MatchingModels: Sendable {
  /// Where in a queue those stood who left it.
  public var queue: QueueRule
  public var fees: FeeTerms
  /// How our trades push the market, by the index of its instrument. What is played has to pass `pushed` first.
  public var impact: [Int: any ImpactModel]
  public var halts: [TradingHalt]
  /// Of each instrument, where they are contracts; empty for spot.
  public var contracts: [ContractTerms]

  public init(
    queue: QueueRule = .leaveBehind, fees: FeeTerms = FeeTerms(), impact: [Int: any ImpactModel] = [:],
    halts: [TradingHalt] = [], contracts: [ContractTerms] = []
  ) {
    self.queue = queue
    self.fees = fees
    self.impact = impact
    self.halts = halts
    self.contracts = contracts
  }
}
