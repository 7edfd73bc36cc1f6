// Markets of which a test knows everything.

import CEnvironment
import Environment
import Market
import Simulation

/// A message that is written down, and the touch after it.
struct ScriptedMessage {
  var rows: [TapeRow]
  var bid: BookLevel
  var ask: BookLevel

  /// A message that moves nothing but the touch.
  init(bid: Int64, ask: Int64, lots: Int64 = 100, rows: [TapeRow] = []) {
    self.rows = rows
    self.bid = BookLevel(price: Price(ticks: bid), quantity: Quantity(lots: lots))
    self.ask = BookLevel(price: Price(ticks: ask), quantity: Quantity(lots: lots))
  }
}

extension TapeRow {
  static func scripted(_ kind: TapeRowKind, _ side: Side, _ ticks: Int64, _ lots: Int64) -> TapeRow {
    TapeRow(
      kind: kind, side: side, exchangeTimeNs: 1, localTimeNs: 1, price: Price(ticks: ticks),
      quantity: Quantity(lots: lots), endsMessage: true)
  }
}

/// Plays its messages, then repeats the last. An order takes at most what the touch displays, at its price.
struct ScriptedMarket: InteractiveMarket, ~Copyable {
  static var rowsPerMessage: Int { 16 }
  private let messages: [ScriptedMessage]
  private var place = -1

  init(_ messages: [ScriptedMessage]) { self.messages = messages }

  private var now: ScriptedMessage { messages[max(0, place)] }
  var bestBid: BookLevel { now.bid }
  var bestAsk: BookLevel { now.ask }
  var timeNs: Int64 { Int64(place) }

  func displayedLots(_ side: Side, at price: Price) -> Int64 {
    let best = side == .buy ? bestBid : bestAsk
    return best.price == price ? best.quantity.lots : 0
  }

  mutating func next(into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    place = min(place + 1, messages.count - 1)
    for (i, row) in now.rows.enumerated() { rows[i] = row }
    return now.rows.count
  }

  mutating func take(_ taker: Side, lots: Int64, into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    let best = taker == .buy ? bestAsk : bestBid
    rows[0] = .scripted(.trade, taker, best.price.ticks, min(lots, best.quantity.lots))
    return 1
  }
}

/// What the other side of every order got: the books of the market itself.
final class Ledger {
  var lots: Int64 = 0
  var notional: Int64 = 0
}

/// A market of either model, keeping a ledger.
struct LedgerMarket<Source: InteractiveMarket & ~Copyable>: InteractiveMarket, ~Copyable {
  static var rowsPerMessage: Int { Source.rowsPerMessage }
  private var market: Source
  private let ledger: Ledger

  init(_ market: consuming Source, _ ledger: Ledger) {
    self.market = market
    self.ledger = ledger
  }

  var bestBid: BookLevel { market.bestBid }
  var bestAsk: BookLevel { market.bestAsk }
  var timeNs: Int64 { market.timeNs }

  func displayedLots(_ side: Side, at price: Price) -> Int64 { market.displayedLots(side, at: price) }
  mutating func next(into rows: UnsafeMutablePointer<TapeRow>) -> Int { market.next(into: rows) }

  mutating func take(_ taker: Side, lots: Int64, into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    let count = market.take(taker, lots: lots, into: rows)
    for i in 0..<count where rows[i].kind == .trade {
      ledger.lots -= taker.sign * rows[i].quantity.lots
      ledger.notional += taker.sign * rows[i].quantity.lots * rows[i].price.ticks
    }
    return count
  }
}

extension apus_environment_config {
  /// A configuration that is accepted, for a test to change.
  static func scripted(_ task: LearningTask, _ change: (inout Self) -> Void = { _ in }) -> Self {
    var config = Self()
    config.size = UInt32(MemoryLayout<Self>.size)
    config.task = task.rawValue
    config.environments = 1
    config.events_per_step = 1
    config.episode_steps = 4
    config.maximum_lots = 10
    config.quote_lots = 5
    config.quote_offsets = 3
    change(&config)
    return config
  }
}

extension Room where Source: ~Copyable {
  /// One step with the numbers of an action.
  mutating func step<Number>(_ action: Number..., rows: UnsafeMutablePointer<TapeRow>) -> StepOutcome {
    action.withUnsafeBytes { step($0.baseAddress!, rows) }
  }
}
