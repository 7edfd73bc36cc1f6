// The segment file that is being written, and the step to the next.

import Glibc

/// What a disk is asked for.
package enum DiskOperation: Sendable { case write, sync }

/// Stands in for a disk that fails (by throwing) or stalls (by returning late).
package typealias DiskFault = @Sendable (DiskOperation) throws(FileError) -> Void

/// Appends to the current segment of a journal. What `byteCount` covers is whole; bytes behind it are of failed writes
/// and are overwritten by the next.
struct SegmentWriter: ~Copyable {
  private(set) var number: UInt32 = 1
  private(set) var byteCount: Int64
  private let directory: String
  private let header: SessionHeader
  private var file: File
  private var headerBytes: Int64
  /// Asked before each write and sync: a test's disk that fails or stalls. Nil, and never set, outside of tests.
  var fault: DiskFault?

  var hasRecords: Bool { byteCount > headerBytes }

  init(directory: String, header: SessionHeader) throws(FileError) {
    try Directory.create(directory)
    let bytes = SegmentFormat.encode(header, segment: 1)
    let file = try SegmentWriter.begin(directory, bytes, 1)
    self.file = file
    self.directory = directory
    self.header = header
    headerBytes = Int64(bytes.count)
    byteCount = headerBytes
  }

  /// Appends all parts or, after an error, nothing that counts. The parts are changed.
  mutating func append(_ parts: UnsafeMutableBufferPointer<iovec>, bytes: Int) throws(FileError) {
    try fault?(.write)
    try file.write(parts, at: byteCount)
    byteCount += Int64(bytes)
  }

  mutating func append(_ bytes: [UInt8]) throws(FileError) {
    try file.write(bytes, at: byteCount)
    byteCount += Int64(bytes.count)
  }

  func sync() throws(FileError) {
    try fault?(.sync)
    try file.syncData()
  }

  /// Makes the current segment durable and begins the next. After an error the current one is still in use.
  mutating func rotate() throws(FileError) {
    try sync()
    let bytes = SegmentFormat.encode(header, segment: number + 1)
    file = try SegmentWriter.begin(directory, bytes, number + 1)
    headerBytes = Int64(bytes.count)
    byteCount = headerBytes
    number += 1
  }

  /// A new file that is durable with its name before any record is in it.
  private static func begin(_ directory: String, _ header: [UInt8], _ number: UInt32) throws(FileError) -> File {
    let path = directory + "/" + SegmentFormat.fileName(number)
    let file = try File.create(path)
    do throws(FileError) {
      try file.write(header, at: 0)
      try file.sync()
      try File.openDirectory(directory).sync()
    } catch {
      try? Directory.remove(path)  // Without it the next attempt would find the name taken.
      throw error
    }
    return file
  }
}
