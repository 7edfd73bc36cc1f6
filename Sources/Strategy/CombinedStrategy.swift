// Quoting and the brain in turn on one instrument: the first earns the spread, the second takes a view.

import Brain
import Market

/// Lets the market maker and the brain trade by turns of a fixed length in the session's clock, on one position.
///
/// At a change of turn all orders are cancelled, and whoever is next begins when they are gone. Both observe all the
/// time: the recurrence and the variance know no turns.
public struct CombinedStrategy: TradingStrategy, ~Copyable {
  public static var usesFeatures: Bool { true }

  private var quoting: AvellanedaStoikov
  private var brain: BrainStrategy
  private let turnNs: Int64
  private var turn: Int64 = -1

  /// - Parameter turnNs: the length of a turn; even turns of the session's clock quote, odd ones follow the brain.
  public init(
    quoting: AvellanedaStoikov.Parameters, brain: consuming BrainStrategy, turnNs: Int64 = 10_000_000_000
  ) {
    precondition(turnNs > 0)
    self.quoting = AvellanedaStoikov(quoting, sampleIntervalNs: brain.sampleIntervalNs)
    self.brain = brain
    self.turnNs = turnNs
  }

  public var sampleIntervalNs: Int64 { brain.sampleIntervalNs }

  @_noLocks
  public mutating func onSample(_ context: inout TradingContext) {
    quoting.onSample(&context)
    brain.onSample(&context)
  }

  @_noLocks
  public mutating func onIdle() { brain.onIdle() }

  @_noLocks
  public mutating func onRestart(_ context: inout TradingContext) {
    quoting.onRestart(&context)
    brain.onRestart(&context)
  }

  @_noLocks
  public mutating func onReport(_ update: OrderUpdate, _ context: inout TradingContext) { onBook(&context) }

  @_noLocks
  public mutating func onBook(_ context: inout TradingContext) {
    let now = context.nowNs / turnNs
    if now != turn {
      context.cancelAll()
      if !context.orders.isEmpty { return }
      turn = now
    }
    if now & 1 == 0 {
      quoting.onBook(&context)
    } else {
      brain.onBook(&context)
    }
  }
}
