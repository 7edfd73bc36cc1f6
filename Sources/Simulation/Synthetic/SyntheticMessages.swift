// Writes a synthetic market's changes as Binance's spot stream messages.

import Market

/// Message texts for one instrument.
package struct SyntheticMessages: Sendable {
  let symbol: String
  private let stream: String
  private let scale: MoneyScale

  package init(instrument: Instrument) {
    guard let scale = MoneyScale(instrument) else { preconditionFailure("derived rules are on the venue's grid") }
    symbol = instrument.symbol.text
    stream = symbol.lowercased()
    self.scale = scale
  }

  var streams: [String] { ["\(stream)@depth@100ms", "\(stream)@bookTicker", "\(stream)@trade"] }

  package func depth(bids: [PriceQuantity], asks: [PriceQuantity], first: UInt64, last: UInt64, timeNs: Int64)
    -> MarketLine
  {
    line(
      "depth@100ms", timeNs: timeNs,
      #"{"e":"depthUpdate","E":\#(milliseconds(timeNs)),"s":"\#(symbol)","U":\#(first),"u":\#(last),"#
        + #""b":\#(text(bids)),"a":\#(text(asks))}"#)
  }

  func bookTicker(bid: DisplayedLevel, ask: DisplayedLevel, updateId: UInt64, timeNs: Int64) -> MarketLine {
    line(
      "bookTicker", timeNs: timeNs,
      #"{"u":\#(updateId),"s":"\#(symbol)","b":"\#(text(bid.price))","B":"\#(text(bid.displayed))","#
        + #""a":"\#(text(ask.price))","A":"\#(text(ask.displayed))"}"#)
  }

  package func trade(_ trade: PriceQuantity, takerSide: Side, tradeId: UInt64, timeNs: Int64) -> MarketLine {
    let time = milliseconds(timeNs)
    return line(
      "trade", timeNs: timeNs,
      #"{"e":"trade","E":\#(time),"s":"\#(symbol)","t":\#(tradeId),"p":"\#(text(trade.price))","#
        + #""q":"\#(text(trade.quantity))","T":\#(time),"m":\#(takerSide == .sell),"M":true}"#)
  }

  func snapshot(_ book: DisplayedBook, updateId: UInt64, timeNs: Int64) -> MarketLine {
    let text = book.snapshotText(scale: scale, updateId: updateId, limit: .max)
    guard let line = MarketLine(timeNs: timeNs, text: Array(text.utf8), symbol: symbol) else {
      preconditionFailure("a snapshot starts as one")
    }
    return line
  }

  private func line(_ kind: String, timeNs: Int64, _ payload: String) -> MarketLine {
    let text = #"{"stream":"\#(stream)@\#(kind)","data":\#(payload)}"#
    guard let line = MarketLine(timeNs: timeNs, text: Array(text.utf8), symbol: symbol) else {
      preconditionFailure("the wrapper is the one that MarketLine reads")
    }
    return line
  }

  private func milliseconds(_ timeNs: Int64) -> Int64 { timeNs / 1_000_000 }
  private func text(_ price: Price) -> String { scale.text(price) }
  private func text(_ quantity: Quantity) -> String { scale.text(quantity) }
  private func text(_ levels: [PriceQuantity]) -> String { scale.text(levels) }
}

extension MoneyScale {
  fileprivate func text(_ levels: [PriceQuantity]) -> String {
    "[" + levels.map { #"["\#(text($0.price))","\#(text($0.quantity))"]"# }.joined(separator: ",") + "]"
  }
}

extension DisplayedBook {
  /// The body of Binance's `GET /api/v3/depth`: at most `limit` levels a side, best first.
  public func snapshotText(scale: MoneyScale, updateId: UInt64, limit: Int) -> String {
    func side(_ levels: [DisplayedLevel]) -> String {
      scale.text(levels.reversed().prefix(limit).map { PriceQuantity(price: $0.price, quantity: $0.displayed) })
    }
    return #"{"lastUpdateId":\#(updateId),"bids":\#(side(bids)),"asks":\#(side(asks))}"#
  }
}
