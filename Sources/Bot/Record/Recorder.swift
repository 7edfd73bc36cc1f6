// Records raw market data: streams as they arrive, and a snapshot of each book after every connection.

import Foundation
import Pipeline
import Venues

/// One connection's streams written to one file for each symbol. One thread.
struct Recorder: ~Copyable {
  /// What was recorded so far.
  struct Tally {
    var messages: Int64 = 0
    var snapshots: Int64 = 0
    /// Times that the connection was lost; the books' sequence is broken there until the snapshot after it.
    var losses: Int64 = 0
    /// Messages that are neither of a stream nor an answer.
    var others: Int64 = 0
  }

  private(set) var tally = Tally()
  let files: [CaptureFile]
  private let market: RecordedMarkets
  private let symbols: [String]
  private var channel: WebSocketChannel<SocketTransport>
  private var requests: HTTPChannel<SocketTransport>
  /// Symbols, by index, whose snapshot is due, and from when on: it has to be younger than a depth message that is
  /// recorded already, or the first changes after it would be missing.
  private var due: [(symbol: Int, fromNs: Int64)] = []
  private var requested: Int?
  /// Symbols without a depth message since the connection opened.
  private var isAwaitingDepth: [Bool]
  private let prefixes: [[UInt8]]

  private static let afterDepthNs: Int64 = 1_000_000_000
  private static let retryNs: Int64 = 5_000_000_000

  init(_ market: RecordedMarkets, symbols: [String], endpoint: VenueEndpoint, folder: String) {
    self.market = market
    self.symbols = symbols
    files = symbols.map { CaptureFile(folder: folder, symbol: $0) }
    channel = endpoint.marketStream(SocketTransport())
    requests = endpoint.requests(SocketTransport())
    isAwaitingDepth = symbols.map { _ in false }
    prefixes = symbols.map { Array(#"{"stream":"\#($0.lowercased())@"#.utf8) }
  }

  /// Takes what has arrived.
  ///
  /// - Returns: whether there was anything.
  /// - Throws: `SessionError` when nothing can be recorded: no such stream, a certificate refused, a full disk.
  mutating func poll(_ clock: Clock) throws -> Bool {
    let nowNs = clock.nowNs()
    let event = channel.poll(nowNs: nowNs)
    switch event {
    case .idle: break
    case .opened: try subscribe()
    case .closed: try lose()
    case .message: try record(nowNs)
    }
    return try pollSnapshots(nowNs) || event != .idle
  }

  func flush() throws { for file in files { try file.flush() } }
  func finish() throws { for file in files { try file.finish() } }

  private mutating func subscribe() throws {
    let names = symbols.flatMap { market.streams(of: $0) }.map { "\"\($0)\"" }.joined(separator: ",")
    var text = #"{"method":"SUBSCRIBE","params":[\#(names)],"id":1}"#
    let isSent = text.withUTF8 { channel.send(UnsafeRawBufferPointer($0)) }
    guard isSent else { throw SessionError("the subscription to \(symbols.count) symbols is too long to be sent") }
    isAwaitingDepth = symbols.map { _ in true }
    due = []
  }

  private mutating func lose() throws {
    if channel.closeReason == .certificateRejected {
      throw SessionError("the venue's certificate was refused (\(channel.certificateProblem))")
    }
    tally.losses += 1
    Terminal.note("the connection is lost or was not made (\(channel.closeReason)): trying again")
  }

  private mutating func record(_ nowNs: Int64) throws {
    let message = channel.message
    guard let i = prefixes.firstIndex(where: { message.starts(with: $0) }) else {
      if message.starts(with: #"{"result":null"#.utf8) { return }
      tally.others += 1
      let text = String(decoding: message.prefix(300), as: UTF8.self)
      if text.contains("\"error\"") { throw SessionError("the venue refuses the subscription: \(text)") }
      return
    }
    try files[i].append(nowNs, message)
    tally.messages += 1
    if isAwaitingDepth[i], message[prefixes[i].count...].starts(with: "depth".utf8) {
      isAwaitingDepth[i] = false
      due.append((i, nowNs + Self.afterDepthNs))
    }
  }

  private mutating func pollSnapshots(_ nowNs: Int64) throws -> Bool {
    if requested == nil, let next = due.first, next.fromNs <= nowNs {
      var target = market.snapshotTarget(symbols[next.symbol])
      if target.withUTF8({ requests.get(UnsafeRawBufferPointer($0)) }) {
        requested = next.symbol
        due.removeFirst()
      }
    }
    let event = requests.poll(nowNs: nowNs)
    guard event != .idle, let i = requested else { return false }
    requested = nil
    if event == .response, requests.status == 200 {
      try files[i].append(nowNs, requests.body)
      tally.snapshots += 1
    } else {
      let reason = event == .response ? "status \(requests.status)" : "\(requests.closeReason)"
      Terminal.note("no snapshot of \(symbols[i]) (\(reason)): trying again")
      let pauseNs = Int64(requests.retryAfterSeconds ?? 0) * 1_000_000_000
      due.append((i, nowNs + max(Self.retryNs, pauseNs)))
    }
    return true
  }
}
