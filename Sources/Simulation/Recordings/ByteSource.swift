// Where the bytes of a file of market data come from: the file itself, its gzip stream, or the file inside a zip archive.

import CShims

/// Decompressed bytes, in order. One owner, one thread.
protocol ByteSource: AnyObject {
  /// - Returns: how many bytes were written to `buffer`, 0 at the end.
  /// - Throws: the reason for which the file cannot be read on; the caller knows its name and line.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int
}

struct ByteSourceError: Error {
  let reason: String
}

/// A gzip file, or one that is not compressed.
final class GzipSource: ByteSource {
  private let file: UnsafeMutableRawPointer

  init(path: String) throws(CaptureError) {
    var opened: UnsafeMutableRawPointer?
    let status = apus_gzip_open(path, &opened)
    guard status == 0, let opened else { throw CaptureError(file: path, reason: "cannot be opened (errno \(-status))") }
    file = opened
  }

  deinit { apus_gzip_close(file) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    let room = UInt32(clamping: buffer.count)
    let got = apus_gzip_read(file, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), room)
    guard got >= 0 else { throw ByteSourceError(reason: "the gzip data is damaged") }
    return Int(got)
  }
}
