// A batch with its buffers, driven by seeded random actions through the C interface.

import CEnvironment
import Environment
import Support

final class BatchUnderTest {
  let count: Int
  let size: Int
  private let task: LearningTask
  private let handle: OpaquePointer
  private let actions: UnsafeMutablePointer<Int32>
  let observations: UnsafeMutablePointer<Float>
  let rewards: UnsafeMutablePointer<Float>
  let terminated: UnsafeMutablePointer<UInt8>
  let truncated: UnsafeMutablePointer<UInt8>

  init(_ config: apus_environment_config, seeds: [UInt64]) {
    var config = config
    config.environments = UInt32(seeds.count)
    var made: OpaquePointer?
    precondition(apus_environment_create(&config, &made) == 0)
    handle = made!
    var floats: UInt32 = 0
    precondition(apus_environment_observation_size(handle, &floats) == 0)
    count = seeds.count
    size = Int(floats)
    task = LearningTask(rawValue: config.task)!
    actions = .allocate(capacity: 2 * count)
    observations = .allocate(capacity: size * count)
    rewards = .allocate(capacity: count)
    terminated = .allocate(capacity: count)
    truncated = .allocate(capacity: count)
    precondition(apus_environment_reset(handle, seeds, nil, observations) == 0)
  }

  deinit {
    apus_environment_close(handle)
    actions.deallocate()
    observations.deallocate()
    rewards.deallocate()
    terminated.deallocate()
    truncated.deallocate()
  }

  /// One step; the action depends on `number` and the environment's own place alone.
  func step(_ number: Int, first: Int = 0) {
    for i in 0..<count {
      var random = SeededRandom(UInt64(number) << 8 | UInt64(first + i))
      switch task {
      case .trade: actions[i] = Int32(random.next() % 3)
      case .execute: actions[i] = Int32(bitPattern: (Float(random.next() % 16) / 64).bitPattern)
      case .quote:
        actions[2 * i] = Int32(random.next() % 4)
        actions[2 * i + 1] = Int32(random.next() % 4)
      }
    }
    let code = apus_environment_step(handle, actions, observations, rewards, terminated, truncated, nil)
    precondition(code == 0)
  }

  /// All that environment `i` brought, folded into a digest (FNV-1a).
  func digest(_ i: Int, _ digest: inout UInt64) {
    func fold(_ bits: UInt32) { digest = (digest ^ UInt64(bits)) &* 0x100_0000_01b3 }
    for k in 0..<size { fold(observations[i * size + k].bitPattern) }
    fold(rewards[i].bitPattern)
    fold(UInt32(terminated[i]) << 8 | UInt32(truncated[i]))
  }
}
