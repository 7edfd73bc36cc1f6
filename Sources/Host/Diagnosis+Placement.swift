// Where the plan puts its workers: cores, caches, NUMA nodes, isolation.

import Pipeline

extension Diagnosis {
  var siblings: Finding? {
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

  var rings: Finding? {
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

  var networkNode: Finding? {
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

  var bootCpu: Finding? {
    guard hotCpus.contains(0), let free = survey.facts.allowedCpus.first(where: { $0 != 0 && !hotCpus.contains($0) })
    else { return nil }
    return Finding(
      "placement.boot-cpu", .hurts, "a hot worker runs on CPU 0",
      why:
        "the boot CPU keeps the time and cannot be in nohz_full (kernel: timers/no_hz, admin-guide/kernel-parameters)",
      cure: "move it, for instance to CPU \(free): workers[].cpu")
  }

  var isolation: Finding? {
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
}
