// Why a file of market data cannot be read.

/// Names the file, and the line or byte where there is one.
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
