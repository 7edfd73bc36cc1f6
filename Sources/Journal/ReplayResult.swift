// What a replay found.

/// Why a journal cannot be replayed with the stages given.
public enum ReplayError: Error, Equatable, CustomStringConvertible {
  case journal(JournalError)
  /// The journal has records of a stage that the replay does not have.
  case unknownStage(UInt8)
  case unknownChannel(stage: String, channel: UInt8)
  /// A record's payload is not what its type says.
  case badRecord(file: String, offset: Int)

  public var description: String {
    switch self {
    case .journal(let error): error.description
    case .unknownStage(let number): "the journal has records of stage \(number), which this session does not have"
    case .unknownChannel(let stage, let channel): "stage \(stage) has no channel \(channel)"
    case .badRecord(let file, let offset): "\(file), byte \(offset): the payload is not what the record's type says"
    }
  }
}

/// The first place where a replay did something else than the session.
public struct ReplayDifference: Sendable {
  public let stage: String
  /// The session's record; nil when the replay wrote one more than the session.
  public let expected: JournalRecord?
  /// The replay's record, header and payload; nil when it did not write the session's.
  public let found: [UInt8]?
  /// The input record of the step that differs.
  public let step: JournalRecord
}

/// A stage whose next recorded step could not be run, because other stages did not produce what it consumed.
public struct ReplayWait: Equatable, Sendable, CustomStringConvertible {
  public let stage: String
  public let input: Int
  public let needed: Int
  public let present: Int

  public var description: String { "\(stage) waits for \(needed) elements of input \(input) and has \(present)" }
}

public enum ReplayOutcome: Sendable {
  /// Every record was written again, byte for byte.
  case equal
  case different(ReplayDifference)
  /// No step can be run any more although the journal is complete.
  case stuck([ReplayWait])
}

/// What a replay found, and how much it ran.
public struct ReplayResult: Sendable {
  public let outcome: ReplayOutcome
  /// Records that were written again and compared, by stage.
  public let verified: [UInt8: UInt64]
  /// Calls of `step`.
  public let steps: UInt64
  /// Records behind the last step that the rest of an unfinished journal allows to run. 0 in a finished one.
  public let unverified: UInt64
  public let end: JournalEnd

  public var isEqual: Bool { if case .equal = outcome { true } else { false } }
  public var verifiedCount: UInt64 { verified.values.reduce(0, +) }
}
