// Measured: how much time a CPU's spinning thread loses to interrupts and other threads, and its longest gap.

import CShims
import Pipeline

/// What one CPU lost.
public struct NoiseResult: Sendable, Equatable, Encodable {
  public var cpu: Int
  public var durationNs: Int64
  /// A step of the loop longer than this is a gap.
  public var thresholdNs: Int64
  public var gaps: Int
  /// Of all gaps, less the ordinary step.
  public var stolenNs: Int64
  public var longestGapNs: Int64
  /// Interrupts on this CPU in the window, by their name in /proc/interrupts; those that did not occur are left out.
  public var interrupts: [String: Int64]
  public var involuntarySwitches: Int64

  package init(
    cpu: Int, durationNs: Int64, thresholdNs: Int64, gaps: Int, stolenNs: Int64, longestGapNs: Int64,
    interrupts: [String: Int64], involuntarySwitches: Int64
  ) {
    self.cpu = cpu
    self.durationNs = durationNs
    self.thresholdNs = thresholdNs
    self.gaps = gaps
    self.stolenNs = stolenNs
    self.longestGapNs = longestGapNs
    self.interrupts = interrupts
    self.involuntarySwitches = involuntarySwitches
  }
}

/// Gaps of a loop that reads a counter as often as it can. A value, so that known readings give known gaps.
public struct GapCount: Sendable, Equatable {
  public let stepCycles: UInt64
  public let thresholdCycles: UInt64
  public private(set) var gaps = 0
  public private(set) var stolenCycles: UInt64 = 0
  public private(set) var longestCycles: UInt64 = 0
  private var last: UInt64

  /// A step is a gap from so many medians on, and not below the floor.
  private static var medians: UInt64 { 20 }

  /// - Parameters:
  ///   - steps: of the undisturbed loop; their median is the ordinary step.
  ///   - floorCycles: the smallest threshold.
  public init(steps: [UInt64], floorCycles: UInt64, start: UInt64) {
    stepCycles = steps.isEmpty ? 0 : steps.sorted()[steps.count / 2]
    thresholdCycles = max(floorCycles, stepCycles &* Self.medians)
    last = start
  }

  @inline(__always)
  public mutating func read(_ now: UInt64) {
    let step = now &- last
    last = now
    guard step > thresholdCycles else { return }
    gaps &+= 1
    stolenCycles &+= step &- stepCycles
    longestCycles = max(longestCycles, step)
  }
}

/// Runs the measurement on all of the given CPUs at once, as a session would spin on them.
public enum NoiseTest {
  private static var warmUpSteps: Int { 4_096 }
  private static var floorNs: Double { 1_000 }

  /// Blocks for about `durationNs`. A CPU on which no thread may be started is left out.
  public static func run(cpus: [Int], durationNs: Int64) -> [NoiseResult] {
    let rate = TimeStampCounterCalibration.measured.nsPerCycle
    let spins = cpus.map {
      NoiseSpin(cpu: $0, cycles: UInt64(Double(durationNs) / rate), floor: UInt64(floorNs / rate))
    }
    let before = InterruptCounts(HostFolder(root: "").text("/proc/interrupts") ?? "")
    let started = spins.filter { startSpin($0) }
    for spin in started { _ = apus_thread_join(spin.thread) }
    let after = InterruptCounts(HostFolder(root: "").text("/proc/interrupts") ?? "")
    return started.compactMap { spin in
      guard let count = spin.count else { return nil }
      func ns(_ cycles: UInt64) -> Int64 { Int64(Double(cycles) * rate) }
      return NoiseResult(
        cpu: spin.cpu, durationNs: durationNs, thresholdNs: ns(count.thresholdCycles), gaps: count.gaps,
        stolenNs: ns(count.stolenCycles), longestGapNs: ns(count.longestCycles),
        interrupts: after.since(before, cpu: spin.cpu), involuntarySwitches: spin.switches)
    }
  }

  /// The body of the thread.
  fileprivate static func spin(_ spin: NoiseSpin) {
    var usage = apus_thread_usage()
    apus_read_thread_usage(&usage)
    let switchesBefore = usage.involuntary_switches
    var steps: [UInt64] = []
    steps.reserveCapacity(warmUpSteps)
    var last = apus_tsc()
    for _ in 0..<warmUpSteps {
      let now = apus_tsc()
      steps.append(now &- last)
      last = now
    }
    let start = apus_tsc()
    var count = GapCount(steps: steps, floorCycles: spin.floor, start: apus_tsc())
    var now = start
    while now &- start < spin.cycles {
      now = apus_tsc()
      count.read(now)
    }
    apus_read_thread_usage(&usage)
    spin.switches = usage.involuntary_switches - switchesBefore
    spin.count = count
  }
}

/// One thread's orders and results; read after the join.
private final class NoiseSpin: @unchecked Sendable {  // Safe: the thread's own between start and join.
  let cpu: Int
  let cycles: UInt64
  let floor: UInt64
  var thread: UInt64 = 0
  var count: GapCount?
  var switches: Int64 = 0

  init(cpu: Int, cycles: UInt64, floor: UInt64) {
    self.cpu = cpu
    self.cycles = cycles
    self.floor = floor
  }
}

private func startSpin(_ spin: NoiseSpin) -> Bool {
  let context = Unmanaged.passRetained(spin)
  let result = apus_thread_start(
    &spin.thread, Int32(spin.cpu), 0,
    { raw in
      guard let raw else { return nil }
      NoiseTest.spin(Unmanaged<NoiseSpin>.fromOpaque(raw).takeRetainedValue())
      return nil
    }, context.toOpaque())
  if result != 0 { context.release() }
  return result == 0
}

/// /proc/interrupts as counts by name and CPU.
package struct InterruptCounts {
  private var counts: [String: [Int: Int64]] = [:]

  package init(_ text: String) {
    var lines = text.split(separator: "\n")[...]
    let cpus = (lines.popFirst() ?? "").split(separator: " ").compactMap { Int($0.dropFirst(3)) }
    for line in lines {
      let words = line.split(separator: " ")
      guard let name = words.first, name.hasSuffix(":"), words.count > cpus.count else { continue }
      let numbers = words.dropFirst().prefix(cpus.count).compactMap { Int64($0) }
      guard numbers.count == cpus.count else { continue }
      let rest = words.dropFirst(cpus.count + 1).joined(separator: " ")
      counts["\(name) \(rest)"] = Dictionary(zip(cpus, numbers)) { first, _ in first }
    }
  }

  package func since(_ before: InterruptCounts, cpu: Int) -> [String: Int64] {
    counts.compactMapValues { $0[cpu] }.reduce(into: [:]) { changes, entry in
      let change = entry.value - (before.counts[entry.key]?[cpu] ?? 0)
      if change != 0 { changes[entry.key] = change }
    }
  }
}

extension Finding {
  /// The whole way from a frame to an order is meant to take less (ARCHITECTURE.md): a gap of that length is seen.
  private static var longGapNs: Int64 { 10_000 }

  public init(_ noise: NoiseResult) {
    let share = Double(noise.stolenNs) / Double(max(1, noise.durationNs))
    let percent = Double((share * 1e5).rounded()) / 1e3
    let busiest = noise.interrupts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
    let names = busiest.map { "\($0.value) x \($0.key)" }.joined(separator: ", ")
    let isLong = noise.longestGapNs >= Self.longGapNs
    self.init(
      "noise", isLong ? .hurts : .good,
      "CPU \(noise.cpu): longest gap \(noise.longestGapNs / 1_000) us, \(noise.gaps) gaps, \(percent) % of the time stolen",
      why: "measured over \(noise.durationNs / 1_000_000) ms; \(noise.involuntarySwitches) involuntary switches; "
        + "interrupts: \(names.isEmpty ? "none" : names)",
      cure: isLong ? "those of the findings isolation.* and interrupts.*" : nil)
  }
}
