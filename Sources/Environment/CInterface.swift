// The C interface of libApusEnvironment: apus_environment.h has its contracts.

/// What a step returns. An action out of range refuses the whole step: to do nothing would hide a learner's error.
private enum Status {
  static let done: Int32 = 0
  static let badAction: Int32 = -1
}

@c(apus_environment_version)
public func environmentVersion() -> UInt32 { 1 }

@c(apus_environment_create)
public func environmentCreate(
  _ config: UnsafePointer<CChar>, _ length: Int, _ reason: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> UnsafeMutableRawPointer? {
  do {
    let text = UnsafeRawBufferPointer(start: config, count: length)
    let vector = try EnvironmentVector(EnvironmentConfig(parsing: text))
    return Unmanaged.passRetained(vector).toOpaque()
  } catch {
    if let reason { write("\(error)", reason, capacity) }
    return nil
  }
}

@c(apus_environment_destroy)
public func environmentDestroy(_ handle: UnsafeMutableRawPointer?) {
  if let handle { Unmanaged<EnvironmentVector>.fromOpaque(handle).release() }
}

@c(apus_environment_count)
public func environmentCount(_ handle: UnsafeMutableRawPointer) -> Int32 { Int32(vector(handle).count) }

@c(apus_environment_observation_size)
public func environmentObservationSize(_ handle: UnsafeMutableRawPointer) -> Int32 {
  Int32(LearningEnvironment.observationSize)
}

@c(apus_environment_observation_names)
public func environmentObservationNames(_ text: UnsafeMutablePointer<CChar>, _ capacity: Int) {
  write(LearningEnvironment.observationNames.joined(separator: ","), text, capacity)
}

@c(apus_environment_actions)
public func environmentActions(_ handle: UnsafeMutableRawPointer) -> Int32 { Int32(vector(handle).config.task.actions) }

@c(apus_environment_reset)
public func environmentReset(
  _ handle: UnsafeMutableRawPointer, _ seeds: UnsafePointer<Int64>?, _ mask: UnsafePointer<UInt8>?,
  _ observations: UnsafeMutablePointer<Float>
) {
  vector(handle).reset(seeds: seeds, mask: mask, observations: observations)
}

@c(apus_environment_step)
public func environmentStep(
  _ handle: UnsafeMutableRawPointer, _ actions: UnsafePointer<Int32>, _ observations: UnsafeMutablePointer<Float>,
  _ rewards: UnsafeMutablePointer<Float>, _ terminated: UnsafeMutablePointer<UInt8>,
  _ truncated: UnsafeMutablePointer<UInt8>
) -> Int32 {
  let vector = vector(handle)
  let limit = Int32(vector.config.task.actions)
  for i in 0..<vector.count where actions[i] < 0 || actions[i] >= limit { return Status.badAction }
  vector.step(
    actions: actions, observations: observations, rewards: rewards, terminated: terminated, truncated: truncated)
  return Status.done
}

@c(apus_environment_times)
public func environmentTimes(_ handle: UnsafeMutableRawPointer, _ timesNs: UnsafeMutablePointer<Int64>) {
  vector(handle).times(timesNs)
}

private func vector(_ handle: UnsafeMutableRawPointer) -> EnvironmentVector {
  Unmanaged<EnvironmentVector>.fromOpaque(handle).takeUnretainedValue()
}

/// Writes as much of a text as fits, and a zero.
private func write(_ text: String, _ memory: UnsafeMutablePointer<CChar>, _ capacity: Int) {
  guard capacity > 0 else { return }
  let told = text.utf8.prefix(capacity - 1)
  for (i, byte) in told.enumerated() { memory[i] = CChar(bitPattern: byte) }
  memory[told.count] = 0
}
