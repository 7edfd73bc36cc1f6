// What can be wrong with an affinity plan, and what to do about it.

/// One reason why a plan cannot be run here. The description names the cure.
public enum AffinityProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case noWorkers
  case workerWithoutStages(worker: Int)
  case unknownCpu(Int, online: [Int])
  case cpuNotAllowed(Int, allowed: [Int])
  case unknownStage(String, known: [String])
  case stageNamedTwice(String)
  case stageNotPlaced(String)
  case busyWorkersShareCpu(Int)
  case memoryLockNotPermitted(limitBytes: Int64)
  case realtimePriorityOutOfRange(Int)
  case realtimeOnSharedCpu(Int?, isolated: [Int])
  case realtimeThrottlingUnknown
  case realtimeNotPermitted(Int, limit: Int)

  public var description: String {
    switch self {
    case .noWorkers:
      "no workers: name at least one under workers"
    case .workerWithoutStages(let worker):
      "workers[\(worker)] has no stages: give it some or remove it"
    case .unknownCpu(let cpu, let online):
      "this machine has no CPU \(cpu): choose one of \(CpuList.text(online))"
    case .cpuNotAllowed(let cpu, let allowed):
      "CPU \(cpu) is not open to this process (cgroup or taskset): choose one of \(CpuList.text(allowed))"
    case .unknownStage(let name, let known):
      "there is no stage \"\(name)\" in this session: its stages are \(known.joined(separator: ", "))"
    case .stageNamedTwice(let name):
      "the stage \"\(name)\" stands in two places: a stage runs on exactly one worker"
    case .stageNotPlaced(let name):
      "the stage \"\(name)\" runs nowhere: add it to the stages of a worker"
    case .busyWorkersShareCpu(let cpu):
      "two workers that never sleep share CPU \(cpu): move one, merge their stages, or let one park"
    case .memoryLockNotPermitted(let limit):
      "memory.lock needs CAP_IPC_LOCK or an unlimited RLIMIT_MEMLOCK (it is \(limit) bytes): grant it or set lock: false"
    case .realtimePriorityOutOfRange(let priority):
      "real-time priority \(priority): SCHED_FIFO has 1 to 99"
    case .realtimeOnSharedCpu(let cpu, let isolated):
      "real-time priority on \(cpu.map { "CPU \($0)" } ?? "no CPU of its own"): a spinning real-time thread starves the "
        + "kernel there; use an isolated CPU (isolcpus: \(isolated.isEmpty ? "none" : CpuList.text(isolated)))"
    case .realtimeThrottlingUnknown:
      "real-time priority: /proc/sys/kernel/sched_rt_runtime_us cannot be read, so that throttling is unknown; "
        + "leave the priority out"
    case .realtimeNotPermitted(let priority, let limit):
      "real-time priority \(priority) is above what this process may ask for (\(limit)): raise RLIMIT_RTPRIO or grant "
        + "CAP_SYS_NICE"
    }
  }
}
