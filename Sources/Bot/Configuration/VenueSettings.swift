// Where the venue and the account are: the sections that only a session against a real or local exchange needs.

import Pipeline

/// Addresses of the venue's services and the clock that the session stands on.
public struct VenueSettings: Sendable {
  public enum ClockKind: String, Sendable, CaseIterable {
    /// The machine's own.
    case system
    /// The venue's at start, and then the machine's times `speed`: for a local venue that plays a recording.
    case venue
  }
  /// `HOST:PORT`; nil: the venue's own for the mode.
  public var streams: String?
  public var sbeStreams: String?
  public var rest: String?
  public var orders: String?
  /// PEM file of the authority to trust; nil for the system's.
  public var trustFile: String?
  public var clock: ClockKind
  /// How many times faster than real time the venue's clock runs.
  public var speed: Double

  static let standard = VenueSettings(clock: .system, speed: 1)
}

/// The account's key: both parts by the files they stand in, so that the configuration holds no secret.
public struct AccountSettings: Sendable {
  public var apiKeyFile: String
  public var secretFile: String
}

extension VenueSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    func address(_ name: String, _ reader: inout YAMLReader) throws -> String? {
      guard reader.has(name) else { return nil }
      let text = try reader.string(name)
      guard VenueService.split(text) != nil else { throw reader.fail(name, "HOST:PORT is expected") }
      return text
    }
    streams = try address("streams", &reader)
    sbeStreams = try address("sbeStreams", &reader)
    rest = try address("rest", &reader)
    orders = try address("orders", &reader)
    trustFile = reader.has("trustFile") ? try reader.string("trustFile") : nil
    clock = try reader.choice("clock", ["system": .system, "venue": .venue], default: .system)
    speed = try reader.number("speed", in: 1...1_000, default: 1)
    guard clock == .venue || speed == 1 else {
      throw reader.fail("speed", "the machine's clock runs at 1; a faster one is a local venue's (clock: venue)")
    }
    try reader.finish()
  }

  private init(clock: ClockKind, speed: Double) {
    self.clock = clock
    self.speed = speed
  }
}

extension AccountSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    apiKeyFile = try reader.string("apiKeyFile")
    secretFile = try reader.string("secretFile")
    try reader.finish()
  }
}

extension VenueService {
  /// The parts of `HOST:PORT`.
  static func split(_ text: String) -> (host: String, port: UInt16)? {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { return nil }
    return (String(text[..<colon]), port)
  }

  init(_ text: String) throws {
    guard let (host, port) = Self.split(text) else { throw SessionError("\(text): HOST:PORT is expected") }
    try self.init(host: host, port: port)
  }
}
