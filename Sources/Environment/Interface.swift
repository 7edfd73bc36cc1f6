// The functions of apus_environment.h: pointers are checked here, and errors become codes.

import CEnvironment
import Simulation

@c(apus_environment_version)
public func apusEnvironmentVersion() -> UInt32 { UInt32(APUS_ENVIRONMENT_VERSION) }

@c(apus_environment_message)
public func apusEnvironmentMessage(_ code: Int32) -> UnsafePointer<CChar> {
  let message: StaticString =
    code == 0 ? "no error" : EnvironmentError(rawValue: code)?.message ?? "not a code of this version"
  return UnsafeRawPointer(message.utf8Start).assumingMemoryBound(to: CChar.self)
}

@c(apus_environment_create)
public func apusEnvironmentCreate(
  _ config: UnsafeRawPointer?, _ environment: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
  answer { () throws(EnvironmentError) in
    guard let config, let environment else { throw .nullPointer }
    // The size first: a caller's older struct may be shorter than ours.
    guard Int(config.loadUnaligned(as: UInt32.self)) == MemoryLayout<apus_environment_config>.size else {
      throw .badSize
    }
    let configuration = try EnvironmentConfiguration(config.loadUnaligned(as: apus_environment_config.self))
    environment.pointee = OpaquePointer(Unmanaged.passRetained(Handle(configuration.batch())).toOpaque())
  }
}

@c(apus_environment_parameters_problem)
public func apusEnvironmentParametersProblem(
  _ market: UInt32, _ parameters: UnsafePointer<CChar>?, _ problem: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int32 {
  answer { () throws(EnvironmentError) in
    guard let parameters, let problem else { throw .nullPointer }
    guard capacity > 0 else { throw .badCount }
    let text = try SyntheticParameters.problem(market, parameters) ?? ""
    let bytes = Array(text.utf8.prefix(capacity - 1)) + [0]
    for (i, byte) in bytes.enumerated() { problem[i] = CChar(bitPattern: byte) }
  }
}

@c(apus_environment_observation_size)
public func apusEnvironmentObservationSize(
  _ environment: OpaquePointer?, _ floats: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  answer { () throws(EnvironmentError) in
    guard let environment, let floats else { throw .nullPointer }
    floats.pointee = UInt32(batch(environment).observationSize)
  }
}

@c(apus_environment_seeds)
public func apusEnvironmentSeeds(_ seed: UInt64, _ seeds: UnsafeMutablePointer<UInt64>?, _ count: Int) -> Int32 {
  answer { () throws(EnvironmentError) in
    guard let seeds else { throw .nullPointer }
    guard count >= 0 else { throw .badCount }
    var random = SplitMix64(seed: seed)
    for i in 0..<count { seeds[i] = random.next() }
  }
}

@c(apus_environment_reset)
public func apusEnvironmentReset(
  _ environment: OpaquePointer?, _ seeds: UnsafePointer<UInt64>?, _ mask: UnsafePointer<UInt8>?,
  _ observations: UnsafeMutablePointer<Float>?
) -> Int32 {
  answer { () throws(EnvironmentError) in
    guard let environment, let observations else { throw .nullPointer }
    try batch(environment).reset(seeds: seeds, mask: mask, observations: observations)
  }
}

@c(apus_environment_step)
public func apusEnvironmentStep(
  _ environment: OpaquePointer?, _ actions: UnsafeRawPointer?, _ observations: UnsafeMutablePointer<Float>?,
  _ rewards: UnsafeMutablePointer<Float>?, _ terminated: UnsafeMutablePointer<UInt8>?,
  _ truncated: UnsafeMutablePointer<UInt8>?, _ info: UnsafeRawPointer?
) -> Int32 {
  answer { () throws(EnvironmentError) in
    guard let environment, let actions, let observations, let rewards, let terminated, let truncated else {
      throw .nullPointer
    }
    try batch(environment).step(
      actions: actions, observations: observations, rewards: rewards, terminated: terminated, truncated: truncated,
      info: info?.loadUnaligned(as: apus_environment_info.self))
  }
}

@c(apus_environment_close)
public func apusEnvironmentClose(_ environment: OpaquePointer?) {
  guard let environment else { return }
  Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(environment)).release()
}

/// What an `apus_environment` points at.
private final class Handle {
  let batch: any LearningBatch
  init(_ batch: any LearningBatch) { self.batch = batch }
}

private func batch(_ environment: OpaquePointer) -> any LearningBatch {
  Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(environment)).takeUnretainedValue().batch
}

private func answer(_ work: () throws(EnvironmentError) -> Void) -> Int32 {
  do {
    try work()
    return 0
  } catch {
    return error.rawValue
  }
}
