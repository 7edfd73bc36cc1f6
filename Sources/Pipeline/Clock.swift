// The session's clock: nanoseconds since 1970, computed from the time-stamp counter. Any thread may read it.

import CShims
import Synchronization

/// Why there is no clock.
public enum ClockError: Error, Equatable, CustomStringConvertible {
  case counterNotInvariant

  public var description: String {
    "the time-stamp counter of this CPU changes its rate with the power state; run on a CPU with an invariant counter"
  }
}

/// The one clock of a session. Copies share it.
///
/// It is a straight line: `originNs` plus the time elapsed since it was made times `speed`. Live, the origin is the
/// system's time; when a local venue replays a capture, both sides stand on the capture's first receive stamp. The
/// wall clock is read once and never again, so that a correction of the system's time cannot step the session; a
/// `ClockKeeper` holds the line against CLOCK_MONOTONIC, which NTP slews and never steps.
public struct Clock: @unchecked Sendable {  // Safe: the words are atomics and are never freed.
  /// Two lines: the one in force and the next. `generation` says which is in force.
  let generation: UnsafeMutablePointer<Atomic<Int>>
  let lines: UnsafeMutablePointer<ClockLine>
  /// Real nanoseconds per cycle, whatever the session's speed.
  let realRate: CycleRate
  public let speed: Double
  /// How far the clock may be from its origin's moment when it is made, in nanoseconds: half the width of one reading.
  public let anchorErrorNs: Int64
  /// What the origin is measured against: kept for the clock's keeper.
  let start: (monotonicNs: Int64, sessionNs: Int64)

  /// A clock on the system's time (CLOCK_REALTIME at this moment).
  public init() throws(ClockError) {
    let reading = ClockReading.realtime()
    try self.init(reading, sessionNs: reading.clockNs, speed: 1)
  }

  /// A clock that stands at `originNs` now and runs `speed` times as fast as real time.
  public init(originNs: Int64, speed: Double) throws(ClockError) {
    precondition(speed > 0 && speed <= Clock.maximumSpeed, "a speed in (0, 10000]")
    try self.init(nil, sessionNs: originNs, speed: speed)
  }

  /// Keeps the rate's multiplier and a year's product far from 64 bits.
  static var maximumSpeed: Double { 10_000 }

  private init(_ anchor: ClockReading?, sessionNs: Int64, speed: Double) throws(ClockError) {
    let calibration = TimeStampCounterCalibration.measured
    guard calibration.isInvariant else { throw .counterNotInvariant }
    let monotonic = ClockReading.monotonic()
    let anchor = anchor ?? monotonic
    realRate = CycleRate(nsPerCycle: calibration.nsPerCycle)
    self.speed = speed
    anchorErrorNs = realRate.nanoseconds(Int64(anchor.uncertaintyCycles)) + 1
    // The monotonic clock at the anchor's moment, which lies a few microseconds before the monotonic reading.
    let elapsedNs = realRate.nanoseconds(Int64(monotonic.tsc &- anchor.tsc))
    start = (monotonic.clockNs - elapsedNs, sessionNs)
    let block = MemoryBlock(byteCount: MemoryBlock.alignment + 2 * MemoryLayout<ClockLine>.stride)
    _ = Unmanaged.passRetained(block)  // for the life of the process: hot stages copy bare addresses, no references
    generation = block.atomic(0, of: Int.self)
    lines = (block.address + MemoryBlock.alignment).assumingMemoryBound(to: ClockLine.self)
    lines[0].store(anchorTsc: anchor.tsc, anchorNs: sessionNs, CycleRate(nsPerCycle: calibration.nsPerCycle * speed))
  }

  /// Nanoseconds since 1970 in the session's time.
  @_noLocks
  public func nowNs() -> Int64 {
    while true {
      let before = generation.pointee.load(ordering: .acquiring)
      let now = lines[before & 1].nanoseconds(at: apus_tsc())
      // A keeper writes the line that is not in force; only after two of its updates can the one read above have
      // changed, and then `generation` has too. So this repeats at most once in a keeper's period.
      if generation.pointee.load(ordering: .acquiring) == before { return now }
    }
  }

  /// Real nanoseconds in so many cycles: for latency figures, not for the session's logic.
  @_noLocks
  public func cyclesToNs(_ cycles: Int64) -> Int64 { realRate.nanoseconds(cycles) }

  /// Puts another line in force from counter value `tsc` on. It continues the old one there. One thread at a time.
  func bend(at tsc: UInt64, rate: CycleRate) {
    let current = generation.pointee.load(ordering: .relaxed)
    let anchorNs = lines[current & 1].nanoseconds(at: tsc)
    lines[(current &+ 1) & 1].store(anchorTsc: tsc, anchorNs: anchorNs, rate)
    generation.pointee.store(current &+ 1, ordering: .releasing)
  }

  /// What the line in force says of a counter value.
  package func nanoseconds(at tsc: UInt64) -> Int64 {
    lines[generation.pointee.load(ordering: .acquiring) & 1].nanoseconds(at: tsc)
  }
}

/// A straight line through an anchor. The words are written with release and read with acquire order, so that a reader
/// who sees a newer word also sees the newer generation.
struct ClockLine: ~Copyable {
  let anchorTsc: Atomic<UInt64>
  let anchorNs: Atomic<Int64>
  let multiplier: Atomic<Int64>

  func store(anchorTsc tsc: UInt64, anchorNs ns: Int64, _ rate: CycleRate) {
    anchorTsc.store(tsc, ordering: .releasing)
    anchorNs.store(ns, ordering: .releasing)
    multiplier.store(rate.multiplier, ordering: .releasing)
  }

  func nanoseconds(at tsc: UInt64) -> Int64 {
    let elapsed = Int64(bitPattern: tsc &- anchorTsc.load(ordering: .acquiring))
    let origin = anchorNs.load(ordering: .acquiring)
    return origin &+ CycleRate(multiplier: multiplier.load(ordering: .acquiring)).nanoseconds(elapsed)
  }
}
