// What the kernel did to a thread: page faults, context switches, CPU time.

import CShims

/// Figures of getrusage(RUSAGE_THREAD), as a difference between two moments.
public struct ThreadUsage: Sendable, Equatable {
  public var minorFaults: Int64 = 0
  public var majorFaults: Int64 = 0
  public var voluntarySwitches: Int64 = 0
  public var involuntarySwitches: Int64 = 0
  public var userNs: Int64 = 0
  public var systemNs: Int64 = 0

  public init() {}

  /// What the calling thread used since it began.
  public static func current() -> ThreadUsage {
    var raw = apus_thread_usage()
    apus_read_thread_usage(&raw)
    var usage = ThreadUsage()
    usage.minorFaults = raw.minor_faults
    usage.majorFaults = raw.major_faults
    usage.voluntarySwitches = raw.voluntary_switches
    usage.involuntarySwitches = raw.involuntary_switches
    usage.userNs = raw.user_ns
    usage.systemNs = raw.system_ns
    return usage
  }

  public func since(_ earlier: ThreadUsage) -> ThreadUsage {
    var difference = self
    difference.minorFaults -= earlier.minorFaults
    difference.majorFaults -= earlier.majorFaults
    difference.voluntarySwitches -= earlier.voluntarySwitches
    difference.involuntarySwitches -= earlier.involuntarySwitches
    difference.userNs -= earlier.userNs
    difference.systemNs -= earlier.systemNs
    return difference
  }
}

/// The counters of a worker.
///
/// `loops` is its heartbeat: it rises as long as the thread lives and none of its stages hangs, and stands still while
/// the process is stopped. `running` is 1 between the first poll and the last: only then is a beat due.
final class WorkerMeters {
  let loops: Counter
  let idleLoops: Counter
  private let running: Counter
  private(set) var usage = ThreadUsage()
  private var start = ThreadUsage()
  private let counters: [(Counter, KeyPath<ThreadUsage, Int64>)]

  init(_ file: CounterFile, prefix: String) {
    loops = file.counter("\(prefix).loops")
    idleLoops = file.counter("\(prefix).idleLoops")
    running = file.counter("\(prefix).running")
    counters = [
      (file.counter("\(prefix).minorFaults"), \.minorFaults),
      (file.counter("\(prefix).majorFaults"), \.majorFaults),
      (file.counter("\(prefix).voluntarySwitches"), \.voluntarySwitches),
      (file.counter("\(prefix).involuntarySwitches"), \.involuntarySwitches),
    ]
  }

  /// Counts from now on. The worker's thread only.
  func begin() {
    start = ThreadUsage.current()
    running.set(1)
  }

  /// Takes the figures and shows them. The worker's thread only.
  func end() {
    running.set(0)
    usage = ThreadUsage.current().since(start)
    for (counter, figure) in counters { counter.set(usage[keyPath: figure]) }
  }
}
