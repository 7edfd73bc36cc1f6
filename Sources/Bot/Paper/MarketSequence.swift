// Whether one symbol's market is whole: what a paper venue may be shown of it, and when it has to be told that it is not.

import Simulation

/// Depth messages in their sequence, from a snapshot on; trades and tickers only while the sequence stands.
///
/// Source: binance-spot-api-docs, web-socket-streams.md, "How to manage a local order book correctly". The bot's own feed
/// has the same rules in other code, on a connection of its own.
package struct MarketSequence {
  /// What follows from a message.
  package struct Step: Equatable {
    /// To be played, in this order.
    package var played: [MarketMessage]
    /// The market is not known from here on: to be told before anything is played.
    package var suspends: Bool
    /// A snapshot has to be asked for.
    package var wantsSnapshot: Bool

    package init(played: [MarketMessage] = [], suspends: Bool = false, wantsSnapshot: Bool = false) {
      self.played = played
      self.suspends = suspends
      self.wantsSnapshot = wantsSnapshot
    }
  }

  package private(set) var isWhole = false
  /// Depth messages that were missing.
  package private(set) var gaps = 0
  /// Trades that were missing. The sequence stands: what they would have filled stays unfilled.
  package private(set) var missedTrades = 0

  /// The update that the market stands at, or that the last waiting message leads to.
  private var updateId: UInt64 = 0
  private var tradeId: UInt64 = 0
  /// Depth messages that wait for a snapshot, each continuing the one before it.
  private var waiting: [MarketMessage] = []
  private var firstWaiting: UInt64 = 0
  /// A snapshot is there within seconds, at ten messages a second.
  private static let waitingMax = 1_000

  package init() {}

  package mutating func take(_ message: MarketMessage) -> Step {
    switch message {
    case .depth(_, _, let first, let last): return isWhole ? apply(message, first, last) : keep(message, first, last)
    case .snapshot(_, _, let id): return isWhole ? Step() : begin(message, id)
    case .trade(_, _, let id):
      if tradeId > 0, id > tradeId + 1 { missedTrades += Int(clamping: id - tradeId - 1) }
      tradeId = id
      return Step(played: isWhole ? [message] : [])
    case .touch: return Step(played: isWhole ? [message] : [])
    }
  }

  /// The connection was lost, or a message could not be read.
  ///
  /// - Returns: whether the market was known until now.
  package mutating func lose() -> Bool {
    defer { isWhole = false }
    waiting = []
    tradeId = 0
    return isWhole
  }

  private mutating func apply(_ message: MarketMessage, _ first: UInt64, _ last: UInt64) -> Step {
    guard last > updateId else { return Step() }
    guard first <= updateId + 1 else {
      gaps += 1
      _ = lose()
      var step = keep(message, first, last)
      step.suspends = true
      return step
    }
    updateId = last
    return Step(played: [message])
  }

  /// A message without a snapshot waits; the first one asks for it.
  private mutating func keep(_ message: MarketMessage, _ first: UInt64, _ last: UInt64) -> Step {
    let isFirst = waiting.isEmpty
    if !isFirst, first != updateId + 1 || waiting.count == Self.waitingMax { waiting = [] }
    if waiting.isEmpty { firstWaiting = first }
    waiting.append(message)
    updateId = last
    return Step(wantsSnapshot: isFirst)
  }

  private mutating func begin(_ snapshot: MarketMessage, _ id: UInt64) -> Step {
    guard !waiting.isEmpty else { return Step() }  // The connection was lost meanwhile: its next message asks again.
    guard firstWaiting <= id + 1 else { return Step(wantsSnapshot: true) }
    let newer = waiting.filter { if case .depth(_, _, _, let last) = $0 { last > id } else { false } }
    waiting = []
    updateId = max(updateId, id)
    isWhole = true
    return Step(played: [snapshot] + newer)
  }
}
