// Why a call of the environment's interface is refused: codes, and what they mean.

import CEnvironment

/// The codes of apus_environment.h.
package enum EnvironmentError: Int32, Error, CaseIterable {
  case nullPointer = 1
  case badSize, badTask, badMarket, badCount, badInterval, badLatency, badEpisode, badLots, badQuotes, badFee
  case badPenalty, badSignal, badAction, notSeeded, badParameters

  /// One sentence, without a value: the caller knows what it gave.
  package var message: StaticString {
    switch self {
    case .nullPointer: "a pointer that must not be NULL is"
    case .badSize: "size is not that of this version's apus_environment_config"
    case .badTask: "task is none of APUS_TASK_TRADE, APUS_TASK_EXECUTE, APUS_TASK_QUOTE"
    case .badMarket: "market is none of APUS_MARKET_HAWKES, APUS_MARKET_SIGNAL, APUS_MARKET_QUEUE_REACTIVE"
    case .badCount: "environments must be from 1 to 65536"
    case .badInterval: "events_per_step must be from 1 to 10000"
    case .badLatency: "latency_events must be from 0 to events_per_step"
    case .badEpisode: "episode_steps must be from 1 to 1000000"
    case .badLots: "maximum_lots must be from 1 to 10000"
    case .badQuotes: "quote_lots must be from 1 to maximum_lots, quote_offsets from 1 to 100"
    case .badFee: "fees must be from -1000 to 10000 millionths, and not negative together"
    case .badPenalty: "inventory_penalty_bps must be from 0 to 10000"
    case .badSignal: "signal_strength must be from 0 to below 1, and 0 where the market has no signal"
    case .badAction: "an action is outside its space"
    case .notSeeded: "the first reset must seed every environment"
    case .badParameters: "parameters make no market of that model; apus_environment_parameters_problem tells why"
    }
  }
}
