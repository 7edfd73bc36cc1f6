// What the host offers and allows: read once at start-up; a value, so that plans can be checked against any host.

import CShims
import Glibc

/// The machine and the rights of this process on it.
public struct HostFacts: Sendable, Equatable {
  public var onlineCpus: [Int]
  /// CPUs that this process may run on (cgroups and taskset limit them).
  public var allowedCpus: [Int]
  /// CPUs that the scheduler keeps free of other threads (isolcpus).
  public var isolatedCpus: [Int]
  /// Whether the SIMD code finds what it was compiled for: AVX2, FMA and the rest of x86-64-v3.
  public var hasRequiredInstructions: Bool
  public var hasInvariantCounter: Bool
  /// Whether all memory may be locked: CAP_IPC_LOCK, or no limit. A limit is not enough, because a later mapping beyond
  /// it would fail.
  public var mayLockMemory: Bool
  /// RLIMIT_MEMLOCK; nil when there is none.
  public var lockLimitBytes: Int64?
  /// The largest real-time priority this process may ask for; 0 when none.
  public var realtimeLimit: Int
  /// Microseconds of each second that real-time threads may run (-1: all); nil when it cannot be read.
  public var realtimeRuntimeUs: Int?
  /// Pages of 2 MiB that are reserved and free.
  public var freeHugePages: Int
  public var numaNodes: Int

  public init(
    onlineCpus: [Int], allowedCpus: [Int], isolatedCpus: [Int] = [], hasRequiredInstructions: Bool = true,
    hasInvariantCounter: Bool = true, mayLockMemory: Bool = false, lockLimitBytes: Int64? = nil,
    realtimeLimit: Int = 0, realtimeRuntimeUs: Int? = nil, freeHugePages: Int = 0, numaNodes: Int = 1
  ) {
    self.onlineCpus = onlineCpus
    self.allowedCpus = allowedCpus
    self.isolatedCpus = isolatedCpus
    self.hasRequiredInstructions = hasRequiredInstructions
    self.hasInvariantCounter = hasInvariantCounter
    self.mayLockMemory = mayLockMemory
    self.lockLimitBytes = lockLimitBytes
    self.realtimeLimit = realtimeLimit
    self.realtimeRuntimeUs = realtimeRuntimeUs
    self.freeHugePages = freeHugePages
    self.numaNodes = numaNodes
  }

  /// The host that this process runs on, now.
  public static func current() -> HostFacts {
    let allowed = allowedCpus()
    let capabilities = effectiveCapabilities()
    let limit = apus_lock_limit()
    return HostFacts(
      onlineCpus: readText("/sys/devices/system/cpu/online").flatMap(CpuList.cpus) ?? allowed,
      allowedCpus: allowed,
      isolatedCpus: readText("/sys/devices/system/cpu/isolated").flatMap(CpuList.cpus) ?? [],
      hasRequiredInstructions: apus_cpu_is_v3() != 0,
      hasInvariantCounter: apus_tsc_is_invariant() != 0,
      mayLockMemory: limit < 0 || capabilities & (1 << capIpcLock) != 0,
      lockLimitBytes: limit < 0 ? nil : limit,
      realtimeLimit: capabilities & (1 << capSysNice) != 0 ? 99 : Int(apus_realtime_limit()),
      realtimeRuntimeUs: readText("/proc/sys/kernel/sched_rt_runtime_us").flatMap { Int($0) },
      freeHugePages: readText("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages").flatMap { Int($0) } ?? 0,
      numaNodes: Int(apus_numa_nodes()))
  }

  // Numbers of linux/capability.h.
  private static var capIpcLock: UInt64 { 14 }
  private static var capSysNice: UInt64 { 23 }

  private static func allowedCpus() -> [Int] {
    var cpus = [Int32](repeating: 0, count: 1024)
    let count = apus_allowed_cpus(&cpus, Int32(cpus.count))
    return cpus.prefix(Int(max(0, count))).map { Int($0) }
  }

  private static func effectiveCapabilities() -> UInt64 {
    let status = readText("/proc/self/status") ?? ""
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
      let digits = line.split(whereSeparator: { $0 == "\t" || $0 == " " }).last
    else { return 0 }
    return UInt64(digits, radix: 16) ?? 0
  }

  /// The first 4 KiB of a file of the kernel, without white space at its end; nil when it cannot be read.
  private static func readText(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(file, &bytes, bytes.count)
    guard count >= 0 else { return nil }
    let text = bytes.prefix(count).reversed().drop { $0 == 10 || $0 == 32 }
    return String(decoding: Array(text.reversed()), as: UTF8.self)
  }
}

/// Lists of CPUs as the kernel writes them: `0-3,8`.
package enum CpuList {
  package static func cpus(_ text: String) -> [Int]? {
    var cpus: [Int] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends[0], first >= 0 else { return nil }
      guard ends.count <= 2, let last = ends[ends.count - 1], last >= first, last < 4096 else { return nil }
      cpus += first...last
    }
    return cpus
  }

  package static func text(_ cpus: [Int]) -> String {
    var parts: [String] = []
    var rest = cpus.sorted()[...]
    while let first = rest.popFirst() {
      var last = first
      while rest.first == last + 1 { last = rest.removeFirst() }
      parts.append(first == last ? "\(first)" : "\(first)-\(last)")
    }
    return parts.joined(separator: ",")
  }
}
