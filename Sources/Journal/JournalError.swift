// Why a journal cannot be read, with the file and the place.

/// What is wrong with the bytes at some place of a segment.
public enum RecordDefect: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file ends within a record.
  case truncated
  /// The length in the header cannot be one.
  case badLength(UInt32)
  case checksumMismatch
  /// What fills a record up to a multiple of 8 is not zero.
  case badPadding
  /// A record of this stage is missing before this one.
  case sequenceHole(stage: UInt8, expected: UInt64, found: UInt64)
  /// The session's end says another number of records than there were.
  case wrongTotals
  /// Something follows the session's end.
  case afterEnd
  /// The segment was being begun.
  case header(HeaderDefect)

  public var description: String {
    switch self {
    case .truncated: "the file ends within a record"
    case .badLength(let length): "a record cannot have \(length) bytes"
    case .checksumMismatch: "a record's checksum does not hold"
    case .badPadding: "what fills a record up to 8 bytes is not zero"
    case .sequenceHole(let stage, let expected, let found):
      "stage \(stage) goes on with record \(found) instead of \(expected)"
    case .wrongTotals: "the session's end counts other records than there are"
    case .afterEnd: "there are bytes behind the session's end"
    case .header(let defect): "\(defect)"
    }
  }
}

/// A journal that cannot be read, or not to its end.
public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// There is no segment in this directory.
  case noJournal(String)
  case badHeader(file: String, HeaderDefect)
  case missingSegment(UInt32)
  /// A segment of another session lies between those of this one.
  case otherSession(file: String)
  /// A snapshot names a place that these files do not have.
  case badPosition
  /// Bytes in the middle of the journal are not what was written.
  case damaged(file: String, offset: Int, RecordDefect)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .noJournal(let path): "there is no journal in \(path)"
    case .badHeader(let file, let defect): "\(file): \(defect)"
    case .missingSegment(let number): "segment \(SegmentFormat.fileName(number)) is missing"
    case .badPosition: "a snapshot stands for a place that the journal does not have"
    case .otherSession(let file): "\(file) belongs to another session"
    case .damaged(let file, let offset, let defect): "\(file), byte \(offset): \(defect)"
    }
  }
}

/// How a journal ended.
public enum JournalEnd: Equatable, Sendable, CustomStringConvertible {
  /// With the session's orderly end: it is complete.
  case finished
  /// It was cut off, and a recovery brought in what the record rings had and ended it.
  case recovered(drained: UInt64, tornBytes: UInt64)
  /// Behind a whole record, without the session's end: the process was ended from outside.
  case unfinished
  /// Within a record that was being written when the process or the machine stopped. All before it is whole.
  case torn(file: String, offset: Int, unreadBytes: Int, RecordDefect)

  public var description: String {
    switch self {
    case .finished: "finished"
    case .recovered(let drained, let torn):
      "cut off and recovered: \(drained) records from the record rings, \(torn) torn bytes removed"
    case .unfinished: "unfinished: the session did not end in order"
    case .torn(let file, let offset, let unread, let defect):
      "torn: \(file), byte \(offset): \(defect); \(unread) bytes not read"
    }
  }
}
