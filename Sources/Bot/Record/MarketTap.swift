// A market as it arrives: the raw streams of some symbols on one connection, and snapshots of their books over REST.

import Pipeline
import Venues

/// What a look at the streams brought.
enum TapEvent {
  case idle
  /// The streams begin, or begin anew: what came between is missing.
  case opened
  /// `message` is of the symbol of that index.
  case message(symbol: Int)
  /// Neither of a stream nor an answer to the subscription.
  case other
  /// The connection was lost or could not be made, for that reason; it is tried again with back-off.
  case lost(CloseReason)
}

/// One thread.
struct MarketTap: ~Copyable {
  private let market: RecordedMarkets
  private let symbols: [String]
  private let prefixes: [[UInt8]]
  private var channel: WebSocketChannel<SocketTransport>
  private var requests: HTTPChannel<SocketTransport>
  /// Symbols, by index, whose snapshot is wanted, and from when on.
  private var due: [(symbol: Int, fromNs: Int64)] = []
  private var requested: Int?
  /// Before a failed snapshot is asked for again, in the clock that is polled with.
  private let retryNs: Int64

  init(_ market: RecordedMarkets, symbols: [String], endpoint: VenueEndpoint) {
    self.market = market
    self.symbols = symbols
    prefixes = symbols.map { Array(#"{"stream":"\#($0.lowercased())@"#.utf8) }
    channel = endpoint.marketStream(SocketTransport())
    requests = endpoint.requests(SocketTransport())
    retryNs = endpoint.stretched(5_000_000_000)
  }

  /// The message that `pollStreams` told of, until its next call.
  var message: UnsafeRawBufferPointer { channel.message }

  /// The snapshot that `pollSnapshots` told of, until its next call.
  var snapshot: UnsafeRawBufferPointer { requests.body }

  /// Whether `message` is a change of the book of that symbol.
  func isDepth(of symbol: Int) -> Bool { message[prefixes[symbol].count...].starts(with: "depth".utf8) }

  /// - Throws: `SessionError` when nothing can be received: no such stream, or a certificate refused.
  mutating func pollStreams(nowNs: Int64) throws -> TapEvent {
    switch channel.poll(nowNs: nowNs) {
    case .idle: return .idle
    case .opened:
      try subscribe()
      return .opened
    case .closed:
      guard channel.closeReason != .certificateRejected else {
        throw SessionError("the venue's certificate was refused (\(channel.certificateProblem))")
      }
      return .lost(channel.closeReason)
    case .message: return try sort()
    }
  }

  private mutating func subscribe() throws {
    let names = symbols.flatMap { market.streams(of: $0) }.map { "\"\($0)\"" }.joined(separator: ",")
    var text = #"{"method":"SUBSCRIBE","params":[\#(names)],"id":1}"#
    let isSent = text.withUTF8 { channel.send(UnsafeRawBufferPointer($0)) }
    guard isSent else { throw SessionError("the subscription to \(symbols.count) symbols is too long to be sent") }
    due = []
  }

  private func sort() throws -> TapEvent {
    let message = channel.message
    if let symbol = prefixes.firstIndex(where: { message.starts(with: $0) }) { return .message(symbol: symbol) }
    if message.starts(with: #"{"result":null"#.utf8) { return .idle }
    let text = String(decoding: message.prefix(300), as: UTF8.self)
    if text.contains("\"error\"") { throw SessionError("the venue refuses the subscription: \(text)") }
    return .other
  }

  /// Asks for a snapshot, not before `fromNs`; one that fails is asked for again.
  mutating func want(snapshotOf symbol: Int, fromNs: Int64) { due.append((symbol, fromNs)) }

  /// Sends what is due, and takes an answer.
  ///
  /// - Returns: the index of the symbol whose snapshot is there.
  mutating func pollSnapshots(nowNs: Int64) -> Int? {
    if requested == nil, let next = due.first, next.fromNs <= nowNs {
      var target = market.snapshotTarget(symbols[next.symbol])
      if target.withUTF8({ requests.get(UnsafeRawBufferPointer($0)) }) {
        requested = next.symbol
        due.removeFirst()
      }
    }
    let event = requests.poll(nowNs: nowNs)
    guard event != .idle, let symbol = requested else { return nil }
    requested = nil
    if event == .response, requests.status == 200 { return symbol }
    let reason = event == .response ? "status \(requests.status)" : "\(requests.closeReason)"
    Terminal.note("no snapshot of \(symbols[symbol]) (\(reason)): trying again")
    let pauseNs = Int64(requests.retryAfterSeconds ?? 0) * 1_000_000_000
    due.append((symbol, nowNs + max(retryNs, pauseNs)))
    return nil
  }
}
