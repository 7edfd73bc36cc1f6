// Workers: placement, order of polls, counters, and an end that is waited for.

import Dispatch
import Foundation
import MallocCounter
import Pipeline
import Testing

/// Looks at its thread from inside, and says when it has been polled often enough.
private struct Observer: ~Copyable, Stage {
  let done: DispatchSemaphore
  let after: Int
  /// What each poll reports as work.
  var work = 0
  var polls = 0
  var cpus: [Int] = []
  var threadName: String?
  var allocationsAtStart: UInt64 = 0
  var allocations: UInt64 = 0

  init(done: DispatchSemaphore, after: Int, work: Int = 0) {
    self.done = done
    self.after = after
    self.work = work
  }

  mutating func poll() -> Int {
    polls += 1
    if polls == 10 { look() }
    if polls == after {
      allocations = malloc_counter_value() - allocationsAtStart
      done.signal()
    }
    return work
  }

  private mutating func look() {
    cpus = HostFacts.current().allowedCpus
    threadName = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
    allocationsAtStart = malloc_counter_value()
  }
}

/// Notes in which order stages are polled.
private struct Noter: ~Copyable, Stage {
  let number: Int
  let done: DispatchSemaphore
  /// Shared by the stages of one worker, so by one thread.
  let log: UnsafeMutablePointer<[Int]>

  mutating func poll() -> Int {
    guard log.pointee.count < 9 else { return 0 }
    log.pointee.append(number)
    if log.pointee.count == 9 { done.signal() }
    return 1
  }
}

/// Faults in many pages in its first poll, and none later.
private struct Toucher: ~Copyable, Stage {
  let warm: DispatchSemaphore
  let measuring: ControlWords
  let done: DispatchSemaphore
  var faultsOfWarmUp: Int64 = 0
  /// Polls since the measurement was asked for: after the second the worker must have seen the command.
  var measuredPolls = 0

  init(warm: DispatchSemaphore, measuring: ControlWords, done: DispatchSemaphore) {
    self.warm = warm
    self.measuring = measuring
    self.done = done
  }

  mutating func poll() -> Int {
    if faultsOfWarmUp == 0 {
      let before = ThreadUsage.current()
      _ = try? MemoryBlock(pages: 64 << 20, hugePages: false, numaNode: nil)
      faultsOfWarmUp = ThreadUsage.current().since(before).minorFaults
      warm.signal()
    }
    if measuring.isStopping {
      measuredPolls += 1
      if measuredPolls == 2 { done.signal() }
    }
    return 0
  }
}

@Suite struct WorkerTests {
  @Test(arguments: [.spin, .pause, .yield, .park(ns: 1_000)] as [WaitStrategy])
  func runsOnItsCpuUnderItsNameWithoutAllocating(wait: WaitStrategy) throws {
    let cpu = try #require(HostFacts.current().allowedCpus.last)
    let done = DispatchSemaphore(value: 0)
    let box = StageBox("observer", Observer(done: done, after: 200))
    let counters = try CounterFile()
    let worker = Worker(7, WorkerPlan(cpu: cpu, wait: wait, stages: ["observer"]), stages: [box], counters: counters)
    try worker.start()
    done.wait()
    worker.requestStop()
    worker.join()
    box.withStage { stage in
      #expect(stage.cpus == [cpu])
      #expect(stage.threadName == "apus-w7\n")
      #expect(stage.allocations == 0)
      #expect(stage.polls >= 200)
      let values = try? counters.reader().counters()
      #expect(values?["worker.7.loops"] == Int64(stage.polls))
      #expect(values?["worker.7.idleLoops"] == Int64(stage.polls))
      #expect(values?["observer.busyPolls"] == 0)
      #expect(values?["worker.7.running"] == 0, "no beat is due after the end")
    }
  }

  @Test func countsTheWorkOfEachStage() throws {
    let done = DispatchSemaphore(value: 0)
    let box = StageBox("busy", Observer(done: done, after: 50, work: 3))
    let counters = try CounterFile()
    let worker = Worker(0, WorkerPlan(cpu: nil, wait: .yield, stages: ["busy"]), stages: [box], counters: counters)
    try worker.start()
    done.wait()
    worker.requestStop()
    worker.join()
    let polls = Int64(box.withStage { $0.polls })
    let values = try counters.reader().counters()
    #expect(values["busy.busyPolls"] == polls)
    #expect(values["busy.items"] == 3 * polls)
    #expect(values["worker.0.idleLoops"] == 0)
  }

  @Test func pollsItsStagesInThePlansOrder() throws {
    let log = UnsafeMutablePointer<[Int]>.allocate(capacity: 1)
    log.initialize(to: [])
    defer {
      log.deinitialize(count: 1)
      log.deallocate()
    }
    let done = DispatchSemaphore(value: 0)
    let stages = (0..<3).map { StageBox("stage\($0)", Noter(number: $0, done: done, log: log)) }
    let plan = WorkerPlan(cpu: nil, wait: .yield, stages: stages.map(\.name))
    let worker = Worker(0, plan, stages: stages, counters: try CounterFile())
    try worker.start()
    done.wait()
    worker.requestStop()
    worker.join()
    #expect(log.pointee == [0, 1, 2, 0, 1, 2, 0, 1, 2])
  }

  @Test func usageIsCountedFromTheMeasurementOn() throws {
    let (warm, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let measuring = ControlWords()
    let box = StageBox("toucher", Toucher(warm: warm, measuring: measuring, done: done))
    let counters = try CounterFile()
    let worker = Worker(0, WorkerPlan(cpu: nil, wait: .yield, stages: ["toucher"]), stages: [box], counters: counters)
    try worker.start()
    warm.wait()
    worker.beginMeasurement()
    measuring.stop()
    done.wait()
    worker.requestStop()
    let usage = worker.join()
    let faultsBefore = box.withStage { $0.faultsOfWarmUp }
    #expect(faultsBefore > 0)
    #expect(usage.minorFaults < faultsBefore)
    #expect(try counters.reader().counters()["worker.0.minorFaults"] == usage.minorFaults)
  }

  @Test func aMeasurementDoesNotTakeAStopBack() throws {
    let box = StageBox("observer", Observer(done: DispatchSemaphore(value: 0), after: 1))
    let plan = WorkerPlan(cpu: nil, wait: .yield, stages: ["observer"])
    let worker = Worker(0, plan, stages: [box], counters: try CounterFile())
    worker.requestStop()
    worker.beginMeasurement()
    try worker.start()
    worker.join()
    box.withStage { #expect($0.polls == 0) }
  }

  @Test func aCpuThatIsNotThereIsANamedError() throws {
    let done = DispatchSemaphore(value: 0)
    let box = StageBox("observer", Observer(done: done, after: 1))
    let plan = WorkerPlan(cpu: 1023, wait: .spin, stages: ["observer"])
    let worker = Worker(0, plan, stages: [box], counters: try CounterFile())
    #expect(throws: WorkerError.noSuchCpu(1023)) { try worker.start() }
    worker.join()
    box.withStage { #expect($0.polls == 0) }
  }
}
