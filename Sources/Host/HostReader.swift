// Reads a host into a survey: from /proc and /sys below a root, and from two questions to the live kernel.

import CShims
import Pipeline

/// Reads a host. Cold; any thread.
public struct HostReader {
  public typealias CoalescingProbe = (_ interface: String) -> Reading<NetworkInterface.Coalescing>
  private let folder: HostFolder

  /// - Parameter root: what stands before `/proc` and `/sys`; empty for this machine.
  public init(root: String = "") { folder = HostFolder(root: root) }

  /// This machine, now.
  public static func current() -> HostSurvey {
    var survey = HostReader().survey(uring: probeUring(), coalescing: probeCoalescing)
    // What a session's start asks of this machine, so that both come to one verdict; files speak for other machines.
    survey.facts = HostFacts.current()
    return survey
  }

  public func survey(uring: UringSupport, coalescing: CoalescingProbe) -> HostSurvey {
    let facts = facts()
    let boot = folder.text("/proc/cmdline").map(KernelParameters.init)
    let tickless = tickless()
    return HostSurvey(
      kernel: folder.reading("/proc/sys/kernel/osrelease"),
      model: cpuInfo("model name").map { .known($0) } ?? .unknown("/proc/cpuinfo names no model"),
      isVirtual: flags.contains("hypervisor"), facts: facts, cpus: facts.onlineCpus.map(cpu),
      isolated: cpuList("/sys/devices/system/cpu/isolated"), tickless: tickless,
      callbackFree: callbackFree(boot, tickless), turbo: turbo(),
      transparentHugePages: chosen("/sys/kernel/mm/transparent_hugepage/enabled"),
      totalHugePages: number("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"),
      numaBalancing: flag("/proc/sys/kernel/numa_balancing"),
      clockSource: folder.reading("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
      availableClockSources: words("/sys/devices/system/clocksource/clocksource0/available_clocksource"),
      mitigations: mitigations(), watchdog: flag("/proc/sys/kernel/watchdog"), hasIrqBalance: hasProcess("irqbalance"),
      interfaces: interfaces(coalescing), uring: uring, uringDisabled: number("/proc/sys/kernel/io_uring_disabled"))
  }

  // MARK: The live kernel

  private static func probeUring() -> UringSupport {
    let singleIssuer: UInt32 = 1 << 12  // IORING_SETUP_SINGLE_ISSUER
    let deferred: UInt32 = 1 << 13  // IORING_SETUP_DEFER_TASKRUN
    return UringSupport(
      problem: UringTransport.probe().map { "\($0)" }, hasDeferredWork: apus_uring_setup(singleIssuer | deferred) == 0)
  }

  private static func probeCoalescing(_ name: String) -> Reading<NetworkInterface.Coalescing> {
    var receiveUs: UInt32 = 0
    var isAdaptive: Int32 = 0
    let result = apus_nic_coalescing(name, &receiveUs, &isAdaptive)
    guard result == 0 else { return .unknown("the driver of \(name) does not tell its coalescing (\(-result))") }
    return .known(.init(receiveUs: Int(receiveUs), isAdaptive: isAdaptive != 0))
  }

  // MARK: Rights and abilities

  private func facts() -> HostFacts {
    let online = cpuList("/sys/devices/system/cpu/online").value ?? []
    let allowed = statusLine("Cpus_allowed_list").flatMap(CpuList.cpus) ?? online
    let capabilities = statusLine("CapEff").flatMap { UInt64($0, radix: 16) } ?? 0
    let lock = limit("Max locked memory")
    let mayRaise = capabilities & (1 << 23) != 0  // CAP_SYS_NICE
    let v3: Set<String> = ["avx2", "fma", "bmi1", "bmi2", "movbe", "f16c", "abm"]
    return HostFacts(
      onlineCpus: online.isEmpty ? allowed : online, allowedCpus: allowed,
      isolatedCpus: cpuList("/sys/devices/system/cpu/isolated").value ?? [],
      hasRequiredInstructions: v3.isSubset(of: flags),
      hasInvariantCounter: flags.isSuperset(of: ["constant_tsc", "nonstop_tsc"]),
      mayLockMemory: lock == "unlimited" || capabilities & (1 << 14) != 0,  // CAP_IPC_LOCK
      lockLimitBytes: lock.flatMap { Int64($0) },
      realtimeLimit: mayRaise ? 99 : limit("Max realtime priority").flatMap { Int($0) } ?? 0,
      realtimeRuntimeUs: folder.integer("/proc/sys/kernel/sched_rt_runtime_us"),
      freeHugePages: folder.integer("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") ?? 0,
      numaNodes: max(1, nodes.count))
  }

  private var flags: Set<String> {
    Set((cpuInfo("flags") ?? "").split(separator: " ").map(String.init))
  }

  private func cpuInfo(_ name: String) -> String? { field(name, in: "/proc/cpuinfo") }

  private func statusLine(_ name: String) -> String? { field(name, in: "/proc/self/status") }

  /// The first `name: value` of a file.
  private func field(_ name: String, in path: String) -> String? {
    for line in (folder.text(path) ?? "").split(separator: "\n") where line.hasPrefix(name) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
    }
    return nil
  }

  private func limit(_ name: String) -> String? {
    let line = (folder.text("/proc/self/limits") ?? "").split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.dropFirst(name.count).split(separator: " ").first.map(String.init)
  }

  // MARK: CPUs

  private func cpu(_ number: Int) -> CpuFacts {
    let base = "/sys/devices/system/cpu/cpu\(number)"
    return CpuFacts(
      number: number, siblings: cpuList("\(base)/topology/thread_siblings_list"), cacheSharers: lastCache(base),
      node: node(of: base), governor: folder.reading("\(base)/cpufreq/scaling_governor"), idleStates: idleStates(base))
  }

  private func lastCache(_ base: String) -> Reading<[Int]> {
    let caches = folder.names("\(base)/cache").filter { $0.hasPrefix("index") }
    let levels = caches.map { (name: $0, level: folder.integer("\(base)/cache/\($0)/level") ?? 0) }
    guard let last = levels.max(by: { $0.level < $1.level }) else { return .unknown("\(base)/cache is not there") }
    return cpuList("\(base)/cache/\(last.name)/shared_cpu_list")
  }

  private var nodes: [Int] { numbered("/sys/devices/system/node", "node") }

  private func node(of base: String) -> Reading<Int> {
    numbered(base, "node").first.map { .known($0) } ?? .unknown("\(base) names no NUMA node")
  }

  private func idleStates(_ base: String) -> Reading<[CpuFacts.IdleState]> {
    let states = numbered("\(base)/cpuidle", "state").map { state in
      let path = "\(base)/cpuidle/state\(state)"
      return CpuFacts.IdleState(
        name: folder.text("\(path)/name") ?? "state\(state)", latencyUs: folder.integer("\(path)/latency") ?? 0,
        isDisabled: folder.integer("\(path)/disable") == 1)
    }
    return states.isEmpty ? .unknown("\(base)/cpuidle is not there") : .known(states)
  }

  private func tickless() -> Reading<[Int]> {
    let path = "/sys/devices/system/cpu/nohz_full"
    // The kernel writes "(null)" or nothing for no CPU.
    if let text = folder.text(path) { return .known(CpuList.cpus(text) ?? []) }
    return .unknown("\(path) is not there: the kernel has no CONFIG_NO_HZ_FULL, or hides it")
  }

  private func callbackFree(_ boot: KernelParameters?, _ tickless: Reading<[Int]>) -> Reading<[Int]> {
    guard let boot else { return .unknown("/proc/cmdline cannot be read") }
    let online = cpuList("/sys/devices/system/cpu/online").value ?? []
    let listed = boot["rcu_nocbs"].map { $0 == "all" ? online : CpuList.cpus($0) ?? [] } ?? []
    return .known(Set(listed + (tickless.value ?? [])).sorted())
  }

  private func turbo() -> Reading<Bool> {
    let base = "/sys/devices/system/cpu"
    if let off = folder.integer("\(base)/intel_pstate/no_turbo") { return .known(off == 0) }
    if let on = folder.integer("\(base)/cpufreq/boost") { return .known(on == 1) }
    return .unknown("neither \(base)/intel_pstate/no_turbo nor \(base)/cpufreq/boost is there")
  }

  // MARK: Kernel

  private func mitigations() -> Reading<[String]> {
    let base = "/sys/devices/system/cpu/vulnerabilities"
    let names = folder.names(base)
    guard !names.isEmpty else { return .unknown("\(base) is not there") }
    return .known(names.filter { folder.text("\(base)/\($0)")?.hasPrefix("Mitigation") == true })
  }

  private func hasProcess(_ name: String) -> Bool {
    folder.names("/proc").contains { Int($0) != nil && folder.text("/proc/\($0)/comm") == name }
  }

  // MARK: Network

  private func interfaces(_ coalescing: CoalescingProbe) -> [NetworkInterface] {
    let real = folder.names("/sys/class/net").filter {
      folder.exists("/sys/class/net/\($0)/device") && folder.text("/sys/class/net/\($0)/operstate") != "down"
    }
    let routes = (folder.text("/proc/net/route") ?? "").split(separator: "\n").map { $0.split(separator: "\t") }
    let outward = real.filter { name in routes.contains { $0.count > 1 && $0[0] == name && $0[1] == "00000000" } }
    return (outward.isEmpty ? real : outward).map { name in
      NetworkInterface(
        name: name, node: networkNode(name), interrupts: interrupts(of: name), coalescing: coalescing(name))
    }
  }

  private func networkNode(_ name: String) -> Reading<Int> {
    let device = "/sys/class/net/\(name)/device"
    guard let node = folder.integer("\(device)/numa_node") ?? folder.integer("\(device)/../numa_node"), node >= 0 else {
      return nodes.count <= 1 ? .known(nodes.first ?? 0) : .unknown("\(device)/numa_node names no node")
    }
    return .known(node)
  }

  private func interrupts(of name: String) -> Reading<[NetworkInterface.Interrupt]> {
    let device = "/sys/class/net/\(name)/device"
    // A virtio interface hangs below the PCI device that has the interrupts.
    let own = folder.names("\(device)/msi_irqs").compactMap { Int($0) }
    let numbers = own.isEmpty ? folder.names("\(device)/../msi_irqs").compactMap { Int($0) } : own
    guard !numbers.isEmpty else { return .unknown("\(device)/msi_irqs is not there") }
    return .known(
      numbers.sorted().map { number in
        let effective = cpuList("/proc/irq/\(number)/effective_affinity_list")
        let isKnown = effective.value?.isEmpty == false
        return .init(number: number, cpus: isKnown ? effective : cpuList("/proc/irq/\(number)/smp_affinity_list"))
      })
  }

  // MARK: Forms of files

  private func cpuList(_ path: String) -> Reading<[Int]> {
    guard let text = folder.text(path) else { return .unknown("\(path) cannot be read") }
    return CpuList.cpus(text).map { .known($0) } ?? .unknown("\(path) holds \"\(text)\"")
  }

  private func number(_ path: String) -> Reading<Int> {
    folder.integer(path).map { .known($0) } ?? .unknown("\(path) cannot be read")
  }

  private func flag(_ path: String) -> Reading<Bool> {
    folder.integer(path).map { .known($0 != 0) } ?? .unknown("\(path) cannot be read")
  }

  private func words(_ path: String) -> [String] {
    (folder.text(path) ?? "").split(separator: " ").map(String.init)
  }

  /// The choice in brackets: `always [madvise] never`.
  private func chosen(_ path: String) -> Reading<String> {
    guard let word = words(path).first(where: { $0.hasPrefix("[") }) else { return .unknown("\(path) cannot be read") }
    return .known(String(word.dropFirst().dropLast()))
  }

  private func numbered(_ path: String, _ prefix: String) -> [Int] {
    folder.names(path).filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count)) }.sorted()
  }
}

/// The kernel's command line.
struct KernelParameters {
  private let values: [String: String]

  init(_ text: String) {
    var values: [String: String] = [:]
    for word in text.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      if let name = parts.first { values[String(name)] = parts.count == 2 ? String(parts[1]) : "" }
    }
    self.values = values
  }

  subscript(name: String) -> String? { values[name] }
}
