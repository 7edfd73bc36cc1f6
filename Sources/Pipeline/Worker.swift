// A worker: one thread, pinned to its CPU, that polls its stages in order until it is told to stop.

import CShims
import Glibc
import Synchronization

/// Why a worker did not start.
public enum WorkerError: Error, Equatable, CustomStringConvertible {
  case noSuchCpu(Int)
  case realtimeRefused(priority: Int)
  case system(errno: Int32)

  public var description: String {
    switch self {
    case .noSuchCpu(let cpu): "CPU \(cpu) is not available to this process; name another in workers[].cpu"
    case .realtimeRefused(let priority):
      "real-time priority \(priority) was refused; grant CAP_SYS_NICE, raise RLIMIT_RTPRIO, or leave priority out"
    case .system(let code): "a thread could not be started: \(MemoryError.reason(code))"
    }
  }
}

/// Owns a thread and the stages on it.
///
/// `start`, `beginMeasurement`, `requestStop` and `join` are for the thread that made it. Everything else happens on the
/// worker's own thread, whose loop neither locks nor allocates nor counts references; proven by the hot-path gate.
public final class Worker: @unchecked Sendable {  // Safe: the stages belong to the thread between `start` and `join`.
  public let plan: WorkerPlan
  private let stages: [AnyStageBox]
  private let slots: UnsafeMutableBufferPointer<StageSlot>
  private let command: UnsafeMutablePointer<Atomic<Int>>
  private let commandBlock = MemoryBlock(byteCount: MemoryBlock.alignment)
  private let meters: WorkerMeters
  private let threadName: String
  private var thread: UInt64?

  /// Far more than the deepest path of a stage takes.
  private static let stackBytes = 256 << 10

  private enum Command {
    static var run: Int { 0 }
    static var measure: Int { 1 }
    static var stop: Int { 2 }
  }

  /// - Parameters:
  ///   - number: counts the workers from 0; the thread is named `apus-w<number>`, its counters `worker.<number>.…`.
  ///   - stages: those of the plan, in the plan's order.
  public init(_ number: Int, _ plan: WorkerPlan, stages: [AnyStageBox], counters: CounterFile) {
    precondition(stages.map(\.name) == plan.stages, "a worker polls the stages of its plan, in their order")
    self.plan = plan
    self.stages = stages
    threadName = "apus-w\(number)"
    meters = WorkerMeters(counters, prefix: "worker.\(number)")
    slots = .allocate(capacity: stages.count)
    for (index, box) in stages.enumerated() {
      slots.initializeElement(at: index, to: StageSlot(box, counters))
    }
    command = commandBlock.atomic(0, of: Int.self)
  }

  deinit { slots.deallocate() }

  /// Starts the thread on its CPU. It polls until `requestStop`.
  public func start() throws(WorkerError) {
    precondition(thread == nil, "a worker is started once")
    var started: UInt64 = 0
    let result = startThread(self, &started)
    switch result {
    case 0: thread = started
    case -EINVAL where plan.cpu != nil: throw .noSuchCpu(plan.cpu ?? 0)
    case -EPERM where plan.realtimePriority != nil: throw .realtimeRefused(priority: plan.realtimePriority ?? 0)
    default: throw .system(errno: -result)
    }
  }

  /// Lets page faults and context switches be counted from now on: called when the warm-up is over.
  /// Does nothing after `requestStop`.
  public func beginMeasurement() {
    _ = command.pointee.compareExchange(
      expected: Command.run, desired: Command.measure, ordering: .acquiringAndReleasing)
  }

  /// Asks the thread to end after the poll it is in.
  public func requestStop() { command.pointee.store(Command.stop, ordering: .releasing) }

  /// Waits for the end of the thread, after `requestStop`.
  ///
  /// - Returns: what the kernel did to the thread since `beginMeasurement` (or the start).
  @discardableResult
  public func join() -> ThreadUsage {
    if let thread {
      let result = apus_thread_join(thread)
      precondition(result == 0, "a worker is joined once, and by another thread")
    }
    thread = nil
    return meters.usage
  }

  /// The body of the thread.
  fileprivate func run() {
    apus_thread_name(threadName)
    apus_touch_stack(Self.stackBytes)
    if case .park = plan.wait { apus_thread_punctual() }
    meters.begin()
    var order = loop()
    while order != Command.stop {
      meters.begin()
      // A stop that came meanwhile is not overwritten.
      _ = command.pointee.compareExchange(
        expected: Command.measure, desired: Command.run, ordering: .acquiringAndReleasing)
      order = loop()
    }
    meters.end()
  }

  /// Polls until there is a command, and returns it.
  @inline(never)
  private func loop() -> Int {
    let (slots, command, wait, loops, idleLoops) = (slots, command, plan.wait, meters.loops, meters.idleLoops)
    while true {
      let order = command.pointee.load(ordering: .acquiring)
      if order != Command.run { return order }
      var work = 0
      for index in slots.indices { work &+= slots[index].poll() }
      loops.add()
      if work == 0 {
        idleLoops.add()
        wait.wait()
      }
    }
  }
}

/// A stage as the loop sees it: no reference counting, its counters beside it.
private struct StageSlot {
  let box: Unmanaged<AnyStageBox>
  let busyPolls: Counter
  let items: Counter

  init(_ box: AnyStageBox, _ counters: CounterFile) {
    self.box = .passUnretained(box)  // Safe: the worker holds the box in `stages`.
    busyPolls = counters.counter("\(box.name).busyPolls")
    items = counters.counter("\(box.name).items")
  }

  @inline(always)
  func poll() -> Int {
    let done = box._withUnsafeGuaranteedRef { $0.poll() }
    if done > 0 {
      busyPolls.add()
      items.add(Int64(done))
    }
    return done
  }
}

/// Starts the thread of a worker, which holds the worker until it ends. A free function, because a closure written in an
/// isolated context would carry that isolation to the new thread and trap there.
private func startThread(_ worker: Worker, _ thread: inout UInt64) -> Int32 {
  let context = Unmanaged.passRetained(worker)
  let result = apus_thread_start(
    &thread, Int32(worker.plan.cpu ?? -1), Int32(worker.plan.realtimePriority ?? 0),
    { raw in
      guard let raw else { return nil }
      Unmanaged<Worker>.fromOpaque(raw).takeRetainedValue().run()
      return nil
    }, context.toOpaque())
  if result != 0 { context.release() }
  return result
}
