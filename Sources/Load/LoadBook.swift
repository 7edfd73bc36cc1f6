// A book as a dictionary: slow, obvious, and only for what a load does before and beside its sending.

import Market
import Simulation

struct LoadBook {
  private var bids: [Int64: Int64] = [:]
  private var asks: [Int64: Int64] = [:]

  init(_ snapshot: MarketMessage) {
    guard case .snapshot(let bids, let asks, _) = snapshot else { preconditionFailure("a book begins with a snapshot") }
    for level in bids { self.bids[level.price.ticks] = level.quantity.lots }
    for level in asks { self.asks[level.price.ticks] = level.quantity.lots }
  }

  var bestBid: Price? { bids.keys.max().map(Price.init(ticks:)) }

  mutating func apply(_ message: MarketMessage) {
    guard case .depth(let bids, let asks, _, _) = message else { return }
    for level in bids { self.bids[level.price.ticks] = level.quantity.lots > 0 ? level.quantity.lots : nil }
    for level in asks { self.asks[level.price.ticks] = level.quantity.lots > 0 ? level.quantity.lots : nil }
  }

  /// The changes that make this book that one: first what goes, so that it is never crossed on the way.
  func way(to other: LoadBook, levelsPerMessage: Int) -> [(bids: [PriceQuantity], asks: [PriceQuantity])] {
    func change(_ level: (key: Int64, value: Int64)) -> PriceQuantity {
      PriceQuantity(price: Price(ticks: level.key), quantity: Quantity(lots: level.value))
    }
    func removed(_ from: [Int64: Int64], _ to: [Int64: Int64]) -> [PriceQuantity] {
      from.keys.filter { to[$0] == nil }.sorted().map { change(($0, 0)) }
    }
    func set(_ from: [Int64: Int64], _ to: [Int64: Int64]) -> [PriceQuantity] {
      to.filter { from[$0.key] != $0.value }.sorted { $0.key < $1.key }.map(change)
    }
    func parts(_ levels: [PriceQuantity]) -> [[PriceQuantity]] {
      stride(from: 0, to: levels.count, by: levelsPerMessage).map {
        Array(levels[$0..<min($0 + levelsPerMessage, levels.count)])
      }
    }
    return parts(removed(bids, other.bids)).map { ($0, []) } + parts(removed(asks, other.asks)).map { ([], $0) }
      + parts(set(bids, other.bids)).map { ($0, []) } + parts(set(asks, other.asks)).map { ([], $0) }
  }

  /// As the venue's REST API tells a book: best levels first.
  func text(_ scale: MoneyScale, lastUpdateId: Int64) -> String {
    func levels(_ levels: [(key: Int64, value: Int64)]) -> String {
      levels.prefix(5_000).map {
        "[\"\(scale.text(Price(ticks: $0.key)))\",\"\(scale.text(Quantity(lots: $0.value)))\"]"
      }.joined(separator: ",")
    }
    let (down, up) = (bids.sorted { $0.key > $1.key }, asks.sorted { $0.key < $1.key })
    return #"{"lastUpdateId":\#(lastUpdateId),"bids":[\#(levels(down))],"asks":[\#(levels(up))]}"#
  }
}
