// Records raw market data: streams as they arrive, and a snapshot of each book after every connection.

import Foundation
import Pipeline

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
  private var tap: MarketTap
  /// Symbols without a depth message since the connection opened.
  private var isAwaitingDepth: [Bool]

  /// A snapshot has to be younger than a depth message that is recorded already, or the first changes after it would be
  /// missing.
  private static let afterDepthNs: Int64 = 1_000_000_000

  init(_ market: RecordedMarkets, symbols: [String], endpoint: VenueEndpoint, folder: String) {
    files = symbols.map { CaptureFile(folder: folder, symbol: $0) }
    tap = MarketTap(market, symbols: symbols, endpoint: endpoint)
    isAwaitingDepth = symbols.map { _ in false }
  }

  /// Takes what has arrived.
  ///
  /// - Returns: whether there was anything.
  /// - Throws: `SessionError` when nothing can be recorded: no such stream, a certificate refused, a full disk.
  mutating func poll(_ clock: Clock) throws -> Bool {
    let nowNs = clock.nowNs()
    let event = try tap.pollStreams(nowNs: nowNs)
    switch event {
    case .idle: break
    case .opened: isAwaitingDepth = files.map { _ in true }
    case .message(let symbol): try record(symbol, nowNs)
    case .other: tally.others += 1
    case .lost(let reason):
      tally.losses += 1
      Terminal.note("the connection is lost or was not made (\(reason)): trying again")
    }
    if let symbol = tap.pollSnapshots(nowNs: nowNs) {
      try files[symbol].append(nowNs, tap.snapshot)
      tally.snapshots += 1
      return true
    }
    if case .idle = event { return false }
    return true
  }

  func flush() throws { for file in files { try file.flush() } }
  func finish() throws { for file in files { try file.finish() } }

  private mutating func record(_ symbol: Int, _ nowNs: Int64) throws {
    try files[symbol].append(nowNs, tap.message)
    tally.messages += 1
    if isAwaitingDepth[symbol], tap.isDepth(of: symbol) {
      isAwaitingDepth[symbol] = false
      tap.want(snapshotOf: symbol, fromNs: nowNs + Self.afterDepthNs)
    }
  }
}
