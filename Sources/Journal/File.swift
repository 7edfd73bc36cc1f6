// Files of the journal and the state directory: opened, read, written at a place, and made durable. Cold.

import CShims
import Glibc

/// A call on a file that failed, and why.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried ("open", "write", "sync", …).
  public var operation: String
  public var path: String
  /// The errno value, positive.
  public var code: Int32

  package init(operation: String, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  public var description: String { "cannot \(operation) \(path): \(String(cString: apus_error_text(code)))" }
  /// There is no room left: on the medium, in the user's quota, or below the process's limit for a file.
  public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
}

/// An open file, closed when it goes out of scope.
struct File: ~Copyable {
  let path: String
  private let descriptor: Int32

  private init(_ operation: String, _ path: String, _ descriptor: Int32) throws(FileError) {
    guard descriptor >= 0 else { throw FileError(operation: operation, path: path, code: -descriptor) }
    self.path = path
    self.descriptor = descriptor
  }

  static func openForReading(_ path: String) throws(FileError) -> File {
    try File("open", path, apus_open_read(path))
  }

  /// A new file for writing; an existing one is an error, never overwritten.
  static func create(_ path: String) throws(FileError) -> File { try File("create", path, apus_open_new(path)) }

  /// An existing file for writing.
  static func openForWriting(_ path: String) throws(FileError) -> File {
    try File("open", path, apus_open_write(path))
  }

  static func openDirectory(_ path: String) throws(FileError) -> File {
    try File("open directory", path, apus_open_directory(path))
  }

  deinit { apus_close(descriptor) }

  /// Writes all parts behind each other at `offset`; they are changed on the way.
  borrowing func write(_ parts: UnsafeMutableBufferPointer<iovec>, at offset: Int64) throws(FileError) {
    try check("write", apus_write_at(descriptor, parts.baseAddress, Int32(parts.count), offset))
  }

  borrowing func write(_ bytes: [UInt8], at offset: Int64) throws(FileError) {
    var bytes = bytes
    let result = bytes.withUnsafeMutableBytes { buffer in
      var part = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
      return apus_write_at(descriptor, &part, 1, offset)
    }
    try check("write", result)
  }

  borrowing func readAll() throws(FileError) -> [UInt8] { try read(from: 0) }

  /// What lies from `offset` on, at most `limit` bytes of it.
  borrowing func read(from offset: Int64, limit: Int = .max) throws(FileError) -> [UInt8] {
    let size = apus_file_size(descriptor)
    guard size >= 0 else { throw FileError(operation: "measure", path: path, code: Int32(-size)) }
    let wanted = min(limit, Int(max(0, size - offset)))
    var result: Int64 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      result = apus_read_at(descriptor, buffer.baseAddress, wanted, offset)
      count = Int(max(0, result))
    }
    guard result >= 0 else { throw FileError(operation: "read", path: path, code: Int32(-result)) }
    return bytes
  }

  /// Cuts the file off.
  borrowing func truncate(to byteCount: Int64) throws(FileError) {
    try check("truncate", apus_truncate(descriptor, byteCount))
  }

  /// Waits until the medium has the written bytes.
  borrowing func syncData() throws(FileError) { try check("sync", apus_sync_data(descriptor)) }
  /// The same with everything that names them: for a new file and for its directory.
  borrowing func sync() throws(FileError) { try check("sync", apus_sync(descriptor)) }
  /// Takes the file for this process alone, as long as it is open.
  borrowing func lock() throws(FileError) { try check("lock", apus_lock(descriptor)) }

  private borrowing func check(_ operation: String, _ result: Int32) throws(FileError) {
    if result < 0 { throw FileError(operation: operation, path: path, code: -result) }
  }
}

/// What is done with directories and names.
enum Directory {
  /// Creates the directory and those above it.
  static func create(_ path: String) throws(FileError) {
    var end = path.startIndex
    while end != path.endIndex {
      end = path[end...].dropFirst().firstIndex(of: "/") ?? path.endIndex
      let part = String(path[..<end])
      let result = apus_make_directory(part)
      if result < 0 { throw FileError(operation: "create directory", path: part, code: -result) }
    }
  }

  /// The names in a directory, sorted, without `.` and `..`.
  static func names(_ path: String) throws(FileError) -> [String] {
    guard let stream = opendir(path) else { throw FileError(operation: "list", path: path, code: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func rename(_ from: String, to path: String) throws(FileError) {
    let result = apus_rename(from, path)
    if result < 0 { throw FileError(operation: "rename to", path: path, code: -result) }
  }

  /// Removes a file; one that is not there is a success.
  static func remove(_ path: String) throws(FileError) {
    let result = apus_remove(path)
    if result < 0, result != -ENOENT { throw FileError(operation: "remove", path: path, code: -result) }
  }
}
