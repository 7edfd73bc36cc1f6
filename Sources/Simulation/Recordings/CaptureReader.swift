// Reads recorded captures: gzip files of `<receive time, ns> <raw JSON>` lines, merged in the order of time.

/// One or more capture files as one market. Files of one market that follow each other are joined; files that overlap
/// in time (two symbols recorded together) are merged by receive time. One owner, one thread.
public struct CaptureReader: MarketSource {
  public let summary: MarketSummary

  private var files: [OpenCapture]

  /// Reads all files once to learn what is in them, then stands at the first line.
  ///
  /// - Throws: `CaptureError` with the file and line of the first thing that is not a capture.
  public init(paths: [String]) throws(CaptureError) {
    guard !paths.isEmpty else { throw CaptureError(file: "capture", reason: "no file is given") }
    var total = MarketSummary()
    var symbols: [String] = []
    for path in paths {
      let one = try Self.scan(path)
      symbols.append(one.symbols[0])
      total.merge(one)
    }
    summary = total
    files = []
    for (path, symbol) in zip(paths, symbols) { files.append(try OpenCapture(path: path, symbol: symbol)) }
  }

  public mutating func next() throws(CaptureError) -> MarketLine? {
    var earliest: Int?
    for (i, file) in files.enumerated() {
      guard let head = file.head else { continue }
      if let e = earliest, let best = files[e].head, best.timeNs <= head.timeNs { continue }
      earliest = i
    }
    guard let earliest else { return nil }
    return try files[earliest].take()
  }

  private static func scan(_ path: String) throws(CaptureError) -> MarketSummary {
    var summary = MarketSummary()
    // A snapshot names no symbol: a stand-in until the file's streams have told it.
    var file = try OpenCapture(path: path, symbol: "?")
    summary.firstTimeNs = file.head?.timeNs ?? 0
    var snapshots = 0
    while let line = try file.take() {
      summary.lines += 1
      summary.lastTimeNs = line.timeNs
      if let stream = line.stream { summary.streams[stream, default: 0] += 1 } else { snapshots += 1 }
    }
    guard summary.symbols.count == 1 else {
      throw CaptureError(file: path, reason: "has streams of \(summary.symbols.count) symbols; one is expected")
    }
    if snapshots > 0 { summary.snapshots[summary.symbols[0]] = snapshots }
    return summary
  }
}

extension MarketSummary {
  fileprivate mutating func merge(_ other: MarketSummary) {
    firstTimeNs = lines == 0 ? other.firstTimeNs : min(firstTimeNs, other.firstTimeNs)
    lastTimeNs = max(lastTimeNs ?? .min, other.lastTimeNs ?? .min)
    lines += other.lines
    streams.merge(other.streams, uniquingKeysWith: +)
    snapshots.merge(other.snapshots, uniquingKeysWith: +)
  }
}

/// One file with its next line in hand.
private struct OpenCapture {
  private(set) var head: MarketLine?
  private let lines: TextLines
  private let symbol: String

  init(path: String, symbol: String) throws(CaptureError) {
    lines = try TextLines(path: path)
    self.symbol = symbol
    head = try Self.read(lines, symbol: symbol, after: .min)
  }

  mutating func take() throws(CaptureError) -> MarketLine? {
    guard let taken = head else { return nil }
    head = try Self.read(lines, symbol: symbol, after: taken.timeNs)
    return taken
  }

  private static func read(_ lines: TextLines, symbol: String, after previousNs: Int64) throws(CaptureError)
    -> MarketLine?
  {
    guard let bytes = try lines.next() else { return nil }
    guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
      let timeNs = Int64(String(decoding: bytes[..<space], as: UTF8.self)), timeNs > 0
    else { throw lines.failure("does not start with a receive time in nanoseconds and a space") }
    guard timeNs >= previousNs else { throw lines.failure("is older than the line before it") }
    guard let line = MarketLine(timeNs: timeNs, text: Array(bytes[(space + 1)...]), symbol: symbol) else {
      throw lines.failure("is neither a combined-stream message nor a depth snapshot")
    }
    return line
  }
}
