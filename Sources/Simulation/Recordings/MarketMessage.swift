// The payloads of Binance's spot market streams, read into ticks and lots.

import Market

/// A message of one instrument's market, as the matching engine takes it.
public enum MarketMessage: Sendable, Equatable {
  case snapshot(bids: [PriceQuantity], asks: [PriceQuantity], updateId: UInt64)
  case depth(bids: [PriceQuantity], asks: [PriceQuantity], firstUpdateId: UInt64, updateId: UInt64)
  case touch(bid: PriceQuantity, ask: PriceQuantity, updateId: UInt64)
  case trade(PriceQuantity, takerSide: Side, tradeId: UInt64)

  /// - Returns: nil for a payload that is none of the four kinds, or not on the instrument's grid.
  public init?(_ line: MarketLine, instrument: Instrument) {
    guard let scale = MoneyScale(instrument), let json = JSONValue(parsing: line.text[line.payload]) else { return nil }
    let read = LevelReader(scale: scale)
    switch line.stream.map({ $0.drop { $0 != "@" } }) {
    case nil:
      guard let id = json["lastUpdateId"]?.unsigned, let bids = read.levels(json["bids"]),
        let asks = read.levels(json["asks"])
      else { return nil }
      self = .snapshot(bids: bids, asks: asks, updateId: id)
    case "@depth", "@depth@100ms":
      guard let first = json["U"]?.unsigned, let last = json["u"]?.unsigned, let bids = read.levels(json["b"]),
        let asks = read.levels(json["a"])
      else { return nil }
      self = .depth(bids: bids, asks: asks, firstUpdateId: first, updateId: last)
    case "@bookTicker":
      guard let id = json["u"]?.unsigned, let bid = read.level(json["b"], json["B"]),
        let ask = read.level(json["a"], json["A"])
      else { return nil }
      self = .touch(bid: bid, ask: ask, updateId: id)
    case "@trade":
      guard let id = json["t"]?.unsigned, let level = read.level(json["p"], json["q"]),
        case .bool(let buyerIsMaker)? = json["m"]
      else { return nil }
      self = .trade(level, takerSide: buyerIsMaker ? .sell : .buy, tradeId: id)
    default: return nil
    }
  }
}

private struct LevelReader {
  let scale: MoneyScale

  func level(_ price: JSONValue?, _ quantity: JSONValue?) -> PriceQuantity? {
    guard case .string(let priceText)? = price, case .string(let quantityText)? = quantity,
      let priceUnits = try? CoinText.units(priceText), let quantityUnits = try? CoinText.units(quantityText),
      priceUnits % scale.unitsPerTick == 0, quantityUnits % scale.unitsPerLot == 0
    else { return nil }
    return PriceQuantity(
      price: Price(ticks: priceUnits / scale.unitsPerTick), quantity: Quantity(lots: quantityUnits / scale.unitsPerLot))
  }

  func levels(_ json: JSONValue?) -> [PriceQuantity]? {
    guard let elements = json?.elements else { return nil }
    var levels: [PriceQuantity] = []
    levels.reserveCapacity(elements.count)
    for element in elements {
      guard let pair = element.elements, pair.count == 2, let level = level(pair[0], pair[1]) else { return nil }
      levels.append(level)
    }
    return levels
  }
}
