// Affinity plans: everything that can be wrong is found, named, and cured by what the message says.

import Pipeline
import Testing

@Suite struct AffinityPlanTests {
  let stages = ["feed.binance", "strategy", "execution", "gateway.binance", "journal"]
  let host = HostFacts(onlineCpus: [0, 1, 2, 3], allowedCpus: [0, 1], isolatedCpus: [1], lockLimitBytes: 8192)

  func plan(_ change: (inout AffinityPlan) -> Void = { _ in }) -> AffinityPlan {
    var plan = AffinityPlan(workers: [
      WorkerPlan(cpu: 1, wait: .spin, stages: ["feed.binance", "strategy", "execution", "gateway.binance"]),
      WorkerPlan(cpu: 0, wait: .park(ns: 100_000), stages: ["journal"]),
    ])
    change(&plan)
    return plan
  }

  func problems(_ change: (inout AffinityPlan) -> Void) -> [AffinityProblem] {
    plan(change).problems(stages: stages, host: host)
  }

  @Test func aSoundPlanHasNoProblems() { #expect(plan().problems(stages: stages, host: host) == []) }

  @Test func processorsAreChecked() {
    #expect(problems { $0.workers[0].cpu = 9 } == [.unknownCpu(9, online: [0, 1, 2, 3])])
    #expect(problems { $0.workers[0].cpu = -1 } == [.unknownCpu(-1, online: [0, 1, 2, 3])])
    #expect(problems { $0.workers[0].cpu = 2 } == [.cpuNotAllowed(2, allowed: [0, 1])])
    #expect(problems { $0.workers[0].cpu = nil } == [])
  }

  @Test func everyStageRunsExactlyOnce() {
    #expect(problems { $0.workers[1].stages.append("strategy") } == [.stageNamedTwice("strategy")])
    #expect(problems { $0.workers[0].stages.removeFirst() } == [.stageNotPlaced("feed.binance")])
    #expect(problems { $0.workers[1].stages.append("jurnal") } == [.unknownStage("jurnal", known: stages)])
    #expect(problems { $0.workers[1].stages = [] } == [.workerWithoutStages(worker: 1), .stageNotPlaced("journal")])
    #expect(problems { $0.workers = [] } == [.noWorkers] + stages.map { .stageNotPlaced($0) })
  }

  @Test func twoBusyWorkersDoNotShareACpu() {
    let both: (inout AffinityPlan) -> Void = {
      $0.workers[1].cpu = 1
      $0.workers[1].wait = .pause
    }
    #expect(problems(both) == [.busyWorkersShareCpu(1)])
    #expect(problems { $0.workers[1].cpu = 1 } == [])
  }

  @Test func privilegesAreChecked() {
    #expect(problems { $0.memory.isLocked = true } == [.memoryLockNotPermitted(limitBytes: 8192)])
    let realtime: (inout AffinityPlan) -> Void = { $0.workers[0].realtimePriority = 50 }
    #expect(problems(realtime) == [.realtimeThrottlingUnknown])
    var known = host
    known.realtimeRuntimeUs = 950_000
    #expect(plan(realtime).problems(stages: stages, host: known) == [.realtimeNotPermitted(50, limit: 0)])
    known.realtimeLimit = 99
    #expect(plan(realtime).problems(stages: stages, host: known) == [])
    #expect(problems { $0.workers[0].realtimePriority = 100 } == [.realtimePriorityOutOfRange(100)])
    #expect(problems { $0.workers[1].realtimePriority = 1 } == [.realtimeOnSharedCpu(0, isolated: [1])])
  }

  @Test func aMessageNamesTheCure() {
    #expect(
      AffinityProblem.cpuNotAllowed(2, allowed: [0, 1, 4]).description
        == "CPU 2 is not open to this process (cgroup or taskset): choose one of 0-1,4")
  }

  @Test func thePlacementIsReported() {
    let report = plan {
      $0.workers[1].stages = []
      $0.workers.append(WorkerPlan(cpu: 0, wait: .yield, stages: ["journal"]))
    }.report(host: host)
    #expect(
      report == [
        "worker 0 on CPU 1 (isolated), spin: feed.binance, strategy, execution, gateway.binance",
        "worker 1 on CPU 0, shared with worker 2, park(100us): ",
        "worker 2 on CPU 0, shared with worker 1, yield: journal",
      ])
  }

  @Test(arguments: ["spin", "pause", "yield", "park(50us)", "park(7ns)", "park(1000ms)"])
  func waitStrategiesReadWhatTheyWrite(text: String) {
    #expect(WaitStrategy(text)?.description == text)
  }

  @Test(arguments: [
    "", "Spin", "park", "park()", "park(50)", "park(us)", "park(0us)", "park(-1us)", "park(1s)", "park(2000ms)",
    "park(9223372036854775807ms)", "park(50us",
  ])
  func otherWaitStrategiesAreRefused(text: String) { #expect(WaitStrategy(text) == nil) }

  @Test func cpuListsAreReadAsTheKernelWritesThem() {
    #expect(CpuList.cpus("0-3,8") == [0, 1, 2, 3, 8])
    #expect(CpuList.cpus("") == [])
    for text in ["a", "3-1", "1-2-3", "-1", "0-99999"] { #expect(CpuList.cpus(text) == nil, "\(text)") }
    #expect(CpuList.text([8, 0, 1, 2]) == "0-2,8")
  }

  @Test func thisHostIsDescribed() {
    let host = HostFacts.current()
    #expect(!host.allowedCpus.isEmpty)
    #expect(Set(host.onlineCpus).isSuperset(of: host.allowedCpus))
    #expect(host.hasRequiredInstructions)
    #expect(host.numaNodes >= 1)
  }
}
