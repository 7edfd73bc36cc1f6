// The fills log: one JSON object a line, each naming the recorded trade or displayed level that explains the fill.

import Market
import Simulation
import VenueFront

/// Writes through the C library's buffer; `close` makes it whole on disk.
final class FillsLog {
  private let file: LogFile

  init(path: String) throws(VenueStartError) {
    guard let file = LogFile(path: path) else { throw VenueStartError("\(path): cannot be written") }
    self.file = file
  }

  func add(_ fill: VenueFill, clientOrderId: String, instrument: Instrument, scale: MoneyScale) {
    var line = ObjectText()
    line.add("tradeId", raw: fill.tradeId)
    line.add("orderId", raw: fill.orderId)
    line.add("clientOrderId", clientOrderId)
    line.add("symbol", instrument.symbol.text)
    line.add("side", fill.side == .buy ? "BUY" : "SELL")
    line.add("maker", raw: fill.isMaker)
    line.add("price", scale.text(fill.price))
    line.add("quantity", scale.text(fill.quantity))
    line.add("commission", CoinText.text(fill.commission.units))
    line.add("commissionAsset", fill.commissionAsset.text)
    line.add("timeNs", raw: fill.timeNs)
    switch fill.source {
    case .trade(let id): line.add("source", raw: #"{"trade":\#(id)}"#)
    case .level(let price, let id): line.add("source", raw: #"{"level":"\#(scale.text(price))","updateId":\#(id)}"#)
    case .insuranceFund: line.add("source", "insurance fund")
    }
    file.write(line.text + "\n")
  }

  func close() { file.close() }
}
