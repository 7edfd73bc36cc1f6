// The memory of the hot path: one mapping, huge pages if they are to be had, near the CPU that uses it.

import CShims

/// How the memory of the hot path is asked for (`memory` in the affinity configuration).
public struct MemoryPlan: Sendable, Equatable {
  public enum Pages: Sendable, Equatable {
    case ordinary
    /// Pages of 2 MiB: one entry of the translation buffer for what takes 512 of 4 KiB.
    case huge2MiB
  }

  public enum Placement: Sendable, Equatable {
    case anywhere
    /// On the NUMA node of the worker's CPU.
    case local
  }

  public var pages: Pages
  /// Whether all memory of the process is locked (mlockall).
  public var isLocked: Bool
  public var placement: Placement

  public init(pages: Pages = .ordinary, isLocked: Bool = false, placement: Placement = .anywhere) {
    self.pages = pages
    self.isLocked = isLocked
    self.placement = placement
  }

  /// Locks the process into memory when the plan asks for it.
  ///
  /// - Returns: what was done, for the start-up report.
  public func applyLock() -> String {
    guard isLocked else { return "memory not locked (memory.lock is off)" }
    let result = apus_lock_memory()
    return result == 0
      ? "memory locked"
      : "memory NOT locked: \(MemoryError.reason(-result)); raise RLIMIT_MEMLOCK or grant CAP_IPC_LOCK"
  }
}

/// One mapping that rings are cut out of, at start-up. Not for the hot path: nothing is given back.
public final class MemoryArena {
  /// What was obtained, and why it is less than asked for where it is.
  public let report: String
  private let memory: MemoryBlock
  private var used = 0

  static var hugePageBytes: Int { 2 << 20 }

  /// How many pages of 2 MiB an arena of that size asks for.
  public static func hugePages(for byteCount: Int) -> Int { round(byteCount, to: hugePageBytes) / hugePageBytes }

  /// - Parameters:
  ///   - byteCount: rounded up to whole pages.
  ///   - cpu: the CPU that will use it most; decides the node of a local placement.
  /// - Throws: when there is not even that much ordinary memory. Missing huge pages are not an error: `report` says so.
  public init(byteCount: Int, _ plan: MemoryPlan, near cpu: Int?) throws(MemoryError) {
    let node = plan.placement == .local ? cpu.map { Int(apus_numa_node_of_cpu(Int32($0))) } : nil
    let place = node.map { ", NUMA node \($0)" } ?? ""
    var shortfall = ""
    if plan.pages == .huge2MiB {
      let rounded = MemoryArena.round(byteCount, to: MemoryArena.hugePageBytes)
      do {
        memory = try MemoryBlock(pages: rounded, hugePages: true, numaNode: node)
        report = "\(rounded >> 20) MiB in pages of 2 MiB\(place)"
        return
      } catch {
        let needed = rounded / MemoryArena.hugePageBytes
        shortfall = "; no pages of 2 MiB: reserve \(needed) with sysctl vm.nr_hugepages=\(needed)"
      }
    }
    let rounded = MemoryArena.round(byteCount, to: apus_page_bytes())
    memory = try MemoryBlock(pages: rounded, hugePages: false, numaNode: node)
    report = "\(rounded >> 10) KiB in ordinary pages\(place)\(shortfall)"
  }

  /// Cuts out zeroed memory; nil when the arena is used up.
  public func block(byteCount: Int) -> MemoryBlock? {
    let rounded = Self.room(for: byteCount)
    guard rounded <= memory.byteCount - used else { return nil }
    defer { used += rounded }
    return memory.carve(offset: used, byteCount: rounded)
  }

  /// What a block of that size takes of an arena.
  public static func room(for byteCount: Int) -> Int { round(byteCount, to: MemoryBlock.alignment) }

  private static func round(_ byteCount: Int, to unit: Int) -> Int { (byteCount + unit - 1) / unit * unit }
}
