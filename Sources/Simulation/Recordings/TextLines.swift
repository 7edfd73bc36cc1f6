// Reads a text file line by line, whatever it is compressed with, in memory of its longest line.

/// The lines of one file, in order, without their line ends. One owner, one thread.
final class TextLines {
  let path: String
  /// The number of the line that `next` returned last, from 1.
  private(set) var lineNumber = 0

  private let source: any ByteSource
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 8)
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// A line longer than this is no market data: a depth snapshot of 5000 levels a side has 0.4 MB.
  private static let longestLine = 16 << 20

  /// Opens a gzip file, or one that is not compressed.
  convenience init(path: String) throws(CaptureError) {
    self.init(path: path, source: try GzipSource(path: path))
  }

  init(path: String, source: any ByteSource) {
    self.path = path
    self.source = source
  }

  deinit { buffer.deallocate() }

  /// - Returns: the next line, valid until the next call; nil after the last. The file's last line may lack its line end.
  func next() throws(CaptureError) -> UnsafeRawBufferPointer? {
    var searched = start
    while true {
      if let newline = newline(from: searched) { return take(through: newline) }
      searched = end - start
      if isAtEnd {
        guard start < end else { return nil }
        return take(through: end)
      }
      try fill()
      searched += start
    }
  }

  /// An error of the line that `next` returned last.
  func failure(_ reason: String) -> CaptureError { CaptureError(file: path, line: lineNumber, reason: reason) }

  private func newline(from first: Int) -> Int? {
    UnsafeRawBufferPointer(rebasing: buffer[first..<end]).firstIndex(of: UInt8(ascii: "\n")).map { first + $0 }
  }

  private func take(through newline: Int) -> UnsafeRawBufferPointer {
    defer { start = min(newline + 1, end) }
    lineNumber += 1
    return UnsafeRawBufferPointer(rebasing: buffer[start..<newline])
  }

  /// Moves what is left to the front and reads more behind it; a line that fills the buffer gets a larger one.
  private func fill() throws(CaptureError) {
    if end - start == buffer.count {
      guard buffer.count < Self.longestLine else {
        throw CaptureError(
          file: path, line: lineNumber + 1, reason: "the line is longer than \(Self.longestLine) bytes")
      }
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * buffer.count, alignment: 8)
      larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
      buffer.deallocate()
      buffer = larger
    } else if start > 0 {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
      end -= start
      start = 0
    }
    do throws(ByteSourceError) {
      let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
      isAtEnd = got == 0
      end += got
    } catch {
      throw CaptureError(file: path, line: lineNumber + 1, reason: error.reason)
    }
  }
}
