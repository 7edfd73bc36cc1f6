// Arenas: what was asked for, or a report that says what was not to be had.

import Pipeline
import Testing

@Suite struct MemoryTests {
  @Test(arguments: [MemoryPlan.Pages.ordinary, .huge2MiB], [MemoryPlan.Placement.anywhere, .local])
  func anArenaGivesAlignedZeroedMemory(pages: MemoryPlan.Pages, placement: MemoryPlan.Placement) throws {
    let arena = try MemoryArena(byteCount: 10_000, MemoryPlan(pages: pages, placement: placement), near: 0)
    var last: MemoryBlock?
    while let block = arena.block(byteCount: 1_000) {
      #expect(Int(bitPattern: block.address) % MemoryBlock.alignment == 0)
      #expect(UnsafeRawBufferPointer(start: block.address, count: block.byteCount).allSatisfy { $0 == 0 })
      if let last { #expect(block.address >= last.address + last.byteCount) }
      last = block
    }
    #expect(last != nil)
    let hasHugePages = HostFacts.current().freeHugePages > 0
    if pages == .huge2MiB, !hasHugePages { #expect(arena.report.contains("vm.nr_hugepages=1")) }
    if pages == .ordinary { #expect(arena.report.hasPrefix("12 KiB in ordinary pages")) }
  }

  @Test func aBlockOutlivesItsArena() throws {
    var block: MemoryBlock?
    do {
      let arena = try MemoryArena(byteCount: 4096, MemoryPlan(), near: nil)
      block = arena.block(byteCount: 128)
    }
    let kept = try #require(block)
    kept.address.storeBytes(of: 7, as: UInt64.self)
    #expect(kept.address.load(as: UInt64.self) == 7)
  }

  @Test func aRingFindsNoRoomInAFullArenaAndTakesItsOwn() throws {
    let arena = try MemoryArena(byteCount: 4096, MemoryPlan(), near: nil)
    var ring = Ring<UInt64>(capacity: 4096, in: arena)
    let pushed = ring.producer.tryPush(1)
    let popped = ring.consumer.tryPop()
    #expect(pushed && popped == 1)
    #expect(arena.block(byteCount: 4096) != nil)
  }

  @Test func moreThanThereIsIsANamedError() {
    #expect(throws: MemoryError.exhausted(byteCount: 1 << 50, errno: 12)) {
      try MemoryArena(byteCount: 1 << 50, MemoryPlan(), near: nil)
    }
  }

  @Test func eachWorkerHasAnArenaForTheRingsThatItsStagesRead() throws {
    let plan = AffinityPlan(workers: [
      WorkerPlan(cpu: 0, wait: .yield, stages: ["feed", "strategy"]),
      WorkerPlan(cpu: 0, wait: .yield, stages: ["gateway"]),
      WorkerPlan(cpu: nil, wait: .yield, stages: ["journal"]),
    ])
    let bytes = ["feed": 4000, "strategy": 6000, "gateway": 100]
    let memory = try WorkerMemory(plan) { $0.reduce(0) { $0 + (bytes[$1] ?? 0) } }
    #expect(memory.arena(of: "feed") === memory.arena(of: "strategy"))
    #expect(memory.arena(of: "gateway") !== memory.arena(of: "feed"))
    #expect(
      memory.report == ["rings of worker 0: 12 KiB in ordinary pages", "rings of worker 1: 4 KiB in ordinary pages"])
    for stage in ["feed", "gateway", "journal", nil] { memory.prefer(nodeOf: stage) }
    #expect(memory.report.count == 2 || memory.report[2].hasPrefix("the NUMA node of heap memory cannot be chosen"))
  }
}
