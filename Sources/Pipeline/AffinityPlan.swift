// The affinity plan: which stage runs on which CPU, how it waits, and in what memory. Checked against the host.

/// One thread of the plan.
public struct WorkerPlan: Sendable, Equatable {
  /// The only CPU it may run on; nil leaves it to the scheduler.
  public var cpu: Int?
  public var wait: WaitStrategy
  /// The names of its stages, in the order in which they are polled.
  public var stages: [String]
  /// 1 to 99 for SCHED_FIFO; nil for the ordinary scheduler.
  public var realtimePriority: Int?

  public init(cpu: Int?, wait: WaitStrategy, stages: [String], realtimePriority: Int? = nil) {
    self.cpu = cpu
    self.wait = wait
    self.stages = stages
    self.realtimePriority = realtimePriority
  }
}

/// Where the session's threads and memory lie: the affinity part of the configuration.
public struct AffinityPlan: Sendable, Equatable {
  public var workers: [WorkerPlan]
  public var memory: MemoryPlan

  public init(workers: [WorkerPlan], memory: MemoryPlan = MemoryPlan()) {
    self.workers = workers
    self.memory = memory
  }

  /// Everything that is wrong with the plan, in the order of its lines. Empty when it can be run.
  ///
  /// - Parameters:
  ///   - stages: the names of all stages that this session has; each must run on exactly one worker.
  ///   - host: the machine and the process's rights on it.
  public func problems(stages: [String], host: HostFacts) -> [AffinityProblem] {
    var problems: [AffinityProblem] = workers.isEmpty ? [.noWorkers] : []
    for (number, worker) in workers.enumerated() {
      if worker.stages.isEmpty { problems.append(.workerWithoutStages(worker: number)) }
      if let cpu = worker.cpu { problems += problem(ofCpu: cpu, host) }
      if let priority = worker.realtimePriority { problems += problem(ofPriority: priority, worker, host) }
    }
    problems += placementProblems(stages)
    problems += sharingProblems()
    if memory.isLocked, !host.mayLockMemory {
      problems.append(.memoryLockNotPermitted(limitBytes: host.lockLimitBytes ?? 0))
    }
    return problems
  }

  /// The placement in words, one line for each worker: what stands in the start-up report.
  public func report(host: HostFacts) -> [String] {
    workers.enumerated().map { number, worker in
      let place = worker.cpu.map { "CPU \($0)\(host.isolatedCpus.contains($0) ? " (isolated)" : "")" } ?? "any CPU"
      let priority = worker.realtimePriority.map { ", real-time priority \($0)" } ?? ""
      let company = workers.indices.filter { $0 != number && worker.cpu != nil && workers[$0].cpu == worker.cpu }
      let shared = company.isEmpty ? "" : ", shared with worker \(company.map(String.init).joined(separator: ", "))"
      return
        "worker \(number) on \(place)\(shared), \(worker.wait)\(priority): \(worker.stages.joined(separator: ", "))"
    }
  }

  private func problem(ofCpu cpu: Int, _ host: HostFacts) -> [AffinityProblem] {
    if !host.onlineCpus.contains(cpu) { return [.unknownCpu(cpu, online: host.onlineCpus)] }
    if !host.allowedCpus.contains(cpu) { return [.cpuNotAllowed(cpu, allowed: host.allowedCpus)] }
    return []
  }

  /// Real-time priority is offered only where it cannot starve the kernel: on an isolated CPU, with throttling known.
  private func problem(ofPriority priority: Int, _ worker: WorkerPlan, _ host: HostFacts) -> [AffinityProblem] {
    guard (1...99).contains(priority) else { return [.realtimePriorityOutOfRange(priority)] }
    guard let cpu = worker.cpu, host.isolatedCpus.contains(cpu) else {
      return [.realtimeOnSharedCpu(worker.cpu, isolated: host.isolatedCpus)]
    }
    guard host.realtimeRuntimeUs != nil else { return [.realtimeThrottlingUnknown] }
    guard priority <= host.realtimeLimit else { return [.realtimeNotPermitted(priority, limit: host.realtimeLimit)] }
    return []
  }

  private func placementProblems(_ stages: [String]) -> [AffinityProblem] {
    var problems: [AffinityProblem] = []
    var seen: Set<String> = []
    for name in workers.flatMap(\.stages) {
      if !stages.contains(name) {
        problems.append(.unknownStage(name, known: stages))
      } else if !seen.insert(name).inserted {
        problems.append(.stageNamedTwice(name))
      }
    }
    for name in stages where !seen.contains(name) { problems.append(.stageNotPlaced(name)) }
    return problems
  }

  private func sharingProblems() -> [AffinityProblem] {
    let busy = workers.filter(\.wait.isBusy).compactMap(\.cpu)
    let counts = Dictionary(grouping: busy) { $0 }
    return counts.filter { $0.value.count > 1 }.keys.sorted().map { .busyWorkersShareCpu($0) }
  }
}
