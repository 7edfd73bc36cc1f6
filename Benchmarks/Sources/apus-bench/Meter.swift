// How work is measured, apart from the work itself: by a clock, by cycles, or by whoever counts its instructions.

import CShims
import Market
import Peers

/// Does a piece of work and takes what it costs.
typealias Meter = (() -> Void) -> Void

/// Tells cycles of the time-stamp counter as time.
struct CycleClock {
  private let startNs = peer_now_ns()
  private let startCycles = apus_tsc()

  /// As measured since the clock was made.
  var nsPerCycle: Double { Double(peer_now_ns() - startNs) / Double(apus_tsc() &- startCycles) }
}

/// Nanoseconds of all pieces of work that `body` puts on its meter.
func timeNs(_ body: (Meter) throws -> Void) rethrows -> Double {
  let clock = CycleClock()
  var cycles: UInt64 = 0
  try body { work in
    let start = apus_tsc()
    work()
    cycles &+= apus_tsc() &- start
  }
  return Double(cycles) * clock.nsPerCycle
}

/// A number that differs when anything it was made of differs.
struct Digest: Equatable {
  private(set) var value: UInt64 = 0

  @inline(always)
  mutating func add(_ number: Int64) { value = (value ^ UInt64(bitPattern: number)) &* 0x9e37_79b9_7f4a_7c15 }

  @inline(always)
  mutating func add(_ level: BookLevel) {
    add(level.price.ticks)
    add(level.quantity.lots)
  }
}
