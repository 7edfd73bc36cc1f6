// The environments that are stepped together, over buffers of their caller.

import CEnvironment
import Market
import Simulation

/// A batch, whatever its market is. One thread at a time.
package protocol LearningBatch: AnyObject {
  /// Floats in an observation.
  var observationSize: Int { get }

  /// Begins episodes. The arguments are those of `apus_environment_reset`.
  func reset(
    seeds: UnsafePointer<UInt64>?, mask: UnsafePointer<UInt8>?, observations: UnsafeMutablePointer<Float>
  ) throws(EnvironmentError)

  /// One decision of every environment. The arguments are those of `apus_environment_step`.
  func step(
    actions: UnsafeRawPointer, observations: UnsafeMutablePointer<Float>, rewards: UnsafeMutablePointer<Float>,
    terminated: UnsafeMutablePointer<UInt8>, truncated: UnsafeMutablePointer<UInt8>, info: apus_environment_info?
  ) throws(EnvironmentError)
}

extension EnvironmentConfiguration {
  /// A batch of it, unseeded.
  package func batch() -> any LearningBatch {
    switch market {
    case .hawkes(let parameters): EnvironmentBatch<HawkesMarket>(self, parameters)
    case .queueReactive(let parameters): EnvironmentBatch<QueueReactiveMarket>(self, parameters)
    }
  }
}

/// A batch of environments on markets of one kind.
private final class EnvironmentBatch<Source: SeededMarket & ~Copyable>: LearningBatch {
  private typealias Member = Room<Source>

  private let configuration: EnvironmentConfiguration
  private let parameters: Source.Parameters
  private let rooms: UnsafeMutablePointer<Member>
  /// The message under way, of whichever room is at work.
  private let rows: UnsafeMutablePointer<TapeRow>
  private var isSeeded = false

  init(_ configuration: EnvironmentConfiguration, _ parameters: Source.Parameters) {
    self.configuration = configuration
    self.parameters = parameters
    rooms = .allocate(capacity: configuration.environments)
    rows = .allocate(capacity: Source.rowsPerMessage)
  }

  deinit {
    if isSeeded { rooms.deinitialize(count: configuration.environments) }
    rooms.deallocate()
    rows.deallocate()
  }

  var observationSize: Int { (configuration.rules.hasFeatures ? FeatureVector.count : 0) + ownStateCount }

  func reset(
    seeds: UnsafePointer<UInt64>?, mask: UnsafePointer<UInt8>?, observations: UnsafeMutablePointer<Float>
  ) throws(EnvironmentError) {
    guard isSeeded || (seeds != nil && mask == nil) else { throw .notSeeded }
    for i in 0..<configuration.environments where mask == nil || mask?[i] != 0 {
      if let seeds {
        if isSeeded { (rooms + i).deinitialize(count: 1) }
        (rooms + i).initialize(to: room(seed: seeds[i]))
      } else {
        rooms[i].begin()
      }
      rooms[i].observe(observations + i * observationSize)
    }
    isSeeded = true
  }

  func step(
    actions: UnsafeRawPointer, observations: UnsafeMutablePointer<Float>, rewards: UnsafeMutablePointer<Float>,
    terminated: UnsafeMutablePointer<UInt8>, truncated: UnsafeMutablePointer<UInt8>, info: apus_environment_info?
  ) throws(EnvironmentError) {
    guard isSeeded else { throw .notSeeded }
    try check(actions)
    let width = 4 &* configuration.rules.task.actionWidth
    let size = observationSize
    for i in 0..<configuration.environments {
      let outcome = rooms[i].step(actions + i &* width, rows)
      rooms[i].observe(observations + i &* size)
      rewards[i] = outcome.reward
      terminated[i] = outcome.isTerminated ? 1 : 0
      truncated[i] = outcome.isTruncated ? 1 : 0
      if let info { write(info, i) }
    }
  }

  private func room(seed: UInt64) -> Member {
    var seeds = SplitMix64(seed: seed)
    do {
      let market = try Source(parameters, seed: seeds.next())
      return Room(market, rules: configuration.rules, random: SplitMix64(seed: seeds.next()), rows: rows)
    } catch {
      preconditionFailure("the configuration admits no parameters that make no market: \(error)")
    }
  }

  /// All actions before the first step: a refused call changes nothing.
  private func check(_ actions: UnsafeRawPointer) throws(EnvironmentError) {
    let rules = configuration.rules
    for i in 0..<configuration.environments &* rules.task.actionWidth {
      if rules.task == .execute {
        let share = actions.loadUnaligned(fromByteOffset: 4 &* i, as: Float.self)
        guard share >= 0, share <= 1 else { throw .badAction }  // not a number is neither
      } else {
        let choice = actions.loadUnaligned(fromByteOffset: 4 &* i, as: Int32.self)
        let last = rules.task == .trade ? 2 : Int32(truncatingIfNeeded: rules.quoteOffsets)
        guard choice >= 0, choice <= last else { throw .badAction }
      }
    }
  }

  private func write(_ info: apus_environment_info, _ i: Int) {
    let doubleMid = rooms[i].doubleMid
    info.equity?[i] = rooms[i].account.equity(doubleMid: doubleMid)
    info.fees?[i] = rooms[i].account.fees
    info.inventory?[i] = rooms[i].account.inventoryLots
    info.double_mid?[i] = doubleMid
    info.time_ns?[i] = rooms[i].timeNs
  }
}
