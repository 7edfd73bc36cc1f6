// What a batch of environments is made of, checked once.

import CEnvironment
import Simulation

/// What is to be learned.
package enum LearningTask: UInt32, BitwiseCopyable, Sendable {
  case trade = 0
  case execute = 1
  case quote = 2

  /// Numbers of four bytes in an action.
  package var actionWidth: Int { self == .quote ? 2 : 1 }
}

/// What an episode goes by; the fields are documented in apus_environment.h.
package struct EpisodeRules: BitwiseCopyable {
  package var task: LearningTask
  package var eventsPerStep: Int
  package var latencyEvents: Int
  package var episodeSteps: Int
  package var hasFeatures: Bool
  package var maximumLots: Int64
  package var quoteLots: Int64
  package var quoteOffsets: Int64
  package var makerFeePpm: Int64
  package var takerFeePpm: Int64
  package var inventoryPenaltyBps: Double

  /// - Precondition: every value is in its range.
  package init(_ config: apus_environment_config, _ task: LearningTask) {
    self.task = task
    eventsPerStep = Int(config.events_per_step)
    latencyEvents = Int(config.latency_events)
    episodeSteps = Int(config.episode_steps)
    hasFeatures = config.features != 0
    maximumLots = Int64(config.maximum_lots)
    quoteLots = Int64(config.quote_lots)
    quoteOffsets = Int64(config.quote_offsets)
    makerFeePpm = Int64(config.maker_fee_ppm)
    takerFeePpm = Int64(config.taker_fee_ppm)
    inventoryPenaltyBps = config.inventory_penalty_bps
  }
}

/// `apus_environment_config` with every value in its range.
package struct EnvironmentConfiguration {
  package let environments: Int
  package let market: SyntheticParameters
  package let rules: EpisodeRules

  /// - Throws: the first value that is out of its range.
  package init(_ config: apus_environment_config) throws(EnvironmentError) {
    func check(_ holds: Bool, _ error: EnvironmentError) throws(EnvironmentError) {
      if !holds { throw error }
    }
    try check(Int(config.size) == MemoryLayout<apus_environment_config>.size, .badSize)
    guard let task = LearningTask(rawValue: config.task) else { throw .badTask }
    try check((1...65_536).contains(config.environments), .badCount)
    try check((1...10_000).contains(config.events_per_step), .badInterval)
    try check(config.latency_events <= config.events_per_step, .badLatency)
    try check((1...1_000_000).contains(config.episode_steps), .badEpisode)
    try check((1...10_000).contains(config.maximum_lots), .badLots)
    if task == .quote {
      try check((1...config.maximum_lots).contains(config.quote_lots), .badQuotes)
      try check((1...100).contains(config.quote_offsets), .badQuotes)
    }
    let fees = -1000...10_000 as ClosedRange<Int32>
    try check(fees.contains(config.maker_fee_ppm) && fees.contains(config.taker_fee_ppm), .badFee)
    try check(config.maker_fee_ppm + config.taker_fee_ppm >= 0, .badFee)
    try check((0...10_000).contains(config.inventory_penalty_bps), .badPenalty)
    market = try SyntheticParameters(config)
    environments = Int(config.environments)
    rules = EpisodeRules(config, task)
  }
}
