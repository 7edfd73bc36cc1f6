// What a worker does when none of its stages had work.

import CShims

/// How a worker waits. The cheaper the waiting for the others on the machine, the later the worker sees new work.
public enum WaitStrategy: Sendable, Hashable, CustomStringConvertible {
  /// Polls again at once. For a CPU that nobody else needs.
  case spin
  /// Polls again after a PAUSE instruction (about 40 to 140 cycles): leaves the core's other hardware thread more room.
  case pause
  /// Lets another runnable thread of this CPU go first (sched_yield), then polls again.
  case yield
  /// Sleeps about so many nanoseconds, plus the kernel's wake-up time. For cold workers and shared CPUs.
  case park(ns: Int64)

  /// Reads `spin`, `pause`, `yield` or `park(50us)` (units ns, us, ms); nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "spin": self = .spin
    case "pause": self = .pause
    case "yield": self = .yield
    default:
      guard text.hasPrefix("park("), text.hasSuffix(")") else { return nil }
      guard let ns = WaitStrategy.nanoseconds(text.dropFirst("park(".count).dropLast()) else { return nil }
      self = .park(ns: ns)
    }
  }

  public var description: String {
    switch self {
    case .spin: "spin"
    case .pause: "pause"
    case .yield: "yield"
    case .park(let ns) where ns % 1_000_000 == 0: "park(\(ns / 1_000_000)ms)"
    case .park(let ns) where ns % 1_000 == 0: "park(\(ns / 1_000)us)"
    case .park(let ns): "park(\(ns)ns)"
    }
  }

  /// Whether it keeps its CPU busy even when there is nothing to do.
  public var isBusy: Bool {
    switch self {
    case .spin, .pause: true
    case .yield, .park: false
    }
  }

  /// Waits once.
  @_noLocks
  func wait() {
    switch self {
    case .spin: break
    case .pause: apus_pause()
    case .yield: apus_yield()
    case .park(let ns): apus_park(ns)
    }
  }

  /// A second at most: a worker that sleeps longer neither beats nor stops in time.
  private static var longestParkNs: Int64 { 1_000_000_000 }

  private static func nanoseconds(_ text: Substring) -> Int64? {
    for (unit, ns) in [("ns", 1), ("us", 1_000), ("ms", 1_000_000)] as [(String, Int64)] where text.hasSuffix(unit) {
      guard let amount = Int64(text.dropLast(unit.count)), amount > 0 else { return nil }
      let product = amount.multipliedReportingOverflow(by: ns)
      return product.overflow || product.partialValue > longestParkNs ? nil : product.partialValue
    }
    return nil
  }
}
