// The memory of a session's workers: an arena for each and its heap, on the NUMA node of the CPU that polls. Cold.

import CShims
import Glibc

/// One arena for each worker of a plan, for the rings that its stages read, and the node that the rest of their memory comes
/// from. The thread that wires the session.
///
/// A ring lies with its reader: a reader waits for what it reads, while a writer's stores go on without it. A record ring lies
/// with its writer, because nothing waits for the journal.
public final class WorkerMemory {
  private struct Place {
    let arena: MemoryArena?
    let node: Int?
  }

  private let places: [Place]
  private let workers: [String: Int]
  /// What was obtained for each worker, and what the kernel refused.
  public private(set) var report: [String]

  /// - Parameter byteCount: what the rings that these stages read take of an arena.
  public init(_ plan: AffinityPlan, byteCount: ([String]) -> Int) throws(MemoryError) {
    var places: [Place] = []
    var report: [String] = []
    var workers: [String: Int] = [:]
    for (number, worker) in plan.workers.enumerated() {
      for stage in worker.stages { workers[stage] = number }
      let bytes = byteCount(worker.stages)
      let arena = bytes > 0 ? try MemoryArena(byteCount: bytes, plan.memory, near: worker.cpu) : nil
      if let arena { report.append("rings of worker \(number): \(arena.report)") }
      let node = plan.memory.placement == .local ? worker.cpu.map { Int(apus_numa_node_of_cpu(Int32($0))) } : nil
      places.append(Place(arena: arena, node: node))
    }
    (self.places, self.report, self.workers) = (places, report, workers)
  }

  /// Where the rings come from that a stage reads.
  ///
  /// - Precondition: the stage is one of the plan's and reads rings.
  public func arena(of stage: String) -> MemoryArena {
    guard let arena = place(of: stage).arena else { preconditionFailure("\(stage) reads no ring") }
    return arena
  }

  /// Lets what this thread touches first from now on come from the node of a stage's worker; nil: from the nearest again.
  public func prefer(nodeOf stage: String?) {
    let node = stage.flatMap { place(of: $0).node } ?? -1
    let result = apus_prefer_node(Int32(node))
    guard result != 0 else { return }
    let refusal = "the NUMA node of heap memory cannot be chosen: \(MemoryError.reason(-result))"
    if !report.contains(refusal) { report.append(refusal) }
  }

  /// Brings in all memory that the process has now, and the code of the program: no worker is to be the first to touch a page.
  ///
  /// - Returns: why it could not be done; nil when it was.
  public static func populate() -> String? {
    let result = apus_populate_memory()
    guard result != 0, result != -ENOTSUP else { return nil }
    return "memory is not brought in before the first poll: \(MemoryError.reason(-result)) (needs Linux 5.14)"
  }

  private func place(of stage: String) -> Place {
    guard let number = workers[stage] else { preconditionFailure("\(stage) is on no worker of the plan") }
    return places[number]
  }
}
