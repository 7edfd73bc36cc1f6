// What a journal says of its session before the first record: all that a replay needs besides the records.

public import Market

/// A file of recorded market data that the session ran on.
public struct CaptureIdentity: Hashable, Sendable {
  /// The file's name without its folder.
  public var name: String
  /// SHA-256 of the file's bytes.
  public var digest: [UInt8]

  public init(name: String, digest: [UInt8]) {
    self.name = name
    self.digest = digest
  }
}

/// The identity and the whole configuration of a session. Stands at the head of every segment of its journal.
public struct SessionHeader: Equatable, Sendable {
  /// Unique among the sessions of a state directory: boot epoch and start time make it so.
  public var session: UInt64
  /// In the session's clock.
  public var startTimeNs: Int64
  /// The durable number that stands in every client order identifier.
  public var bootEpoch: UInt32
  /// What everything random in the session was seeded with.
  public var seed: UInt64
  /// Version and commit of the program.
  public var build: String
  public var strategy: String
  /// The recorded data that was played; empty in a session on a live venue.
  public var captures: [CaptureIdentity]
  /// The configuration file, whole.
  public var configuration: String
  /// Every version of every instrument's definition that was known at the start.
  public var instruments: [Instrument]
  /// The stages that write records, by their number.
  public var stages: [UInt8: String]
  /// The account that execution began with, encoded by it; empty in a session that began with nothing.
  public var account: [UInt8]
  /// The session before it did not come to its orderly end.
  public var isAfterCrash: Bool

  public init(
    session: UInt64, startTimeNs: Int64, bootEpoch: UInt32, seed: UInt64, build: String, strategy: String,
    captures: [CaptureIdentity] = [], configuration: String, instruments: [Instrument], stages: [UInt8: String],
    account: [UInt8] = [], isAfterCrash: Bool = false
  ) {
    self.session = session
    self.startTimeNs = startTimeNs
    self.bootEpoch = bootEpoch
    self.seed = seed
    self.build = build
    self.strategy = strategy
    self.captures = captures
    self.configuration = configuration
    self.instruments = instruments
    self.stages = stages
    self.account = account
    self.isAfterCrash = isAfterCrash
  }
}
