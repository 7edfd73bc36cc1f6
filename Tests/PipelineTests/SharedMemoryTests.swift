// Files in memory with a link where they are looked for, and memory that is there before it is touched.

import Foundation
import Pipeline
import Testing

private let shared = "/dev/shm"

@Suite struct SharedMemoryTests {
  private let folder: String

  init() throws {
    // The build's own folder: on a disk, where the system's temporary one may be memory itself.
    folder = FileManager.default.currentDirectoryPath + "/.build/shared-memory-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func remove() { try? FileManager.default.removeItem(atPath: folder) }

  @Test func aFileLiesInMemoryAndIsFoundByItsName() throws {
    defer { remove() }
    let (path, memory) = (folder + "/block", SharedMemory(folder: shared))
    let block = try MemoryBlock(creating: path, byteCount: 8192, in: memory) { $0.storeBytes(of: 7, as: UInt64.self) }
    let target = try #require(SharedMemory.target(of: path))
    #expect(target.hasPrefix(shared + "/apus-") && memory.shortfall == nil)
    block.address.storeBytes(of: 8, toByteOffset: 8, as: UInt64.self)
    let found = try MemoryBlock(opening: path, writable: false)
    #expect(found.byteCount == 8192 && found.address.load(as: UInt64.self) == 7)
    #expect(found.address.load(fromByteOffset: 8, as: UInt64.self) == 8)

    // A new one takes the old one's place: nothing stays behind in memory.
    _ = try MemoryBlock(creating: path, byteCount: 4096, in: memory)
    #expect(!FileManager.default.fileExists(atPath: target))
    #expect(try MemoryBlock(opening: path, writable: false).byteCount == 4096)
    let second = try #require(SharedMemory.target(of: path))
    SharedMemory.remove(path)
    #expect(!FileManager.default.fileExists(atPath: second) && !FileManager.default.fileExists(atPath: path))
  }

  @Test func whatIsSettledLiesOnTheDiskWithItsContents() throws {
    defer { remove() }
    let path = folder + "/counters"
    let block = try MemoryBlock(creating: path, byteCount: 4096, in: SharedMemory(folder: shared))
    block.address.storeBytes(of: 9, toByteOffset: 4088, as: UInt64.self)
    let target = try #require(SharedMemory.target(of: path))
    try SharedMemory.settle(path)
    #expect(SharedMemory.target(of: path) == nil && !FileManager.default.fileExists(atPath: target))
    let found = try MemoryBlock(opening: path, writable: false)
    #expect(found.byteCount == 4096 && found.address.load(fromByteOffset: 4088, as: UInt64.self) == 9)
    try SharedMemory.settle(path)  // nothing to do
    #expect(try MemoryBlock(opening: path, writable: false).byteCount == 4096)
  }

  @Test func whatNobodyTakesUpHasNoName() throws {
    defer { remove() }
    let memory = SharedMemory(folder: shared, outlivesProcess: false)
    let block = try MemoryBlock(creating: folder + "/block", byteCount: 4096, in: memory)
    block.address.storeBytes(of: 7, as: UInt64.self)
    #expect(memory.shortfall == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    // Foundation takes a file without a size for one page of text: read to its end.
    let bytes = try #require(FileHandle(forReadingAtPath: "/proc/self/maps")).readToEnd()
    let maps = String(decoding: bytes ?? Data(), as: UTF8.self)
    let start = String(UInt(bitPattern: block.address), radix: 16)
    #expect(maps.split(separator: "\n").contains { $0.contains(start) && $0.contains("(deleted)") })
    #expect(block.address.load(as: UInt64.self) == 7)  // it is mapped until here
  }

  @Test func withoutMemoryTheFileLiesOnTheDisk() throws {
    defer { remove() }
    for place in [nil, folder, "/proc/no-such-folder"] {
      let memory = SharedMemory(folder: place)
      _ = try MemoryBlock(creating: folder + "/block", byteCount: 4096, in: memory)
      #expect(SharedMemory.target(of: folder + "/block") == nil)
      #expect((memory.shortfall == nil) == (place == nil))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["block"])
  }

  @Test func moreThanTheMemoryHasLiesOnTheDisk() throws {
    defer { remove() }
    let memory = SharedMemory(folder: shared)
    // Neither has so much: the error is the disk's, so memory was tried first.
    #expect(throws: MemoryError.self) {
      try MemoryBlock(creating: folder + "/block", byteCount: 1 << 50, in: memory)
    }
    #expect(memory.shortfall?.contains("has no room") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a link away"))
  func aLinkIsFollowedToItsOwnersFileOnly() throws {
    defer { remove() }
    let path = folder + "/block"
    _ = try MemoryBlock(creating: path, byteCount: 4096, in: SharedMemory(folder: shared))
    defer { SharedMemory.remove(path) }
    #expect(lchown(path, 65_534, 65_534) == 0)
    #expect(throws: MemoryError.file(operation: "open", path: path, errno: EPERM)) {
      try MemoryBlock(opening: path, writable: false)
    }
  }

  @Test func storesToARecordRingInMemoryDoNotFault() throws {
    defer { remove() }
    var ring = try RecordRing(
      stage: 1, capacityBytes: 1 << 22, path: folder + "/ring", in: SharedMemory(folder: shared))
    defer { SharedMemory.remove(folder + "/ring") }
    let faults = fill(&ring)  // once round: every page
    // Of 1,025 pages; a page of the program's own may be touched first here.
    #expect(faults < 10)
  }

  /// Page faults of this thread in so many records as go once round the ring.
  private func fill(_ ring: inout RecordRing) -> Int64 {
    let payload = UnsafeMutableRawBufferPointer.allocate(byteCount: 984, alignment: 8)
    defer { payload.deallocate() }
    payload.initializeMemory(as: UInt8.self, repeating: 1)
    let before = ThreadUsage.current()
    var count = 0
    while ring.producer.append(type: 1, cause: 0, timeNs: 0, UnsafeRawBufferPointer(payload)) != nil { count += 1 }
    let faults = ThreadUsage.current().since(before).minorFaults
    #expect(count * 1_000 > (1 << 22) * 9 / 10)
    return faults
  }

  @Test func memoryThatIsBroughtInDoesNotFault() {
    let bytes = 8 << 20
    func faults(broughtIn: Bool) -> Int64 {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
      defer { memory.deallocate() }
      if broughtIn { #expect(WorkerMemory.populate() == nil) }
      let before = ThreadUsage.current()
      for offset in stride(from: 0, to: bytes, by: 4096) {
        memory.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
      }
      return ThreadUsage.current().since(before).minorFaults
    }
    #expect(faults(broughtIn: false) > 100)
    #expect(faults(broughtIn: true) < 10)  // of 2,048 pages; others of this process may move meanwhile
  }
}
