// Why a tape cannot be read or written.

/// Names the file, the byte where there is one, and what is wrong there.
public struct TapeError: Error, Equatable, CustomStringConvertible {
  public let file: String
  /// Counted from the beginning of the file; nil when the whole file is meant.
  public let offset: Int64?
  public let reason: String

  public init(file: String, offset: Int64? = nil, reason: String) {
    self.file = file
    self.offset = offset
    self.reason = reason
  }

  public var description: String { offset.map { "\(file): byte \($0): \(reason)" } ?? "\(file): \(reason)" }
}
