// From the record that carries a market message to the record that carries the order that answers it, without a network:
// the whole path against the sum of its parts.

import CShims
import Foundation
import Market
import Suite

/// The first messages of a run meet cold memory and branch predictors: not counted.
private let warmUpShare = 10

func frameToOrder(capture: String, _ scale: Scale) throws -> [Benchmark] {
  let messages = try PathMessages(path: capture, symbol: "BTCUSDT", limit: scale.of(60_000, tiny: 1_500))
  let parts = try PathParts(messages)
  var isChecked = false
  func play() throws -> [UInt64] {
    let (orders, cycles) = try PathSession(messages).play()
    if !isChecked { try check(orders, parts.decisions, messages) }
    isChecked = true
    return cycles
  }
  return [("frame_to_order_p50", 50), ("frame_to_order_p99", 99)].map { row, percentile in
    Benchmark(
      row: row, unit: "ns",
      topology: """
        \(messages.all.count) recorded messages, \(parts.decisions.count) of them answered: TLS record in memory --> feed --> \
        strategy (book, features) --> execution (risk gate) --> gateway --> TLS record in memory; polled in turn on one CPU, \
        TLS 1.3, AES-128-GCM, direct records, one market connection, all journal records written to their rings. \
        Sum of its parts: open, frame and JSON, book and features, gate, order text, mask and seal, each alone on the same \
        messages, summed order by order
        """,
      ours: side("apus", percentile, play),
      peers: [side("sum of its parts", percentile) { try parts.measure() }])
  }
}

/// - Parameter body: gives the cycles of all orders in their order.
private func side(_ name: String, _ percentile: Int, _ body: @escaping () throws -> [UInt64]) -> BenchmarkSide {
  var timesNs: [Double] = []
  func measure() throws -> Double {
    let clock = CycleClock()
    let cycles = try body()
    let nsPerCycle = clock.nsPerCycle
    timesNs = cycles.dropFirst(cycles.count / warmUpShare).sorted().map { Double($0) * nsPerCycle }
    return timesNs[timesNs.count * percentile / 100]
  }
  return BenchmarkSide(name, curve: { LatencyCurve(sortedNs: timesNs) }, measure)
}

/// Each order that reached the venue must be the one that the parts come to, read by Foundation's JSON.
private func check(_ orders: [PathSession.Order], _ decisions: [PathDecision], _ messages: PathMessages) throws {
  let strays = Set(orders.map(\.message)).symmetricDifference(decisions.map(\.message))
  guard strays.isEmpty, orders.count == decisions.count, orders.count > messages.all.count / 2 else {
    throw BenchmarkError(
      "frame_to_order: \(orders.count) messages were answered where the parts answer \(decisions.count); not by both: "
        + "\(strays.sorted().prefix(5))")
  }
  var names: Set<String> = []
  for (order, decision) in zip(orders, decisions) {
    let root = try JSONSerialization.jsonObject(with: Data(order.text)) as? [String: Any] ?? [:]
    let fields = root["params"] as? [String: Any] ?? [:]
    func text(_ name: String) -> String { fields[name] as? String ?? "" }
    let name = text("newClientOrderId")
    let stampMs = (fields["timestamp"] as? NSNumber)?.int64Value ?? 0
    guard root["method"] as? String == "order.place", fields.count == 10, names.insert(name).inserted,
      name.hasPrefix("ap"), text("newOrderRespType") == "FULL", text("side") == "BUY", text("symbol") == "BTCUSDT",
      text("timeInForce") == "IOC", text("type") == "LIMIT",
      Decimal(string: text("price")) == decimal(decision.price.ticks, messages.instrument.tick),
      Decimal(string: text("quantity")) == decimal(decision.quantity.lots, messages.instrument.lot),
      (fields["recvWindow"] as? NSNumber)?.intValue == 5_000, abs(stampMs - decision.timeNs / 1_000_000) <= 1
    else {
      throw BenchmarkError(
        "frame_to_order: \(decision) was expected, the venue got \(String(decoding: order.text, as: UTF8.self))")
    }
  }
}

private func decimal(_ count: Int64, _ step: DecimalStep) -> Decimal {
  Decimal(count) * Decimal(sign: .plus, exponent: Int(step.exponent), significand: Decimal(step.mantissa))
}
