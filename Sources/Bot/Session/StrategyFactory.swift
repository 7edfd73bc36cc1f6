// How a strategy is named in the configuration and made: the ones that come with Apus, and a user's own.

import Backtest
import Brain
import Market
import Pipeline
public import Strategy

/// The ring ends and outside words of a strategy stage, until a factory builds it.
public struct StrategyParts: ~Copyable {
  var instruments: [Instrument]
  var settings: StrategySettings
  var updates: RingConsumer<OrderUpdate>
  var events: RingConsumer<MarketEvent>
  var faults: RingProducer<BookFault>
  var intents: RingProducer<OrderIntent>
  var records: RecordProducer
  var snapshots: SnapshotPool
  var counters: CounterFile
  var clock: Clock
  var control: ControlWords
  var replayed: UnsafePointer<StepInput>? = nil

  /// What the stage reads from outside.
  var source: StepSource { StepSource(clock: clock, control: control, replayed: replayed) }
}

/// A strategy that a configuration can name.
public struct StrategyFactory: Sendable {
  public let name: String
  /// The stage for a worker to poll.
  let build: @Sendable (consuming StrategyParts, StrategyConfiguration) throws -> AnyStageBox
  /// The same stage for a backtest to step.
  let simulate: @Sendable (consuming StrategyParts, StrategyConfiguration) throws -> any SteppedStrategy

  /// A strategy of your own, by the name that stands in the configuration under `strategy.name`.
  ///
  /// - Parameters:
  ///   - name: not one of the strategies that come with Apus.
  ///   - make: called once for each instrument; may throw `StrategyConfigurationError` for a parameter it cannot use.
  public init<S: TradingStrategy & SendableMetatype>(
    _ name: String, _ make: @escaping @Sendable (StrategyConfiguration, Instrument) throws -> S
  ) {
    self.init(name: name, poll: { OwnStrategyStage(core: $0, source: $1) }, make: make)
  }

  /// - Parameter poll: wraps the stage into one whose `poll` is concrete, so that a worker's path through it is checked.
  init<S: TradingStrategy & SendableMetatype & ~Copyable, Polled: Stage & SendableMetatype & ~Copyable>(
    name: String, poll: @escaping @Sendable (consuming StrategyStage<S>, consuming StepSource) -> Polled,
    make: @escaping @Sendable (StrategyConfiguration, Instrument) throws -> S
  ) {
    self.name = name
    build = { parts, configuration in
      let source = parts.source
      return StageBox(StageNumber.strategy.name, poll(try parts.stage(configuration, make), source))
    }
    simulate = { parts, configuration in SteppedStage(try parts.stage(configuration, make)) }
  }
}

/// What a strategy cannot use in its configuration.
public struct StrategyConfigurationError: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// The stage of a strategy that this module does not know: specialised where it is registered, not annotated there.
struct OwnStrategyStage<S: TradingStrategy>: Stage, ~Copyable {
  var core: StrategyStage<S>
  let source: StepSource
  mutating func poll() -> Int { core.step(source.read()) }
}

extension StrategyParts {
  /// The stage of these parts for one strategy type.
  consuming func stage<S: TradingStrategy & ~Copyable>(
    _ configuration: StrategyConfiguration, _ make: (StrategyConfiguration, Instrument) throws -> S
  ) throws -> StrategyStage<S> {
    var stage = try StrategyStage<S>(
      shard: 0, instruments: instruments, settings: settings, updates: updates, intents: intents, records: records,
      counters: counters, makeStrategy: { try make(configuration, $0) })
    stage.addFeed(events: events, faults: faults, snapshots: snapshots)
    return stage
  }
}

extension StrategyFactory {
  /// The strategies that come with Apus.
  package static let included: [StrategyFactory] = [
    StrategyFactory(
      name: "quoting", poll: { QuotingStage(core: $0, source: $1) },
      make: { configuration, _ in
        var claimed = ParameterReader(configuration)
        let strategy = AvellanedaStoikov(claimed.quoting())
        try claimed.finish()
        return strategy
      }),
    StrategyFactory(
      name: "brain", poll: { BrainStage(core: $0, source: $1) },
      make: { configuration, _ in
        var claimed = ParameterReader(configuration)
        let strategy = BrainStrategy(try BrainModel(path: try configuration.modelPath), claimed.brain())
        try claimed.finish()
        return strategy
      }),
    StrategyFactory(
      name: "combined", poll: { CombinedStage(core: $0, source: $1) },
      make: { configuration, _ in
        var claimed = ParameterReader(configuration)
        let strategy = CombinedStrategy(
          quoting: claimed.quoting(),
          brain: BrainStrategy(try BrainModel(path: try configuration.modelPath), claimed.brain()),
          turnNs: claimed.seconds("turnSeconds", default: 10))
        try claimed.finish()
        return strategy
      }),
  ]
}

extension StrategyFactory {
  /// What a load test runs; no configuration names it.
  static let load = StrategyFactory(
    name: "load", poll: { AnsweringStage(core: $0, source: $1) }, make: { _, instrument in TickAnswer(instrument) })
}

/// Claims a strategy's parameters one by one; what nobody claimed is refused.
struct ParameterReader {
  private var left: [String: Double]
  private let strategy: String
  private var known: [String] = []

  init(_ configuration: StrategyConfiguration) {
    left = configuration.parameters
    strategy = configuration.name
  }

  mutating func number(_ name: String, default fallback: Double) -> Double {
    known.append(name)
    return left.removeValue(forKey: name) ?? fallback
  }

  mutating func seconds(_ name: String, default fallback: Double) -> Int64 {
    Int64(number(name, default: fallback) * 1e9)
  }

  func finish() throws {
    guard let name = left.keys.sorted().first else { return }
    throw StrategyConfigurationError(
      "strategy.parameters.\(name): \(strategy) has no such parameter; it has \(known.joined(separator: ", "))")
  }

  mutating func quoting() -> AvellanedaStoikov.Parameters {
    var parameters = AvellanedaStoikov.Parameters(orderAmount: amount("quotingAmount"))
    parameters.riskAversion = number("riskAversion", default: parameters.riskAversion)
    parameters.fillDecay = number("fillDecay", default: parameters.fillDecay)
    parameters.horizonSeconds = number("horizonSeconds", default: parameters.horizonSeconds)
    return parameters
  }

  mutating func brain() -> BrainStrategy.Parameters {
    var parameters = BrainStrategy.Parameters(orderAmount: amount("brainAmount"))
    parameters.shortestPauseNs = seconds("brainPauseSeconds", default: 1)
    parameters.slippageBasisPoints = number("slippageBasisPoints", default: parameters.slippageBasisPoints)
    return parameters
  }

  /// The worth of one order, in whole units of the quote asset.
  private mutating func amount(_ name: String) -> Amount {
    Amount(units: Int64(number(name, default: 500) * Double(Amount.unitsPerCoin)))
  }
}
