import Market
import Simulation

/// FNV-1a over the bytes of rows: equal digests in debug and release are equal rows.
struct RowDigest {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ rows: UnsafePointer<TapeRow>, count: Int) {
    for byte in UnsafeRawBufferPointer(start: rows, count: count * MemoryLayout<TapeRow>.stride) {
      value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }
  }
}

/// Memory for the messages of a market.
final class RowBuffer {
  let rows: UnsafeMutablePointer<TapeRow>

  init() { rows = .allocate(capacity: HawkesMarket.rowsPerMessage) }
  deinit { rows.deallocate() }
}

/// A slow, obvious book: what the rows say, in dictionaries.
struct RowBook {
  private var levels: [Side: [Price: Int64]] = [.buy: [:], .sell: [:]]
  private(set) var problems: [String] = []

  var bestBid: Price? { levels[.buy]?.keys.max() }
  var bestAsk: Price? { levels[.sell]?.keys.min() }

  func lots(_ side: Side, _ price: Price) -> Int64 { levels[side]?[price] ?? 0 }
  func count(_ side: Side) -> Int { levels[side]?.count ?? 0 }

  mutating func take(_ row: TapeRow) {
    switch row.kind {
    case .clear: levels[row.side] = [:]
    case .level where row.quantity.lots == 0:
      if levels[row.side]?.removeValue(forKey: row.price) == nil {
        problems.append("removed a level that is not there")
      }
    case .level, .snapshotLevel:
      if row.quantity.lots < 1 || row.price.ticks < 1 { problems.append("a level of \(row)") }
      levels[row.side]?[row.price] = row.quantity.lots
    case .trade:
      let maker = row.side.opposite
      if row.quantity.lots > lots(maker, row.price) { problems.append("a trade of more than was displayed") }
      let best = maker == .buy ? bestBid : bestAsk
      if let best, maker.sign * (row.price.ticks - best.ticks) > 0 { problems.append("a trade better than the touch") }
    default: problems.append("a row of kind \(row.kind)")
    }
  }
}
