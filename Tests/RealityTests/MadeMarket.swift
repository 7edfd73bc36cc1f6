// Markets made up for tests: a few rows by hand, or many by chance.

import Market
import Simulation
import Support

let second: Int64 = 1_000_000_000

/// A row at a venue time in milliseconds; received at once.
func row(_ kind: TapeRowKind, _ side: Side, _ ticks: Int64, _ lots: Int64, ms: Int64) -> TapeRow {
  TapeRow(
    kind: kind, side: side, exchangeTimeNs: ms * 1_000_000, localTimeNs: ms * 1_000_000, price: Price(ticks: ticks),
    quantity: Quantity(lots: lots), endsMessage: true)
}

func tape(_ rows: [TapeRow], lotExponent: Int8 = 0) throws -> Tape {
  let instrument = TapeInstrument(
    symbol: ShortName("TEST")!, kind: .spot, tick: DecimalStep(mantissa: 1, exponent: 0),
    lot: DecimalStep(mantissa: 1, exponent: lotExponent))
  return try Tape(instrument: instrument, rows: rows)
}

/// 10 lots at 100 against 10 lots at 101 at 1 s, then `events`, then a change far from both at `endMs`: orders that rest from the
/// first to the last moment can be put at the first only.
struct HandMade {
  let path: MarketPath
  let buy: PhantomOrder
  let sell: PhantomOrder

  init(_ events: [TapeRow], endMs: Int64 = 3_000) throws {
    let rows =
      [row(.level, .buy, 100, 10, ms: 1_000), row(.level, .sell, 101, 10, ms: 1_000)] + events
      + [row(.level, .sell, 110, 1, ms: endMs)]
    path = try MarketPath(try ReplayTape(try tape(rows)))
    let orders = path.phantoms(2, restingNs: (endMs - 1_000) * 1_000_000, seed: 1)
    (buy, sell) = (orders[0], orders[1])
  }
}

extension TapeRow {
  /// The same for the other side, with 100 and 101 changing places.
  var mirrored: TapeRow {
    var row = self
    row.side = side.opposite
    if price.ticks > 0 { row.price = Price(ticks: 201 - price.ticks) }
    return row
  }
}

/// A book of three to five levels a side around a price that wanders, with trades at and near the touch. Depth messages keep
/// their order by both clocks; trades are received late by chance, so that the two clocks order them differently. Sometimes a
/// snapshot replaces a side.
func randomTape(seed: UInt64, messages: Int = 400) throws -> Tape {
  var random = SeededRandom(seed)
  func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
  var rows: [TapeRow] = []
  var (middle, nowMs) = (Int64(1_000), Int64(1_000))
  for _ in 0..<messages {
    nowMs += number(0...40)
    let moved = max(900, min(1_100, middle + (number(0...4) == 0 ? number(-2...2) : 0)))
    let isSnapshot = number(0...60) == 0
    for side in [Side.buy, .sell] {
      let sign: Int64 = side == .buy ? -1 : 1
      if isSnapshot { rows.append(row(.clear, side, 0, 0, ms: nowMs)) }
      // What the price has left behind on the wrong side is gone.
      for ticks in min(middle, moved) - 6...max(middle, moved) + 6 {
        let distance = (ticks - moved) * sign
        if distance <= 0, !isSnapshot { rows.append(row(.level, side, ticks, 0, ms: nowMs)) }
        guard distance > 0, distance <= 5, isSnapshot || number(0...2) == 0 else { continue }
        rows.append(row(isSnapshot ? .snapshotLevel : .level, side, ticks, number(0...12), ms: nowMs))
      }
    }
    middle = moved
    for _ in 0..<number(0...2) {
      let side: Side = number(0...1) == 0 ? .buy : .sell
      var trade = row(.trade, side, middle + side.sign * number(1...3), number(1...6), ms: nowMs)
      trade.exchangeTimeNs -= number(0...60) * 1_000_000
      rows.append(trade)
    }
  }
  return try tape(rows, lotExponent: -1)
}
