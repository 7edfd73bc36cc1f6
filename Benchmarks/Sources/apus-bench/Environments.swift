// The learning environments through their C interface against the market alone that they are made of.

import CEnvironment
import Environment
import Market
import Peers
import Simulation
import Suite

private let environments = 64
/// Messages of the market between two decisions.
private let eventsPerStep = 1
private let seed: UInt64 = 1

func environment(_ scale: Scale) throws -> Benchmark {
  let steps = scale.of(40_000, tiny: 200)
  // A side makes its markets anew, so that both play the same stretch.
  return Benchmark(
    row: "environment", unit: "ns/step",
    topology: """
      \(environments) environments in turn: action --> C interface --> synthetic market (Hawkes), \(eventsPerStep) message a \
      step --> book, 48 features, account --> observation, reward; task trade, always flat; one CPU. Bare engine: the same \
      messages of the same markets, made and not looked at
      """,
    ours: BenchmarkSide("apus") {
      let batch = try EnvironmentBatch()
      let nsPerStep = try batch.step(steps)
      try batch.compare(BareMarkets(), steps: steps)
      return nsPerStep
    },
    peers: [
      BenchmarkSide("bare engine") {
        let markets = try BareMarkets()
        return markets.play(steps)
      }
    ])
}

/// A batch as a learner's library holds it.
private final class EnvironmentBatch {
  private let handle: OpaquePointer
  private let actions = [Int32](repeating: 1, count: environments)  // stay flat
  private var observations: [Float]
  private var rewards = [Float](repeating: 0, count: environments)
  private var terminated = [UInt8](repeating: 0, count: environments)
  private var truncated = [UInt8](repeating: 0, count: environments)

  init() throws {
    var config = apus_environment_config()
    config.size = UInt32(MemoryLayout<apus_environment_config>.size)
    config.task = UInt32(APUS_TASK_TRADE)
    config.market = UInt32(APUS_MARKET_HAWKES)
    config.environments = UInt32(environments)
    config.events_per_step = UInt32(eventsPerStep)
    config.episode_steps = 1_000_000
    config.features = 1
    config.maximum_lots = 1
    var made: OpaquePointer?
    var size: UInt32 = 0
    guard apus_environment_create(&config, &made) == 0, let made,
      apus_environment_observation_size(made, &size) == 0
    else { throw BenchmarkError("environment: no batch could be made") }
    handle = made
    observations = [Float](repeating: 0, count: environments * Int(size))
    guard apus_environment_reset(handle, Self.seeds, nil, &observations) == 0 else {
      throw BenchmarkError("environment: the batch could not be seeded")
    }
  }

  deinit { apus_environment_close(handle) }

  static let seeds: [UInt64] = {
    var seeds = [UInt64](repeating: 0, count: environments)
    _ = apus_environment_seeds(seed, &seeds, environments)
    return seeds
  }()

  /// - Returns: nanoseconds for each decision of an environment.
  func step(_ steps: Int) throws -> Double {
    let start = peer_now_ns()
    for _ in 0..<steps {
      guard apus_environment_step(handle, actions, &observations, &rewards, &terminated, &truncated, nil) == 0 else {
        throw BenchmarkError("environment: a step was refused")
      }
    }
    return Double(peer_now_ns() - start) / Double(steps * environments)
  }

  /// Who stays flat changes nothing: after one more step every market must stand where the bare one stands.
  func compare(_ bare: BareMarkets, steps: Int) throws {
    _ = bare.play(steps + 1)
    var mids = [Int64](repeating: 0, count: environments)
    var times = [Int64](repeating: 0, count: environments)
    let isTold = mids.withUnsafeMutableBufferPointer { mids in
      times.withUnsafeMutableBufferPointer { times in
        var info = apus_environment_info()
        info.double_mid = mids.baseAddress
        info.time_ns = times.baseAddress
        return apus_environment_step(handle, actions, &observations, &rewards, &terminated, &truncated, &info) == 0
      }
    }
    guard isTold, mids == bare.doubleMids, times == bare.timesNs, !observations.allSatisfy({ $0 == 0 }) else {
      throw BenchmarkError("environment: its markets are not where the bare ones are after \(steps + 1) steps")
    }
  }
}

/// The markets of the same seeds, and nothing around them.
private final class BareMarkets {
  private let markets = UnsafeMutablePointer<HawkesMarket>.allocate(capacity: environments)
  private let rows = UnsafeMutablePointer<TapeRow>.allocate(capacity: HawkesMarket.rowsPerMessage)

  init() throws {
    for i in 0..<environments {
      var seeds = SplitMix64(seed: EnvironmentBatch.seeds[i])
      (markets + i).initialize(to: try HawkesMarket(.plain, seed: seeds.next()))
      _ = markets[i].next(into: rows)  // the snapshot
    }
  }

  deinit {
    markets.deinitialize(count: environments)
    markets.deallocate()
    rows.deallocate()
  }

  /// - Returns: nanoseconds for as many messages as a step takes.
  func play(_ steps: Int) -> Double {
    let start = peer_now_ns()
    for _ in 0..<steps {
      for i in 0..<environments {
        for _ in 0..<eventsPerStep { _ = markets[i].next(into: rows) }
      }
    }
    return Double(peer_now_ns() - start) / Double(steps * environments)
  }

  var doubleMids: [Int64] {
    (0..<environments).map { markets[$0].bestBid.price.ticks + markets[$0].bestAsk.price.ticks }
  }
  var timesNs: [Int64] { (0..<environments).map { markets[$0].timeNs } }
}
