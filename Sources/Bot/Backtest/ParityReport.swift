// How far the simulator is from what really happened, order by order.

import Foundation
import Market
import Risk

struct ParityReport {
  /// Those that the venue accepted.
  let orders: [OrderParity]
  /// Those that it refused, which are not compared.
  let refused: Int
  let instruments: [Instrument]

  /// Orders that filled on either side.
  var filled: Int { orders.count { $0.recorded.fills + $0.simulated.fills > 0 } }
  /// Orders whose fills differ in quantity, liquidity, value or fee.
  var differing: Int { orders.count { !$0.isEqual } }
  /// Of the orders that filled on either side; 0 when none did.
  var differingShare: Double { filled > 0 ? Double(differing) / Double(filled) : 0 }

  /// Every order that filled, and a closing line.
  var text: String {
    let header = "order          side price           queue  recorded lots (maker)  simulated lots (maker)  time ms"
    let head = header + "     value       fee"
    let rows = orders.filter { $0.recorded.fills + $0.simulated.fills > 0 }.map(row)
    return ([head] + rows + ["", closing]).joined(separator: "\n")
  }

  private func row(_ order: OrderParity) -> String {
    let instrument = instruments[Int(order.terms.instrument.rawValue)]
    let name = "\(order.terms.clientOrder.rawValue >> 40)-\(order.terms.clientOrder.rawValue & 0xff_ffff_ffff)"
    let price =
      order.terms.type == .market
      ? "market" : DecimalText.string(order.terms.price.ticks, step: instrument.tick) ?? "?"
    func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    func lots(_ totals: FillTotals) -> String { "\(totals.lots) (\(totals.makerLots))" }
    let both = order.recorded.fills > 0 && order.simulated.fills > 0
    let late = both ? (order.simulated.lastTimeNs - order.recorded.lastTimeNs) / 1_000_000 : 0
    return pad(name, 15) + pad(order.terms.side == .buy ? "buy" : "sell", 5) + pad(price, 15)
      + pad(String(order.queueAheadLots), 8) + pad(lots(order.recorded), 23) + pad(lots(order.simulated), 24)
      + pad(both ? String(late) : "-", 9)
      + pad(Figures.amount(order.cashDifference, decimals: 8), 14)
      + Figures.amount(order.recorded.fee - order.simulated.fee, decimals: 8) + (order.isEqual ? "" : "  DIFFERENT")
  }

  private var closing: String {
    let cash = orders.reduce(0) { $0 + $1.cashDifference }
    return
      "\(orders.count) orders (\(refused) refused ones left out), \(filled) with fills, \(differing) of them different; cash simulated less recorded "
      + Figures.amount(cash, decimals: 8) + " (quote asset, fees apart)"
  }
}
