// Aligned memory that lives as long as anybody refers to it: private, carved out of an arena, or a shared file.

import CShims
import Glibc
import Synchronization

/// Why memory could not be had.
public enum MemoryError: Error, Equatable, CustomStringConvertible {
  /// `operation` on `path` failed with this `errno`.
  case file(operation: String, path: String, errno: Int32)
  /// The kernel has not that much memory, or not in pages of that size.
  case exhausted(byteCount: Int, errno: Int32)

  public var description: String {
    switch self {
    case .file(let operation, let path, let code): "cannot \(operation) \(path): \(MemoryError.reason(code))"
    case .exhausted(let byteCount, let code): "cannot map \(byteCount) bytes: \(MemoryError.reason(code))"
    }
  }

  static func reason(_ errno: Int32) -> String { String(cString: strerror(errno)) }
}

/// Zeroed memory that starts on a pair of cache lines, with every page of it touched.
///
/// What lies in it is governed by its users: this class only keeps it alive.
public final class MemoryBlock: @unchecked Sendable {  // Safe: who may touch the bytes is the users' contract.
  /// Two cache lines: the adjacent-line prefetcher of x86 fetches pairs, so this is the distance at which two writers
  /// do not disturb each other.
  public static var alignment: Int { 128 }

  public let address: UnsafeMutableRawPointer
  public let byteCount: Int
  private let origin: Origin

  private enum Origin {
    case allocated
    case mapped
    /// Part of a larger block, which stays alive with it.
    case carved(MemoryBlock)
  }

  private init(_ address: UnsafeMutableRawPointer, _ byteCount: Int, _ origin: Origin) {
    self.address = address
    self.byteCount = byteCount
    self.origin = origin
  }

  deinit {
    switch origin {
    case .allocated: address.deallocate()
    case .mapped: apus_unmap(address, byteCount)
    case .carved: break
    }
  }

  /// Private memory of this process.
  public convenience init(byteCount: Int) {
    precondition(byteCount > 0)
    let address = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: MemoryBlock.alignment)
    address.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    self.init(address, byteCount, .allocated)
  }

  /// Private memory in pages of its own.
  ///
  /// - Parameters:
  ///   - hugePages: whether in pages of 2 MiB; `byteCount` is then a multiple of that.
  ///   - numaNode: where the pages should come from; nil leaves it to the kernel.
  /// - Throws: `MemoryError.exhausted` where the kernel has no such pages.
  public convenience init(pages byteCount: Int, hugePages: Bool, numaNode: Int?) throws(MemoryError) {
    var address: UnsafeMutableRawPointer?
    let result = apus_map_memory(byteCount, hugePages ? 1 : 0, Int32(numaNode ?? -1), &address)
    guard result == 0, let address else { throw .exhausted(byteCount: byteCount, errno: -result) }
    self.init(address, byteCount, .mapped)
  }

  /// Shared memory in a new file that appears at `path` all at once, when `prepare` has filled in its beginning: a
  /// reader never finds it half written. A file that stood there is replaced; whoever has it mapped keeps the old one.
  ///
  /// - Parameters:
  ///   - mode: who may open it; this user, and his group for reading, unless told otherwise.
  ///   - memory: where it is to lie, with a link at `path`; nil, or no room there, leaves it at `path`.
  public convenience init(
    creating path: String, byteCount: Int, mode: UInt32 = 0o640, in memory: SharedMemory? = nil,
    prepare: (UnsafeMutableRawPointer) -> Void = { _ in }
  ) throws(MemoryError) {
    if let file = memory?.makeFile(for: path, byteCount: byteCount, mode: mode) {
      self.init(file.address, byteCount, .mapped)
      prepare(file.address)
      guard memory?.outlivesProcess == true else {
        unlink(file.path)
        return
      }
      SharedMemory.removeTarget(of: path)
      let linked = apus_link_to(file.path, path)
      guard linked == 0 else {
        unlink(file.path)
        throw .file(operation: "link \(file.path) at", path: path, errno: -linked)
      }
      return
    }
    var address: UnsafeMutableRawPointer?
    let unfinished = path + ".new"
    let created = apus_map_new_file(unfinished, byteCount, mode, &address)
    guard created == 0, let address else { throw .file(operation: "create", path: unfinished, errno: -created) }
    self.init(address, byteCount, .mapped)
    prepare(address)
    SharedMemory.removeTarget(of: path)
    let renamed = apus_rename(unfinished, path)
    guard renamed == 0 else { throw .file(operation: "rename \(unfinished) to", path: path, errno: -renamed) }
  }

  /// Shared memory in an existing file, all of it.
  public convenience init(opening path: String, writable: Bool) throws(MemoryError) {
    var address: UnsafeMutableRawPointer?
    var byteCount = 0
    let result = apus_map_file(path, writable ? 1 : 0, &address, &byteCount)
    guard result == 0, let address else { throw .file(operation: "open", path: path, errno: -result) }
    self.init(address, byteCount, .mapped)
  }

  /// A part of this block that keeps the whole alive.
  package func carve(offset: Int, byteCount: Int) -> MemoryBlock {
    precondition(offset >= 0 && byteCount > 0 && offset <= self.byteCount - byteCount)
    precondition(offset % MemoryBlock.alignment == 0)
    return MemoryBlock(address + offset, byteCount, .carved(self))
  }

  /// The word at `offset`, for every access to it from now on.
  package func atomic<Value: AtomicRepresentable>(_ offset: Int, of type: Value.Type) -> UnsafeMutablePointer<
    Atomic<Value>
  > {
    precondition(offset >= 0 && offset <= byteCount - MemoryLayout<Atomic<Value>>.size)
    return (address + offset).assumingMemoryBound(to: Atomic<Value>.self)
  }
}
