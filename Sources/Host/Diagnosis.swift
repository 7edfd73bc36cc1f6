// What of a host would hurt a plan. Pure: the same survey, plan and wishes give the same findings.

public import Pipeline

/// What a session wants besides its plan.
public struct SessionWishes: Sendable, Equatable {
  /// All stages, each to be placed.
  public var stages: [String]
  /// The rings of the hot path, as pairs of stages.
  public var rings: [[String]]
  /// The stages that receive from the network.
  public var networkStages: [String]
  public var wantsUring: Bool
  /// What `memory.hugePages` asks for.
  public var hugePages: Int

  public init(stages: [String], rings: [[String]], networkStages: [String], wantsUring: Bool, hugePages: Int) {
    self.stages = stages
    self.rings = rings
    self.networkStages = networkStages
    self.wantsUring = wantsUring
    self.hugePages = hugePages
  }
}

/// A survey held against a plan.
public struct Diagnosis: Sendable {
  let survey: HostSurvey
  let plan: AffinityPlan
  let wishes: SessionWishes

  public init(_ survey: HostSurvey, _ plan: AffinityPlan, _ wishes: SessionWishes) {
    self.survey = survey
    self.plan = plan
    self.wishes = wishes
  }

  /// CPUs of workers that never sleep; one that is not there is said by `plan` and has no state to praise.
  public var hotCpus: [Int] {
    Set(plan.workers.filter(\.wait.isBusy).compactMap(\.cpu)).intersection(survey.facts.onlineCpus).sorted()
  }

  /// Everything, the weightiest first.
  public var findings: [Finding] { sorted(placement + host) }

  /// What is said of the plan's placement alone: whether the plan is wrong on this host.
  public var placementFindings: [Finding] { sorted(placement) }

  private func sorted(_ findings: [Finding]) -> [Finding] {
    findings.enumerated().sorted { ($0.element.severity, $0.offset) < ($1.element.severity, $1.offset) }.map(\.element)
  }

  private var placement: [Finding] {
    let problems = plan.problems(stages: wishes.stages, host: survey.facts)
    let wrong = problems.map { problem in
      var finding = Finding("plan", .wrong, problem.description, why: "a session refuses to start with such a plan")
      if case .memoryLockNotPermitted = problem {
        finding.cure = "ulimit -l unlimited  (systemd: LimitMEMLOCK=infinity)"
      }
      return finding
    }
    let sound = problems.isEmpty ? [Finding("plan", .good, "the plan can be run here")] : []
    return wrong + sound + [siblings, rings, networkNode, bootCpu, isolation].compactMap { $0 }
  }

  private var host: [Finding] {
    [
      instructions, counter, tick, callbacks, governor, turbo, idle, transparent, hugePages, balancing, lock, realtime,
      clockSource, mitigations, watchdog, irqBalance, uring,
    ].compactMap { $0 } + network
  }

  private var hotText: String { CpuList.text(hotCpus) }
  /// CPUs for everything that is not hot.
  private var restText: String {
    let rest = survey.facts.onlineCpus.filter { !hotCpus.contains($0) }
    return CpuList.text(rest.isEmpty ? survey.facts.onlineCpus : rest)
  }
  private func cpu(of stage: String) -> Int? { plan.workers.first { $0.stages.contains(stage) }?.cpu }

  // MARK: Placement

  private var siblings: Finding? {
    guard !hotCpus.isEmpty else { return nil }
    let used = Set(plan.workers.compactMap(\.cpu))
    for cpu in hotCpus {
      guard let siblings = survey.cpu(cpu)?.siblings else { continue }
      guard let all = siblings.value else { return Finding("placement.siblings", .unknown, siblings.reason) }
      let company = all.filter { $0 != cpu && used.contains($0) }
      if let other = company.first {
        return Finding(
          "placement.siblings", .hurts, "CPU \(cpu) spins and shares its core with CPU \(other), where a worker runs",
          why: "two hardware threads share one core's execution units and first caches (topology/thread_siblings_list)",
          cure: "move the worker of CPU \(other) to another core: workers[].cpu")
      }
      if let idle = all.first(where: { $0 != cpu }) {
        return Finding(
          "placement.siblings", .hurts, "the hardware thread beside CPU \(cpu), CPU \(idle), is open to other programs",
          why: "what runs there takes execution units and caches of the hot core",
          cure: "echo 0 > /sys/devices/system/cpu/cpu\(idle)/online")
      }
    }
    return Finding("placement.siblings", .good, "hot CPUs have their cores alone")
  }

  private var rings: Finding? {
    for pair in wishes.rings {
      guard let from = pair.first.flatMap(cpu(of:)), let to = pair.last.flatMap(cpu(of:)), from != to,
        let a = survey.cpu(from), let b = survey.cpu(to)
      else { continue }
      let name = "\(pair[0]) on CPU \(from) and \(pair[1]) on CPU \(to)"
      guard let nodeA = a.node.value, let nodeB = b.node.value, let sharers = a.cacheSharers.value else {
        return Finding("placement.caches", .unknown, "\(name): \(a.node.reason) \(a.cacheSharers.reason)")
      }
      if nodeA != nodeB || !sharers.contains(to) {
        let apart = nodeA != nodeB ? "on NUMA nodes \(nodeA) and \(nodeB)" : "in two last-level caches"
        return Finding(
          "placement.caches", .hurts, "\(name) are joined by a ring and lie \(apart)",
          why: "each element crosses the interconnect instead of one cache (kernel: admin-guide/mm/numaperf)",
          cure: "choose both from CPUs \(CpuList.text(sharers)): workers[].cpu")
      }
    }
    return Finding("placement.caches", .good, "stages joined by rings share a last-level cache")
  }

  private var networkNode: Finding? {
    guard let stage = wishes.networkStages.first(where: { cpu(of: $0) != nil }), let cpu = cpu(of: stage),
      let node = survey.cpu(cpu)?.node
    else { return nil }
    guard !survey.interfaces.isEmpty else {
      return Finding("placement.network", .unknown, "no network interface with a device is to be seen")
    }
    for nic in survey.interfaces {
      guard let own = node.value, let its = nic.node.value else {
        return Finding("placement.network", .unknown, node.value == nil ? node.reason : nic.node.reason)
      }
      if own != its {
        let near = survey.cpus.filter { $0.node.value == its }.map(\.number)
        return Finding(
          "placement.network", .hurts, "\(stage) runs on node \(own), \(nic.name) is at node \(its)",
          why: "frames are written into the other node's memory and cache first (kernel: admin-guide/mm/numaperf)",
          cure: "choose its CPU from \(CpuList.text(near)): workers[].cpu")
      }
    }
    return Finding("placement.network", .good, "\(stage) runs on the network card's node")
  }

  private var bootCpu: Finding? {
    guard hotCpus.contains(0), let free = survey.facts.allowedCpus.first(where: { $0 != 0 && !hotCpus.contains($0) })
    else { return nil }
    return Finding(
      "placement.boot-cpu", .hurts, "a hot worker runs on CPU 0",
      why:
        "the boot CPU keeps the time and cannot be in nohz_full (kernel: timers/no_hz, admin-guide/kernel-parameters)",
      cure: "move it, for instance to CPU \(free): workers[].cpu")
  }

  private var isolation: Finding? {
    guard !hotCpus.isEmpty else { return nil }
    guard let isolated = survey.isolated.value else {
      return Finding("isolation.cpus", .unknown, survey.isolated.reason)
    }
    let open = hotCpus.filter { !isolated.contains($0) }
    if open.isEmpty { return Finding("isolation.cpus", .good, "hot CPUs \(hotText) are isolated") }
    let others = isolated.filter { !hotCpus.contains($0) }
    return Finding(
      "isolation.cpus", .hurts,
      "hot CPUs \(CpuList.text(open)) are open to the scheduler"
        + (others.isEmpty ? "" : "; isolated are \(CpuList.text(others))"),
      why: "any thread may interrupt the worker for a time slice (kernel: admin-guide/kernel-parameters, isolcpus)",
      cure: others.isEmpty
        ? "isolcpus=managed_irq,domain,\(hotText)" : "move the worker to \(CpuList.text(others)): workers[].cpu",
      needsReboot: others.isEmpty)
  }

  // MARK: CPU and kernel

  private var instructions: Finding? {
    survey.facts.hasRequiredInstructions
      ? nil : Finding("cpu.level", .wrong, "this CPU lacks x86-64-v3 (AVX2, FMA)", why: "docs/tuning.md, CPU level")
  }

  private var counter: Finding? {
    survey.facts.hasInvariantCounter
      ? Finding("clock.counter", .good, "the time-stamp counter has one rate in all power states")
      : Finding(
        "clock.counter", .wrong, "the time-stamp counter's rate varies (no constant_tsc, nonstop_tsc)",
        why: "a session refuses to start: it has no other clock")
  }

  private func boot(
    _ id: String, _ listed: Reading<[Int]>, good: String, bad: String, why: String, parameter: String
  ) -> Finding? {
    guard !hotCpus.isEmpty else { return nil }
    guard let listed = listed.value else { return Finding(id, .unknown, listed.reason) }
    if listed.filter(hotCpus.contains).count == hotCpus.count { return Finding(id, .good, good) }
    return Finding(id, .hurts, bad, why: why, cure: "\(parameter)=\(hotText)", needsReboot: true)
  }

  private var tick: Finding? {
    boot(
      "isolation.tick", survey.tickless, good: "no timer tick on \(hotText)",
      bad: "the timer tick interrupts CPUs \(hotText), CONFIG_HZ times a second",
      why: "kernel: timers/no_hz, \"omitting scheduling-clock ticks for CPUs with only one runnable task\"",
      parameter: "nohz_full")
  }

  private var callbacks: Finding? {
    boot(
      "isolation.callbacks", survey.callbackFree, good: "RCU callbacks are kept off \(hotText)",
      bad: "RCU callbacks run on CPUs \(hotText)",
      why: "they run in softirq context, in front of the worker (kernel: admin-guide/kernel-per-CPU-kthreads)",
      parameter: "rcu_nocbs")
  }

  private var governor: Finding? {
    for number in hotCpus {
      guard let reading = survey.cpu(number)?.governor else { continue }
      guard let governor = reading.value else {
        return Finding("power.governor", .unknown, "\(reading.reason): a hypervisor may decide")
      }
      if governor != "performance" {
        return Finding(
          "power.governor", .hurts, "CPU \(number) has the governor \(governor)",
          why: "its clock follows the load with a delay (kernel: admin-guide/pm/cpufreq)",
          cure: "cpupower -c \(hotText) frequency-set -g performance")
      }
    }
    return hotCpus.isEmpty ? nil : Finding("power.governor", .good, "hot CPUs have the governor performance")
  }

  private var turbo: Finding? {
    guard let isOn = survey.turbo.value else { return Finding("power.turbo", .unknown, survey.turbo.reason) }
    if isOn { return Finding("power.turbo", .good, "turbo is on") }
    return Finding(
      "power.turbo", .note, "turbo is off",
      why: "the clock is even but below what the CPU can do (kernel: admin-guide/pm)",
      cure: "echo 0 > /sys/devices/system/cpu/intel_pstate/no_turbo  (elsewhere: echo 1 > .../cpufreq/boost)")
  }

  /// A wake-up from here costs more than the whole way from a frame to an order is meant to.
  private static var deepSleepUs: Int { 10 }

  private var idle: Finding? {
    let placed = Set(plan.workers.compactMap(\.cpu)).union(survey.interfaces.flatMap(interruptCpus)).sorted()
    for number in placed {
      guard let reading = survey.cpu(number)?.idleStates else { continue }
      guard let states = reading.value else { return Finding("power.idle", .unknown, reading.reason) }
      if let deep = states.last(where: { !$0.isDisabled && $0.latencyUs >= Self.deepSleepUs }) {
        return Finding(
          "power.idle", .hurts, "CPU \(number) may sleep in \(deep.name), whose exit takes \(deep.latencyUs) us",
          why:
            "a parked worker or a frame's interrupt waits that long (the driver's figure; kernel: admin-guide/pm/cpuidle)",
          cure: "cpupower -c \(CpuList.text(placed)) idle-set -D \(Self.deepSleepUs)")
      }
    }
    return placed.isEmpty ? nil : Finding("power.idle", .good, "no deep idle states on CPUs \(CpuList.text(placed))")
  }

  private var transparent: Finding? {
    guard let mode = survey.transparentHugePages.value else {
      return Finding("memory.transparent", .unknown, survey.transparentHugePages.reason)
    }
    if mode != "always" { return Finding("memory.transparent", .good, "transparent huge pages: \(mode)") }
    return Finding(
      "memory.transparent", .hurts, "transparent huge pages: always",
      why: "faults may compact memory, khugepaged moves pages under the bot (kernel: admin-guide/mm/transhuge)",
      cure: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
  }

  private var hugePages: Finding? {
    guard plan.memory.pages == .huge2MiB else { return Finding("memory.huge-pages", .note, "no huge pages asked for") }
    guard let total = survey.totalHugePages.value else {
      return Finding("memory.huge-pages", .unknown, survey.totalHugePages.reason)
    }
    let missing = wishes.hugePages - survey.facts.freeHugePages
    if missing <= 0 { return Finding("memory.huge-pages", .good, "\(wishes.hugePages) huge pages are free") }
    return Finding(
      "memory.huge-pages", .hurts,
      "\(wishes.hugePages) huge pages are asked for, \(survey.facts.freeHugePages) are free",
      why: "rings fall back to ordinary pages (kernel: admin-guide/mm/hugetlbpage)",
      cure: "sysctl vm.nr_hugepages=\(total + missing)")
  }

  private var balancing: Finding? {
    guard survey.facts.numaNodes > 1 else { return nil }
    guard let isOn = survey.numaBalancing.value else {
      return Finding("memory.balancing", .unknown, survey.numaBalancing.reason)
    }
    if !isOn { return Finding("memory.balancing", .good, "NUMA balancing is off") }
    return Finding(
      "memory.balancing", .hurts, "NUMA balancing is on",
      why:
        "it unmaps pages to see who touches them: faults on the hot path (kernel: admin-guide/sysctl/kernel, numa_balancing)",
      cure: "sysctl kernel.numa_balancing=0")
  }

  private var lock: Finding? {
    if plan.memory.isLocked { return nil }  // with `plan`
    return Finding(
      "memory.lock", .note,
      "memory.lock is off; it \(survey.facts.mayLockMemory ? "is permitted" : "would not be permitted") here",
      why: "pages that are not locked may be reclaimed (mlockall(2))",
      cure: survey.facts.mayLockMemory ? "memory: {lock: true}" : "ulimit -l unlimited, then memory: {lock: true}")
  }

  private var realtime: Finding? {
    guard plan.workers.contains(where: { $0.realtimePriority != nil }) else { return nil }
    guard let runtime = survey.facts.realtimeRuntimeUs else {
      return Finding("rights.realtime", .unknown, "kernel.sched_rt_runtime_us cannot be read")
    }
    if runtime < 0 { return Finding("rights.realtime", .good, "real-time threads are not throttled") }
    return Finding(
      "rights.realtime", .hurts, "a spinning real-time worker is stopped when it had \(runtime) us of a period",
      why: "kernel: scheduler/sched-rt-group", cure: "sysctl kernel.sched_rt_runtime_us=-1")
  }

  private var clockSource: Finding? {
    guard let source = survey.clockSource.value else {
      return Finding("clock.source", .unknown, survey.clockSource.reason)
    }
    if source == "tsc" { return Finding("clock.source", .good, "the kernel's clock is the time-stamp counter") }
    let isOffered = survey.availableClockSources.contains("tsc")
    return Finding(
      "clock.source", ["kvm-clock", "hyperv_clocksource_tsc_page"].contains(source) ? .note : .hurts,
      "the kernel's clock is \(source)",
      why: "every clock read of kernel and programs goes there (kernel: timers/timekeeping)",
      cure: isOffered
        ? "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"
        : "clocksource=tsc tsc=reliable",
      needsReboot: !isOffered)
  }

  private var mitigations: Finding? {
    guard let active = survey.mitigations.value else {
      return Finding("kernel.mitigations", .unknown, survey.mitigations.reason)
    }
    if active.isEmpty { return Finding("kernel.mitigations", .good, "no mitigation slows system calls") }
    return Finding(
      "kernel.mitigations", .note, "mitigations in force: \(active.joined(separator: ", "))",
      why:
        "each entry to the kernel costs more (kernel: admin-guide/hw-vuln); give them up only where nothing foreign runs",
      cure: "mitigations=off", needsReboot: true)
  }

  private var watchdog: Finding? {
    guard let isOn = survey.watchdog.value else { return Finding("kernel.watchdog", .unknown, survey.watchdog.reason) }
    if !isOn { return Finding("kernel.watchdog", .good, "the lockup watchdog is off") }
    return Finding(
      "kernel.watchdog", .note, "the lockup watchdog is on",
      why: "a timer on each of its CPUs (kernel: admin-guide/lockup-watchdogs)", cure: "sysctl kernel.watchdog=0")
  }

  private var irqBalance: Finding? {
    guard survey.hasIrqBalance else { return nil }
    return Finding(
      "interrupts.balancer", .hurts, "irqbalance is running",
      why: "it moves interrupts back to hot CPUs (irqbalance(1))",
      cure: "systemctl disable --now irqbalance")
  }

  private var uring: Finding? {
    let support = survey.uring
    guard wishes.wantsUring else {
      return Finding("kernel.uring", .note, "io_uring is not asked for (transport: poll)")
    }
    guard let problem = support.problem else {
      if support.hasDeferredWork { return Finding("kernel.uring", .good, "io_uring has all that the transport uses") }
      return Finding(
        "kernel.uring", .hurts, "io_uring has no DEFER_TASKRUN",
        why: "completions interrupt the worker instead of waiting for it (io_uring_setup(2))",
        cure: "a kernel from 6.1 on")
    }
    let isOff = (survey.uringDisabled.value ?? 0) > 0
    return Finding(
      "kernel.uring", .hurts, "io_uring cannot be used: \(problem)", why: "the session falls back to polling sockets",
      cure: isOff
        ? "sysctl kernel.io_uring_disabled=0" : "allow io_uring_* in the seccomp profile, or a kernel from 6.0 on")
  }

  // MARK: Network

  private func interruptCpus(_ nic: NetworkInterface) -> [Int] {
    (nic.interrupts.value ?? []).flatMap { $0.cpus.value ?? [] }
  }

  private var network: [Finding] {
    survey.interfaces.flatMap { [interrupts(of: $0), coalescing(of: $0)].compactMap { $0 } }
  }

  private func interrupts(of nic: NetworkInterface) -> Finding? {
    guard !hotCpus.isEmpty else { return nil }
    let id = "interrupts.network"
    guard let all = nic.interrupts.value else { return Finding(id, .unknown, nic.interrupts.reason) }
    if let hidden = all.first(where: { $0.cpus.value == nil }) { return Finding(id, .unknown, hidden.cpus.reason) }
    let hot = all.filter { !Set($0.cpus.value ?? []).isDisjoint(with: hotCpus) }.map(\.number)
    if hot.isEmpty { return Finding(id, .good, "interrupts of \(nic.name) stay off hot CPUs") }
    return Finding(
      id, .hurts, "interrupts \(CpuList.text(hot)) of \(nic.name) land on hot CPUs",
      why: "interrupt and softirq run in front of the worker (kernel: core-api/irq/irq-affinity)",
      cure: hot.map { "echo \(restText) > /proc/irq/\($0)/smp_affinity_list" }.joined(separator: "; "))
  }

  private func coalescing(of nic: NetworkInterface) -> Finding? {
    guard let set = nic.coalescing.value else { return Finding("network.coalescing", .unknown, nic.coalescing.reason) }
    if !set.isAdaptive && set.receiveUs == 0 {
      return Finding("network.coalescing", .good, "\(nic.name) interrupts for each frame at once")
    }
    return Finding(
      "network.coalescing", .hurts,
      "\(nic.name) gathers received frames (\(set.isAdaptive ? "adaptive" : "\(set.receiveUs) us"))",
      why: "a frame waits in the card for others (ethtool(8), --coalesce)",
      cure: "ethtool -C \(nic.name) adaptive-rx off rx-usecs 0")
  }
}
