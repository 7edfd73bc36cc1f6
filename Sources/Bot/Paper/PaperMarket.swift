// The live market as a paper venue is shown it: received on a connection and a thread of its own, whole or not at all.

import Foundation
import Market
import Pipeline
import Simulation
import Synchronization
import VenueServer

/// Follows the market from `start` to `stop`. Both on the command's thread; everything else runs on its own.
final class PaperMarket: @unchecked Sendable {  // Safe: what is not atomic or locked is the thread's alone.
  private let instruments: [Instrument]
  private let clock: Clock
  private let counters: PaperCounters
  private let play: @Sendable ([VenueServer.MarketFeed]) -> Void
  private var tap: MarketTap
  private var sequences: [MarketSequence]
  /// Before a snapshot that was too old is asked for again.
  private let retryNs: Int64
  private let isStopping = Atomic(false)
  private let failure = Mutex<String?>(nil)
  private let ended = DispatchSemaphore(value: 0)

  /// What the venue sees of the market is this much later than it could be, at most.
  private static let idleMicroseconds: UInt32 = 100

  /// - Parameter play: takes what the venue is to be shown, in order; must not wait.
  init(
    _ instruments: [Instrument], endpoint: VenueEndpoint, clock: Clock, counters: PaperCounters,
    play: @escaping @Sendable ([VenueServer.MarketFeed]) -> Void
  ) {
    self.instruments = instruments
    self.clock = clock
    self.counters = counters
    self.play = play
    tap = MarketTap(.spot, symbols: instruments.map(\.symbol.text), endpoint: endpoint)
    sequences = instruments.map { _ in MarketSequence() }
    retryNs = endpoint.stretched(1_000_000_000)
    counters.suspended.set(Int64(instruments.count))
  }

  /// Why the market cannot be followed any more; nil while it is.
  var problem: String? { failure.withLock { $0 } }

  /// The thread inherits the CPUs of the one that starts it.
  func start() { Thread.detachNewThread { [self] in run() } }

  /// Ends the thread and waits for it.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    ended.wait()
  }

  private func run() {
    defer { ended.signal() }
    do {
      while !isStopping.load(ordering: .acquiring) {
        if try !poll() { usleep(Self.idleMicroseconds) }
      }
    } catch {
      suspendAll()
      failure.withLock { $0 = "\(error)" }
    }
  }

  private func poll() throws -> Bool {
    let nowNs = clock.nowNs()
    let event = try tap.pollStreams(nowNs: nowNs)
    switch event {
    case .idle, .other, .opened: break
    case .message(let i): take(tap.message, of: i, nowNs)
    case .lost(let reason):
      counters.losses.add()
      suspendAll()
      Terminal.note(
        "PAPER: the market is lost or was not reached (\(reason)); trying again")
    }
    if let i = tap.pollSnapshots(nowNs: nowNs) {
      counters.snapshots.add()
      take(tap.snapshot, of: i, nowNs)
      return true
    }
    if case .idle = event { return false }
    return true
  }

  private func take(_ bytes: UnsafeRawBufferPointer, of i: Int, _ nowNs: Int64) {
    counters.messages.add()
    let line = MarketLine(timeNs: nowNs, text: Array(bytes), symbol: instruments[i].symbol.text)
    guard let line, let message = MarketMessage(line, instrument: instruments[i]) else {
      counters.unread.add()
      if sequences[i].lose() { suspend([i]) }
      return
    }
    let before = (sequences[i].gaps, sequences[i].missedTrades)
    let step = sequences[i].take(message)
    counters.gaps.add(Int64(sequences[i].gaps - before.0))
    counters.missedTrades.add(Int64(sequences[i].missedTrades - before.1))
    if step.suspends { suspend([i]) }
    if step.wantsSnapshot {
      // The first request goes out at once; its answer was too old when another is wanted.
      let isSnapshot = if case .snapshot = message { true } else { false }
      tap.want(snapshotOf: i, fromNs: isSnapshot ? nowNs + retryNs : nowNs)
    }
    guard !step.played.isEmpty else { return }
    play(step.played.map { .message($0, instruments[i].index) })
    guard case .snapshot = step.played[0] else { return }
    showSuspended()
    Terminal.note("PAPER: \(instruments[i].symbol.text) is matched")
  }

  private func suspendAll() { suspend(instruments.indices.filter { sequences[$0].lose() }) }

  private func suspend(_ lost: [Int]) {
    counters.suspensions.add(Int64(lost.count))
    play(lost.map { .suspend(instruments[$0].index) })
    showSuspended()
    for i in lost {
      Terminal.note("PAPER: \(instruments[i].symbol.text) is not matched until its market is whole again")
    }
  }

  private func showSuspended() { counters.suspended.set(Int64(sequences.count { !$0.isWhole })) }
}

/// What a paper venue's market went through, in the session's counter file.
struct PaperCounters {
  let messages: Counter
  let snapshots: Counter
  /// Depth messages that were missing.
  let gaps: Counter
  let missedTrades: Counter
  /// Messages that could not be read.
  let unread: Counter
  /// Connections lost or not made.
  let losses: Counter
  /// Times that an instrument's matching was halted.
  let suspensions: Counter
  /// Instruments that are not matched now.
  let suspended: Counter

  init(_ file: CounterFile) {
    func counter(_ name: String) -> Counter { file.counter("paper." + name) }
    messages = counter("messages")
    snapshots = counter("snapshots")
    gaps = counter("gaps")
    missedTrades = counter("missed_trades")
    unread = counter("unread")
    losses = counter("losses")
    suspensions = counter("suspensions")
    suspended = counter("suspended")
  }
}
