// The kernel's files about the host, below a root that a test can exchange for a recorded tree.

import Glibc

/// What a file said, or why that cannot be told: an absent file is never an all-clear.
public enum Reading<Value: Sendable & Equatable>: Sendable, Equatable {
  case known(Value)
  case unknown(String)

  public var value: Value? {
    if case .known(let value) = self { value } else { nil }
  }

  public var reason: String {
    if case .unknown(let reason) = self { reason } else { "" }
  }
}

/// Reads small files of /proc and /sys. Cold.
struct HostFolder {
  let root: String

  /// A file whole, without white space at its end; nil when it cannot be read.
  func text(_ path: String) -> String? {
    let file = open(root + path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < 1 << 22 {
      let count = read(file, &chunk, chunk.count)
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += chunk.prefix(count)
    }
    while let last = bytes.last, last == 10 || last == 32 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  func reading(_ path: String) -> Reading<String> {
    text(path).map { .known($0) } ?? .unknown("\(path) cannot be read")
  }

  func integer(_ path: String) -> Int? { text(path).flatMap { Int($0) } }

  /// What is in a folder, sorted; empty when it cannot be read.
  func names(_ path: String) -> [String] {
    guard let folder = opendir(root + path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }
}
