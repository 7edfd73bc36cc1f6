// Each check both ways: nothing on a tuned server, its finding and cure where one thing is changed.

import Host
import Pipeline
import Testing

private let wishes = SessionWishes(
  stages: ["feed", "strategy", "journal"], rings: [["feed", "strategy"]], networkStages: ["feed"], wantsUring: true,
  hugePages: 32)

private func plan(hot: Int = 1, strategy: Int? = nil, cold: Int = 0) -> AffinityPlan {
  var workers = [WorkerPlan(cpu: hot, wait: .spin, stages: strategy == nil ? ["feed", "strategy"] : ["feed"])]
  if let strategy { workers.append(WorkerPlan(cpu: strategy, wait: .spin, stages: ["strategy"])) }
  workers.append(WorkerPlan(cpu: cold, wait: .park(ns: 100_000), stages: ["journal"]))
  return AffinityPlan(workers: workers, memory: MemoryPlan(pages: .huge2MiB, isLocked: true))
}

private func findings(_ tree: HostTree, _ plan: AffinityPlan = plan()) throws -> [Finding] {
  Diagnosis(try tree.survey(), plan, wishes).findings
}

@Suite("Diagnosis")
struct DiagnosisTests {
  @Test("a tuned server has nothing but good findings")
  func tuned() throws {
    let all = try findings(.server())
    #expect(all.filter { $0.severity != .good } == [])
    #expect(all.count > 15)
  }

  struct Change: Sendable {
    var id: String
    var cure: String?
    var severity = Finding.Severity.hurts
    var files: [String: String]
  }

  static let changes = [
    Change(
      id: "isolation.cpus", cure: "isolcpus=managed_irq,domain,1", files: ["/sys/devices/system/cpu/isolated": ""]),
    Change(
      id: "isolation.cpus", cure: "move the worker to 3: workers[].cpu",
      files: ["/sys/devices/system/cpu/isolated": "3"]),
    Change(id: "isolation.tick", cure: "nohz_full=1", files: ["/sys/devices/system/cpu/nohz_full": "(null)"]),
    Change(
      id: "isolation.callbacks", cure: "rcu_nocbs=1",
      files: ["/proc/cmdline": "quiet", "/sys/devices/system/cpu/nohz_full": ""]),
    Change(
      id: "power.governor", cure: "cpupower -c 1 frequency-set -g performance",
      files: ["/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "powersave"]),
    Change(
      id: "power.turbo", severity: .note, files: ["/sys/devices/system/cpu/intel_pstate/no_turbo": "1"]),
    Change(
      id: "power.idle", cure: "cpupower -c 0-1 idle-set -D 10",
      files: ["/sys/devices/system/cpu/cpu0/cpuidle/state1/disable": "0"]),
    Change(
      id: "memory.transparent", cure: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
      files: ["/sys/kernel/mm/transparent_hugepage/enabled": "[always] madvise never"]),
    Change(
      id: "memory.huge-pages", cure: "sysctl vm.nr_hugepages=86",
      files: ["/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "10"]),
    Change(
      id: "memory.balancing", cure: "sysctl kernel.numa_balancing=0", files: ["/proc/sys/kernel/numa_balancing": "1"]),
    Change(
      id: "clock.source", cure: "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource",
      files: ["/sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet"]),
    Change(
      id: "clock.counter", severity: .wrong,
      files: ["/proc/cpuinfo": "flags : constant_tsc avx2 fma bmi1 bmi2 movbe f16c abm"]),
    Change(
      id: "kernel.mitigations", cure: "mitigations=off", severity: .note,
      files: ["/sys/devices/system/cpu/vulnerabilities/spectre_v2": "Mitigation: Retpolines"]),
    Change(
      id: "kernel.watchdog", cure: "sysctl kernel.watchdog=0", severity: .note,
      files: ["/proc/sys/kernel/watchdog": "1"]),
    Change(
      id: "interrupts.balancer", cure: "systemctl disable --now irqbalance", files: ["/proc/77/comm": "irqbalance"]),
    Change(
      id: "interrupts.network", cure: "echo 0,2-7 > /proc/irq/40/smp_affinity_list",
      files: ["/proc/irq/40/smp_affinity_list": "0-7"]),
    Change(
      id: "placement.network", cure: "choose its CPU from 2-3,6-7: workers[].cpu",
      files: ["/sys/class/net/eth0/device/numa_node": "1"]),
    Change(
      id: "placement.siblings", cure: "echo 0 > /sys/devices/system/cpu/cpu5/online",
      files: ["/sys/devices/system/cpu/cpu1/topology/thread_siblings_list": "1,5"]),
    Change(
      id: "plan", cure: "ulimit -l unlimited  (systemd: LimitMEMLOCK=infinity)", severity: .wrong,
      files: ["/proc/self/limits": "Max locked memory         8388608              8388608              bytes"]),
  ]

  @Test("one thing changed is found, with its cure", arguments: changes)
  func found(change: Change) throws {
    var tree = HostTree.server()
    for (path, text) in change.files { tree[path] = text }
    let found = try findings(tree).filter { $0.id == change.id && $0.severity == change.severity }
    #expect(found.count == 1)
    if let cure = change.cure { #expect(found.first?.cure == cure) }
  }

  @Test("a laptop as it comes has all of it wrong at once, the weightiest first")
  func laptop() throws {
    var tree = HostTree.server()
    for change in Self.changes where change.id != "isolation.cpus" && change.id != "isolation.callbacks" {
      for (path, text) in change.files { tree[path] = text }
    }
    tree["/sys/devices/system/cpu/isolated"] = ""
    tree["/proc/cmdline"] = "quiet splash"
    let all = try findings(tree)
    let found = Set(all.filter { $0.severity < .good }.map(\.id))
    #expect(found.isSuperset(of: Self.changes.map(\.id)))
    #expect(all.map(\.severity) == all.map(\.severity).sorted())
    #expect(all.first?.severity == .wrong)
  }

  @Test("what a guest does not show is unknown, and no all-clear")
  func unknown() throws {
    let all = try findings(.guest())
    for id in [
      "power.governor", "power.idle", "power.turbo", "interrupts.network", "isolation.tick", "kernel.mitigations",
      "kernel.watchdog",
    ] {
      #expect(all.filter { $0.id == id }.map(\.severity) == [.unknown], "\(id)")
      #expect(all.first { $0.id == id }?.what.isEmpty == false)
    }
  }

  @Test("the interrupts of a virtio card hang at the device above it")
  func virtio() throws {
    var tree = HostTree.guest()
    // What `device/..` leads to where the tree has no symbolic links.
    tree["/sys/class/net/eth0/msi_irqs/38"] = "msix"
    tree["/proc/irq/38/effective_affinity_list"] = "1"
    #expect(try tree.survey().interfaces.first?.interrupts == .known([.init(number: 38, cpus: .known([1]))]))
    #expect(try findings(tree).first { $0.id == "interrupts.network" }?.severity == .hurts)
  }

  @Test("placement is judged against sockets, caches, threads and the boot CPU")
  func placement() throws {
    let tree = HostTree.server()
    func severity(_ id: String, _ plan: AffinityPlan) throws -> Finding.Severity? {
      Diagnosis(try tree.survey(), plan, wishes).placementFindings.first { $0.id == id }?.severity
    }
    #expect(try severity("placement.caches", plan(hot: 1, strategy: 2)) == .hurts)
    #expect(try severity("placement.caches", plan(hot: 1, strategy: 5)) == .good)
    #expect(try severity("placement.siblings", plan(hot: 4, cold: 0)) == .hurts)
    #expect(try severity("placement.boot-cpu", plan(hot: 0, cold: 3)) == .hurts)
    #expect(try severity("placement.boot-cpu", plan()) == nil)
    #expect(try severity("placement.network", plan(hot: 2)) == .hurts)
    #expect(try severity("plan", plan(hot: 9)) == .wrong)
    #expect(try severity("plan", plan()) == .good)
    // Of a CPU that is not there nothing is praised.
    #expect(try severity("isolation.cpus", plan(hot: 9)) == nil)
  }

  @Test("io_uring and coalescing are asked of the kernel")
  func probes() throws {
    var tree = HostTree.server()
    tree.uring = UringSupport(problem: "not permitted")
    tree["/proc/sys/kernel/io_uring_disabled"] = "2"
    tree.coalescing = .init(receiveUs: 50, isAdaptive: true)
    let all = try findings(tree)
    #expect(all.first { $0.id == "kernel.uring" }?.cure == "sysctl kernel.io_uring_disabled=0")
    #expect(all.first { $0.id == "network.coalescing" }?.cure == "ethtool -C eth0 adaptive-rx off rx-usecs 0")
    tree.uring = UringSupport(hasDeferredWork: false)
    #expect(try findings(tree).first { $0.id == "kernel.uring" }?.severity == .hurts)
  }

  @Test("a throttled real-time worker is found")
  func realtime() throws {
    var tree = HostTree.server()
    var plan = plan()
    plan.workers[0].realtimePriority = 10
    tree["/proc/self/status"] = "CapEff:\t0000000000800000\nCpus_allowed_list:\t0-7"
    #expect(try findings(tree, plan).first { $0.id == "rights.realtime" }?.severity == .good)
    tree["/proc/sys/kernel/sched_rt_runtime_us"] = "950000"
    #expect(try findings(tree, plan).first { $0.id == "rights.realtime" }?.severity == .hurts)
  }
}

@Suite("Noise")
struct NoiseTests {
  @Test("known gaps are counted to the cycle")
  func gaps() {
    var count = GapCount(steps: [30, 31, 900, 31, 32], floorCycles: 500, start: 1_000)
    #expect(count.stepCycles == 31 && count.thresholdCycles == 620)
    for now: UInt64 in [1_031, 1_651, 2_272, 2_303, 12_303] { count.read(now) }
    // Steps of 31, 620 (no gap), 621, 31 and 10,000.
    #expect(count.gaps == 2 && count.longestCycles == 10_000)
    #expect(count.stolenCycles == 621 - 31 + 10_000 - 31)
  }

  @Test("a gap as long as a decision hurts, a shorter one does not")
  func severity() {
    func finding(longestNs: Int64) -> Finding {
      Finding(
        NoiseResult(
          cpu: 3, durationNs: 1_000_000_000, thresholdNs: 1_000, gaps: 2, stolenNs: 500_000, longestGapNs: longestNs,
          interrupts: ["LOC: Local timer interrupts": 250], involuntarySwitches: 0))
    }
    #expect(finding(longestNs: 9_999).severity == .good)
    #expect(finding(longestNs: 10_000).severity == .hurts)
    #expect(finding(longestNs: 10_000).what == "CPU 3: longest gap 10 us, 2 gaps, 0.05 % of the time stolen")
  }

  @Test("interrupts are counted by CPU and name")
  func interrupts() {
    let before = InterruptCounts(
      "           CPU0       CPU2\n 38:  5  7  PCI-MSI  eth0\nLOC:  1  2  Local timer interrupts\nERR: 0")
    let after = InterruptCounts(
      "           CPU0       CPU2\n 38:  6  7  PCI-MSI  eth0\nLOC:  1  9  Local timer interrupts\nERR: 0")
    #expect(after.since(before, cpu: 2) == ["LOC: Local timer interrupts": 7])
    #expect(after.since(before, cpu: 0) == ["38: PCI-MSI eth0": 1])
  }
}
