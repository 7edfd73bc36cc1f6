// How far the simulator is from what really happened, order by order.

import Foundation
import Market
import Risk

package struct ParityReport {
  /// Those that the venue accepted.
  let orders: [OrderParity]
  /// Those that it refused, which are not compared.
  let refused: Int
  let instruments: [Instrument]

  /// Orders that filled on either side.
  package var filled: Int { orders.count { $0.recorded.fills + $0.simulated.fills > 0 } }
  /// Orders whose fills differ in quantity, liquidity, value or fee.
  package var differing: Int { orders.count { !$0.isEqual } }
  /// Of the orders that filled on either side; 0 when none did.
  package var differingShare: Double { filled > 0 ? Double(differing) / Double(filled) : 0 }

  /// The most that the last fill of an order is apart in time, where both sides have one.
  package var apartNs: UInt64 { orders.compactMap { $0.lateNs?.magnitude }.max() ?? 0 }

  /// Every order that filled, and a closing line.
  package var text: String {
    let header = "order          side price           queue  recorded lots (maker)  simulated lots (maker)  time us"
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
    return pad(name, 15) + pad(order.terms.side == .buy ? "buy" : "sell", 5) + pad(price, 15)
      + pad(String(order.queueAheadLots), 8) + pad(lots(order.recorded), 23) + pad(lots(order.simulated), 24)
      + pad(order.lateNs.map { String($0 / 1_000) } ?? "-", 9)
      + pad(Figures.amount(order.cashDifference, decimals: 8), 14)
      + Figures.amount(order.recorded.fee - order.simulated.fee, decimals: 8) + (order.isEqual ? "" : "  DIFFERENT")
  }

  private var closing: String {
    let cash = orders.reduce(0) { $0 + $1.cashDifference }
    return
      "\(orders.count) orders (\(refused) refused ones left out), \(filled) with fills, \(differing) of them different, "
      + "times apart by at most \(apartNs / 1_000) us; cash simulated less recorded "
      + Figures.amount(cash, decimals: 8) + " (quote asset, fees apart)"
  }
}
