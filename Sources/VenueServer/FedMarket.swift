// A market that comes from outside, message by message: what a paper session's venue matches against.

import Market
import NIOCore
import Simulation
import VenueFront

/// Matches against what it is fed, in the order in which it comes. It has no subscribers: whoever feeds the venue has
/// the market already.
final class FedMarket: MarketDriver {
  private(set) var counters = PlayCounters()
  let hasEnded = false
  let failure: CaptureError? = nil
  private let clockNs: @Sendable () -> Int64
  private let exchange: VenueFront.Exchange
  /// What `matchingNs` last was: a clock that is being corrected may step back by less than a message takes.
  private var lastNs = Int64.min

  init(_ exchange: VenueFront.Exchange, clockNs: @escaping @Sendable () -> Int64) {
    self.exchange = exchange
    self.clockNs = clockNs
  }

  func nowNs(_ now: NIODeadline) -> Int64 { clockNs() }

  func matchingNs(_ now: NIODeadline) -> Int64 {
    lastNs = max(lastNs, clockNs())
    return lastNs
  }

  func feed(_ message: VenueServer.MarketFeed) {
    switch message {
    case .message(let message, let instrument):
      counters.lines += 1
      if case .depth = message { counters.depth += 1 }
      if case .snapshot = message { counters.snapshots += 1 }
      exchange.play(message, instrument)
    case .suspend(let instrument): exchange.suspend(instrument)
    }
  }

  func wake() {}
  func stop() {}
}
