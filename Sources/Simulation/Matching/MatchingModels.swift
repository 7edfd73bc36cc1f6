// The exchangeable models of the matching engine.

/// What can be chosen about a venue that plays a recorded market. The default is the local venue's: everybody who leaves
/// a queue stood behind us, and the fees of Binance's first tier.
public struct MatchingModels: Sendable {
  /// Where in a queue those stood who left it.
  public var queue: QueueRule
  public var fees: FeeRates
  /// Of each instrument, where they are contracts; empty for spot.
  public var contracts: [ContractTerms]

  public init(queue: QueueRule = .leaveBehind, fees: FeeRates = FeeRates(), contracts: [ContractTerms] = []) {
    self.queue = queue
    self.fees = fees
    self.contracts = contracts
  }
}
