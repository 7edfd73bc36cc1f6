// What a session did, in figures: the same for people, for `--json`, and for the tests that check it.

import Foundation
import Market
import Pipeline

/// The figures of a session, read from its counter file. Money is integers: lots, and units of 10^-8 of an asset.
struct SessionReport: Codable, Sendable {
  struct MarketFigures: Codable, Sendable {
    var messages: Int64
    var depthApplied: Int64
    var trades: Int64
    var gaps: Int64
    var resynchronised: Int64
    var decodeErrors: Int64
    /// Orders approved while the book was void; a correct gate leaves it at 0.
    var ordersWhileBroken: Int64
  }
  struct BookFigures: Codable, Sendable {
    var crossed: Int64
    var tickerCompared: Int64
    var tickerMismatches: Int64
  }
  struct OrderFigures: Codable, Sendable {
    var sent: Int64
    var canceled: Int64
    var expired: Int64
    var rejected: Int64
    var notSent: Int64
    var unknown: Int64
    var openAtEnd: Int64
    /// By the risk gate, by reason.
    var refused: [String: Int64]
    /// By the venue or the gateway, by reason.
    var rejectedBy: [String: Int64]
  }
  struct FillFigures: Codable, Sendable {
    var maker: Int64
    var taker: Int64
    var duplicate: Int64
  }
  struct LatencyFigures: Codable, Sendable {
    var count: Int64
    var p50Ns: Int64
    var p90Ns: Int64
    var p99Ns: Int64
    var p999Ns: Int64
    var p9999Ns: Int64
    var maximumNs: Int64

    /// By their names, ascending.
    var percentiles: [(name: String, ns: Int64)] {
      [
        ("p50", p50Ns), ("p90", p90Ns), ("p99", p99Ns), ("p99.9", p999Ns), ("p99.99", p9999Ns), ("max", maximumNs),
      ]
    }
  }

  var market: MarketFigures
  var book: BookFigures
  var orders: OrderFigures
  var fills: FillFigures
  /// From the receive stamp of the tick to the return of the send.
  var tickToTrade: LatencyFigures

  /// Reads the figures of all instruments together.
  init(_ reader: CounterFileReader) throws(CounterFileError) {
    let counters = try reader.counters()
    func value(_ name: String) -> Int64 { counters[name] ?? 0 }
    func sum(_ prefix: String, _ suffix: String) -> Int64 {
      counters.reduce(0) { $1.key.hasPrefix(prefix) && $1.key.hasSuffix(suffix) ? $0 + $1.value : $0 }
    }
    func reasons(_ prefix: String) -> [String: Int64] {
      let found = counters.filter { $0.key.hasPrefix(prefix) && $0.value != 0 }
      return Dictionary(uniqueKeysWithValues: found.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }
    market = MarketFigures(
      messages: sum("feed.", ".messages"), depthApplied: sum("book.", ".depth_applied"),
      trades: sum("feed.", ".trades"), gaps: sum("feed.", ".gaps"), resynchronised: sum("feed.", ".resyncs"),
      decodeErrors: sum("feed.", ".decode_errors"), ordersWhileBroken: value("session.orders_while_broken"))
    book = BookFigures(
      crossed: sum("book.", ".crossed"), tickerCompared: sum("book.", ".ticker_compared"),
      tickerMismatches: sum("book.", ".ticker_mismatches"))
    orders = OrderFigures(
      sent: value("execution.orders.sent"), canceled: value("execution.orders.canceled"),
      expired: value("execution.orders.expired"), rejected: value("execution.orders.rejected"),
      notSent: value("execution.orders.not_sent"), unknown: value("execution.orders.unknown"),
      openAtEnd: value("execution.orders.open"), refused: reasons("execution.refused."),
      rejectedBy: reasons("execution.rejected."))
    fills = FillFigures(
      maker: value("execution.fills.maker"), taker: value("execution.fills.taker"),
      duplicate: value("execution.fills.duplicate"))
    let latency = try reader.histograms().first { $0.key.hasSuffix(".tick_to_trade") }?.value
    tickToTrade = LatencyFigures(latency)
  }
}

extension SessionReport.LatencyFigures {
  init(_ snapshot: HistogramSnapshot?) {
    guard let snapshot, snapshot.count > 0 else {
      self.init(count: 0, p50Ns: 0, p90Ns: 0, p99Ns: 0, p999Ns: 0, p9999Ns: 0, maximumNs: 0)
      return
    }
    self.init(
      count: snapshot.count, p50Ns: snapshot.percentile(50), p90Ns: snapshot.percentile(90),
      p99Ns: snapshot.percentile(99), p999Ns: snapshot.percentile(99.9), p9999Ns: snapshot.percentile(99.99),
      maximumNs: snapshot.maximumNs)
  }
}
