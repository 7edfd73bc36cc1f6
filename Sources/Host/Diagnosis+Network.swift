// Network cards: whom their interrupts interrupt, and what they hold back.

import Pipeline

extension Diagnosis {
  func interruptCpus(_ nic: NetworkInterface) -> [Int] {
    (nic.interrupts.value ?? []).flatMap { $0.cpus.value ?? [] }
  }

  var network: [Finding] {
    survey.interfaces.flatMap { [interrupts(of: $0), coalescing(of: $0)].compactMap { $0 } }
  }

  func interrupts(of nic: NetworkInterface) -> Finding? {
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

  func coalescing(of nic: NetworkInterface) -> Finding? {
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
