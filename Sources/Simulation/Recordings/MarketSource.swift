// What the venue plays: a sequence of time-stamped messages, recorded or synthetic.

/// One message of a market, as a recorder would have stored it.
public struct MarketLine: Sendable, Equatable {
  /// When a recorder received it, in nanoseconds since 1970.
  public var timeNs: Int64
  /// The combined-stream name ("btcusdt@trade"); nil for a REST depth snapshot.
  public var stream: String?
  /// Upper case ("BTCUSDT").
  public var symbol: String
  /// The whole JSON text: the wrapper `{"stream":…,"data":…}`, or the bare snapshot.
  public var text: [UInt8]
  /// Where the payload stands in `text`: what a subscriber of the bare stream gets.
  public var payload: Range<Int>

  /// Splits the text of a message without parsing its payload.
  ///
  /// - Parameter symbol: the symbol that a snapshot is of; it does not name one itself.
  /// - Returns: nil when it is neither a wrapped message nor a snapshot.
  public init?(timeNs: Int64, text: [UInt8], symbol: String?) {
    self.timeNs = timeNs
    self.text = text
    guard text.starts(with: Self.wrapperStart) else {
      guard text.starts(with: Self.snapshotStart), let symbol else { return nil }
      stream = nil
      self.symbol = symbol
      payload = 0..<text.count
      return
    }
    let nameStart = Self.wrapperStart.count
    guard let nameEnd = text[nameStart...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    let payloadStart = nameEnd + Self.wrapperMiddle.count
    guard text[nameEnd...].starts(with: Self.wrapperMiddle), text.last == UInt8(ascii: "}"),
      payloadStart < text.count - 1
    else { return nil }
    let name = String(decoding: text[nameStart..<nameEnd], as: UTF8.self)
    stream = name
    self.symbol = String(name.prefix { $0 != "@" }).uppercased()
    payload = payloadStart..<(text.count - 1)
  }

  private static let wrapperStart = Array(#"{"stream":""#.utf8)
  private static let wrapperMiddle = Array(#"","data":"#.utf8)
  private static let snapshotStart = Array(#"{"lastUpdateId":"#.utf8)
}

/// What is known of a source before it is played.
public struct MarketSummary: Sendable, Equatable {
  public var lines = 0
  public var firstTimeNs: Int64 = 0
  /// The last stamp; nil for a source without an end.
  public var lastTimeNs: Int64?
  /// How many messages each stream has; zero counts for a source without an end.
  public var streams: [String: Int] = [:]
  /// How many REST snapshots there are of each symbol.
  public var snapshots: [String: Int] = [:]

  public init() {}

  /// The symbols in it, sorted.
  public var symbols: [String] {
    Set(streams.keys.map { String($0.prefix { $0 != "@" }).uppercased() } + snapshots.keys).sorted()
  }
}

/// A market to play: lines in the order of their times.
public protocol MarketSource {
  var summary: MarketSummary { get }
  /// - Returns: the next line, nil at the end.
  mutating func next() throws(CaptureError) -> MarketLine?
}
