// Environments side by side, stepped together over memory of their caller.

import Simulation

/// One owner, one thread at a time; several vectors may run on threads of their own.
final class EnvironmentVector {
  let config: EnvironmentConfig
  let count: Int

  private let scratch: StepScratch
  private let environments: UnsafeMutablePointer<LearningEnvironment>

  init(_ config: EnvironmentConfig) throws {
    let scratch = StepScratch()
    let count = Int(config.count)
    let environments = UnsafeMutablePointer<LearningEnvironment>.allocate(capacity: count)
    for i in 0..<count {
      do {
        (environments + i).initialize(to: try Self.make(config, seed: UInt64(config.seed) &+ UInt64(i), scratch))
      } catch {
        environments.deinitialize(count: i)
        environments.deallocate()
        throw error
      }
    }
    self.config = config
    self.count = count
    self.scratch = scratch
    self.environments = environments
  }

  deinit {
    environments.deinitialize(count: count)
    environments.deallocate()
  }

  private static func make(
    _ config: EnvironmentConfig, seed: UInt64, _ scratch: borrowing StepScratch
  ) throws -> LearningEnvironment {
    try LearningEnvironment(LearningRules(config), market: config.market, seed: seed, scratch)
  }

  /// Begins an episode in each environment of `mask` (nil: all), in a new market where `seeds` has one for it.
  func reset(seeds: UnsafePointer<Int64>?, mask: UnsafePointer<UInt8>?, observations: UnsafeMutablePointer<Float>) {
    for i in 0..<count where mask == nil || mask?[i] != 0 {
      if let seeds, seeds[i] >= 0, let fresh = try? Self.make(config, seed: UInt64(seeds[i]), scratch) {
        environments[i] = fresh
      }
      environments[i].begin()
      environments[i].observe(observations + i &* LearningEnvironment.observationSize)
    }
  }

  func step(
    actions: UnsafePointer<Int32>, observations: UnsafeMutablePointer<Float>, rewards: UnsafeMutablePointer<Float>,
    terminated: UnsafeMutablePointer<UInt8>, truncated: UnsafeMutablePointer<UInt8>
  ) {
    for i in 0..<count {
      let outcome = environments[i].step(actions[i], scratch)
      rewards[i] = outcome.reward
      terminated[i] = outcome.isTerminated ? 1 : 0
      truncated[i] = outcome.isTruncated ? 1 : 0
      environments[i].observe(observations + i &* LearningEnvironment.observationSize)
    }
  }

  func times(_ timesNs: UnsafeMutablePointer<Int64>) {
    for i in 0..<count { timesNs[i] = environments[i].timeNs }
  }
}
