// Reads a gzip (or plain) text file line by line. Cold code: it allocates as it likes.

import CShims

/// Why a recorded file cannot be read: names the file, and the line where there is one.
public struct CaptureError: Error, Equatable, CustomStringConvertible {
  public let file: String
  /// Counted from 1; 0 when the whole file is meant.
  public let line: Int
  public let reason: String

  public init(file: String, line: Int = 0, reason: String) {
    self.file = file
    self.line = line
    self.reason = reason
  }

  public var description: String { line == 0 ? "\(file): \(reason)" : "\(file):\(line): \(reason)" }
}

/// The lines of one file, in order, without their line ends. One owner, one thread.
final class GzipLines {
  let path: String
  /// The number of the line that `next` returned last, from 1.
  private(set) var lineNumber = 0

  private let file: UnsafeMutableRawPointer
  private var buffer = [UInt8](repeating: 0, count: 256 * 1024)
  private var start = 0
  private var end = 0
  /// A line longer than this is no capture: a depth snapshot of 5000 levels a side has 0.4 MB.
  private static let longestLine = 16 << 20

  init(path: String) throws(CaptureError) {
    var opened: UnsafeMutableRawPointer?
    let status = apus_gzip_open(path, &opened)
    guard status == 0, let opened else { throw CaptureError(file: path, reason: "cannot be opened (errno \(-status))") }
    self.path = path
    file = opened
  }

  deinit { apus_gzip_close(file) }

  /// - Returns: the next line, or nil after the last. The file's last line may lack its line end.
  func next() throws(CaptureError) -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      if start == end {
        let got = buffer.withUnsafeMutableBufferPointer {
          apus_gzip_read(file, $0.baseAddress!, UInt32($0.count))
        }
        guard got >= 0 else { throw CaptureError(file: path, line: lineNumber + 1, reason: "the gzip data is damaged") }
        if got == 0 {
          guard !line.isEmpty else { return nil }
          lineNumber += 1
          return line
        }
        start = 0
        end = Int(got)
      }
      let newline = buffer.withUnsafeBufferPointer { bytes in
        bytes[start..<end].firstIndex(of: UInt8(ascii: "\n"))
      }
      line += buffer[start..<(newline ?? end)]
      guard line.count <= Self.longestLine else {
        throw CaptureError(
          file: path, line: lineNumber + 1, reason: "the line is longer than \(Self.longestLine) bytes")
      }
      start = newline.map { $0 + 1 } ?? end
      if newline != nil {
        lineNumber += 1
        return line
      }
    }
  }
}
