// What CPUs, kernel and rights of the process do to a plan, wherever it puts its workers.

import Pipeline

extension Diagnosis {
  var instructions: Finding? {
    survey.facts.hasRequiredInstructions
      ? nil : Finding("cpu.level", .wrong, "this CPU lacks x86-64-v3 (AVX2, FMA)", why: "docs/tuning.md, CPU level")
  }

  var counter: Finding? {
    survey.facts.hasInvariantCounter
      ? Finding("clock.counter", .good, "the time-stamp counter has one rate in all power states")
      : Finding(
        "clock.counter", .wrong, "the time-stamp counter's rate varies (no constant_tsc, nonstop_tsc)",
        why: "a session refuses to start: it has no other clock")
  }

  func boot(
    _ id: String, _ listed: Reading<[Int]>, good: String, bad: String, why: String, parameter: String
  ) -> Finding? {
    guard !hotCpus.isEmpty else { return nil }
    guard let listed = listed.value else { return Finding(id, .unknown, listed.reason) }
    if listed.filter(hotCpus.contains).count == hotCpus.count { return Finding(id, .good, good) }
    return Finding(id, .hurts, bad, why: why, cure: "\(parameter)=\(hotText)", needsReboot: true)
  }

  var tick: Finding? {
    boot(
      "isolation.tick", survey.tickless, good: "no timer tick on \(hotText)",
      bad: "the timer tick interrupts CPUs \(hotText), CONFIG_HZ times a second",
      why: "kernel: timers/no_hz, \"omitting scheduling-clock ticks for CPUs with only one runnable task\"",
      parameter: "nohz_full")
  }

  var callbacks: Finding? {
    boot(
      "isolation.callbacks", survey.callbackFree, good: "RCU callbacks are kept off \(hotText)",
      bad: "RCU callbacks run on CPUs \(hotText)",
      why: "they run in softirq context, in front of the worker (kernel: admin-guide/kernel-per-CPU-kthreads)",
      parameter: "rcu_nocbs")
  }

  var governor: Finding? {
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

  var turbo: Finding? {
    guard let isOn = survey.turbo.value else { return Finding("power.turbo", .unknown, survey.turbo.reason) }
    if isOn { return Finding("power.turbo", .good, "turbo is on") }
    return Finding(
      "power.turbo", .note, "turbo is off",
      why: "the clock is even but below what the CPU can do (kernel: admin-guide/pm)",
      cure: "echo 0 > /sys/devices/system/cpu/intel_pstate/no_turbo  (elsewhere: echo 1 > .../cpufreq/boost)")
  }

  /// A wake-up from here costs more than the whole way from a frame to an order is meant to.
  private static var deepSleepUs: Int { 10 }

  var idle: Finding? {
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

  var transparent: Finding? {
    guard let mode = survey.transparentHugePages.value else {
      return Finding("memory.transparent", .unknown, survey.transparentHugePages.reason)
    }
    if mode != "always" { return Finding("memory.transparent", .good, "transparent huge pages: \(mode)") }
    return Finding(
      "memory.transparent", .hurts, "transparent huge pages: always",
      why: "faults may compact memory, khugepaged moves pages under the bot (kernel: admin-guide/mm/transhuge)",
      cure: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
  }

  var hugePages: Finding? {
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

  var balancing: Finding? {
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

  var lock: Finding? {
    if plan.memory.isLocked { return nil }  // with `plan`
    return Finding(
      "memory.lock", .note,
      "memory.lock is off; it \(survey.facts.mayLockMemory ? "is permitted" : "would not be permitted") here",
      why: "pages that are not locked may be reclaimed (mlockall(2))",
      cure: survey.facts.mayLockMemory ? "memory: {lock: true}" : "ulimit -l unlimited, then memory: {lock: true}")
  }

  var realtime: Finding? {
    guard plan.workers.contains(where: { $0.realtimePriority != nil }) else { return nil }
    guard let runtime = survey.facts.realtimeRuntimeUs else {
      return Finding("rights.realtime", .unknown, "kernel.sched_rt_runtime_us cannot be read")
    }
    if runtime < 0 { return Finding("rights.realtime", .good, "real-time threads are not throttled") }
    return Finding(
      "rights.realtime", .hurts, "a spinning real-time worker is stopped when it had \(runtime) us of a period",
      why: "kernel: scheduler/sched-rt-group", cure: "sysctl kernel.sched_rt_runtime_us=-1")
  }

  var clockSource: Finding? {
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

  var mitigations: Finding? {
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

  var watchdog: Finding? {
    guard let isOn = survey.watchdog.value else { return Finding("kernel.watchdog", .unknown, survey.watchdog.reason) }
    if !isOn { return Finding("kernel.watchdog", .good, "the lockup watchdog is off") }
    return Finding(
      "kernel.watchdog", .note, "the lockup watchdog is on",
      why: "a timer on each of its CPUs (kernel: admin-guide/lockup-watchdogs)", cure: "sysctl kernel.watchdog=0")
  }

  var irqBalance: Finding? {
    guard survey.hasIrqBalance else { return nil }
    return Finding(
      "interrupts.balancer", .hurts, "irqbalance is running",
      why: "it moves interrupts back to hot CPUs (irqbalance(1))",
      cure: "systemctl disable --now irqbalance")
  }

  var uring: Finding? {
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
}
