// A strategy stage as the scheduler of a backtest sees it: stepped at given times, whatever its strategy.

public import Market
public import Strategy

/// The live stage of a strategy, stepped by hand.
public protocol SteppedStrategy: AnyObject {
  /// One step of the stage.
  ///
  /// - Returns: how many items were handled; 0 changed nothing.
  func step(_ input: StepInput) -> Int
  /// When a timer of the strategy is due, whatever else arrives; `.max` for none.
  var nextTimerNs: Int64 { get }
}

/// Holds the stage of one strategy type in place.
public final class SteppedStage<Strategy: TradingStrategy & ~Copyable>: SteppedStrategy {
  private var stage: StrategyStage<Strategy>

  public init(_ stage: consuming StrategyStage<Strategy>) { self.stage = stage }

  public func step(_ input: StepInput) -> Int { stage.step(input) }
  public var nextTimerNs: Int64 { stage.nextTimerNs }
}
