// Where files lie that a hot stage stores to: in memory, with a link where people and other processes look for them. Cold.

import CShims
import Glibc

/// A folder of memory (tmpfs) for files that are mapped and stored to.
///
/// A file on a disk is no place for them: each time the kernel writes its pages back it write-protects them, and the next store
/// to each faults. A file of memory outlives its process as well, but neither the machine nor the container that it lies in.
public final class SharedMemory {
  /// "/dev/shm", or where such a folder is mounted; nil leaves every file where its name says.
  public let folder: String?
  /// Why the last file lies on the disk after all; nil while none does.
  public private(set) var shortfall: String?

  /// Whether the files have names, and links lead to them.
  let outlivesProcess: Bool

  private static let prefix = "apus-"

  /// - Parameter outlivesProcess: false for a session that nobody takes up: its files have no name and go with the process,
  ///   however that ends.
  public init(folder: String?, outlivesProcess: Bool = true) {
    self.folder = folder
    self.outlivesProcess = outlivesProcess
  }

  /// A new file for `path`, to which a link leads from there; nil where it has to be made at `path` itself.
  func makeFile(for path: String, byteCount: Int, mode: UInt32) -> (path: String, address: UnsafeMutableRawPointer)? {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    guard let folder, apus_is_memory_folder(parent.isEmpty ? "/" : parent) == 0 else { return nil }
    guard apus_is_memory_folder(folder) != 0 else {
      shortfall = "\(folder) is no folder of memory (tmpfs)"
      return nil
    }
    let target = "\(folder)/\(Self.prefix)\(String(UInt64.random(in: .min ... .max), radix: 16))"
    var address: UnsafeMutableRawPointer?
    let result = apus_map_new_file(target, byteCount, mode, &address)
    guard result == 0, let address else {
      shortfall = "\(folder) has no room for \(byteCount >> 10) KiB: \(MemoryError.reason(-result))"
      return nil
    }
    return (target, address)
  }

  /// Removes the file at `path`, and what it leads to. Whoever has it mapped keeps it.
  public static func remove(_ path: String) {
    removeTarget(of: path)
    unlink(path)
  }

  /// Puts what lies in memory to where the link at `path` stands, when nobody stores to it any more; does nothing with another
  /// file. Whoever has it mapped keeps what he has.
  public static func settle(_ path: String, mode: UInt32 = 0o640) throws(MemoryError) {
    guard target(of: path) != nil else { return }
    let block = try MemoryBlock(opening: path, writable: false)
    _ = try MemoryBlock(creating: path, byteCount: block.byteCount, mode: mode) {
      $0.copyMemory(from: block.address, byteCount: block.byteCount)
    }
  }

  /// Removes the file of memory that the link at `path` leads to, if it is one.
  static func removeTarget(of path: String) {
    if let target = target(of: path) { unlink(target) }
  }

  /// The file of memory that the link at `path` leads to; nil where there is none.
  public static func target(of path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { room in
      guard let start = room.baseAddress, apus_link_target(path, start, room.count) > 0 else { return nil }
      let target = String(cString: start)
      let name = target.lastIndex(of: "/").map { target[target.index(after: $0)...] } ?? target[...]
      return name.hasPrefix(prefix) ? target : nil
    }
  }
}
