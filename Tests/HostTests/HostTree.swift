// Trees of /proc and /sys of other machines, made file by file in the kernel's forms, to be changed and read by tests.

import Foundation
import Host

struct HostTree {
  var files: [String: String] = [:]
  /// What the live kernel would answer.
  var coalescing = NetworkInterface.Coalescing(receiveUs: 0, isAdaptive: false)
  var uring = UringSupport()

  /// Two sockets of two cores with two threads each, tuned for CPUs 1 and 2: everything as it should be.
  static func server() -> HostTree {
    var tree = HostTree()
    tree.common(cpus: 0..<8)
    for cpu in 0..<8 {
      let base = "/sys/devices/system/cpu/cpu\(cpu)"
      let node = cpu % 4 / 2
      tree["\(base)/topology/thread_siblings_list"] = cpu % 4 < 1 || cpu >= 4 ? "\(cpu % 4),\(cpu % 4 + 4)" : "\(cpu)"
      tree["\(base)/cache/index3/level"] = "3"
      tree["\(base)/cache/index3/shared_cpu_list"] = node == 0 ? "0-1,4-5" : "2-3,6-7"
      tree["\(base)/node\(node)/cpulist"] = node == 0 ? "0-1,4-5" : "2-3,6-7"
      tree["\(base)/cpufreq/scaling_governor"] = "performance"
      tree["\(base)/cpuidle/state0/name"] = "POLL"
      tree["\(base)/cpuidle/state0/latency"] = "0"
      tree["\(base)/cpuidle/state1/name"] = "C6"
      tree["\(base)/cpuidle/state1/latency"] = "133"
      tree["\(base)/cpuidle/state1/disable"] = "1"
    }
    for node in 0..<2 { tree["/sys/devices/system/node/node\(node)/cpulist"] = node == 0 ? "0-1,4-5" : "2-3,6-7" }
    tree["/proc/cmdline"] = "isolcpus=managed_irq,domain,1 nohz_full=1 rcu_nocbs=1"
    tree["/sys/devices/system/cpu/isolated"] = "1"
    tree["/sys/devices/system/cpu/nohz_full"] = "1"
    tree["/sys/devices/system/cpu/intel_pstate/no_turbo"] = "0"
    tree["/sys/kernel/mm/transparent_hugepage/enabled"] = "always [madvise] never"
    tree["/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"] = "64"
    tree["/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"] = "64"
    tree["/sys/devices/system/cpu/vulnerabilities/spectre_v2"] = "Vulnerable"
    tree["/sys/class/net/eth0/device/numa_node"] = "0"
    tree["/sys/class/net/eth0/device/msi_irqs/40"] = "msix"
    tree["/sys/class/net/eth0/operstate"] = "up"
    tree["/proc/irq/40/smp_affinity_list"] = "0"
    return tree
  }

  /// A guest whose hypervisor shows neither frequencies nor idle states nor the card's interrupts.
  static func guest() -> HostTree {
    server().without(
      "/cpufreq/", "/cpuidle/", "/intel_pstate/", "/msi_irqs/", "/nohz_full", "/vulnerabilities/", "/watchdog")
  }

  private mutating func common(cpus: Range<Int>) {
    let flags = "constant_tsc nonstop_tsc avx2 fma bmi1 bmi2 movbe f16c abm"
    self["/proc/cpuinfo"] = "model name\t: Example\nflags\t\t: \(flags)"
    self["/proc/self/status"] =
      "CapEff:\t0000000000000000\nCpus_allowed_list:\t\(cpus.lowerBound)-\(cpus.upperBound - 1)"
    self["/proc/self/limits"] = "Max locked memory         unlimited            unlimited            bytes"
    self["/sys/devices/system/cpu/online"] = "\(cpus.lowerBound)-\(cpus.upperBound - 1)"
    self["/proc/sys/kernel/osrelease"] = "6.12.0"
    self["/proc/sys/kernel/numa_balancing"] = "0"
    self["/proc/sys/kernel/watchdog"] = "0"
    self["/proc/sys/kernel/io_uring_disabled"] = "0"
    self["/proc/sys/kernel/sched_rt_runtime_us"] = "-1"
    self["/sys/devices/system/clocksource/clocksource0/current_clocksource"] = "tsc"
    self["/sys/devices/system/clocksource/clocksource0/available_clocksource"] = "tsc hpet"
  }

  subscript(path: String) -> String? {
    get { files[path] }
    set { files[path] = newValue }
  }

  func without(_ parts: String...) -> HostTree {
    var tree = self
    tree.files = files.filter { file in !parts.contains { file.key.contains($0) } }
    return tree
  }

  /// Writes the tree into a folder of its own, and reads it like a host.
  func survey() throws -> HostSurvey {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("apus-host-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((text + "\n").utf8).write(to: file)
    }
    let coalescing = coalescing
    return HostReader(root: root.path).survey(uring: uring) { _ in .known(coalescing) }
  }
}
