// What the suite measures and what it is to reach: the one table of rows and aims, compared with README.md by check.py.

/// A bound that a ratio is held to.
public enum Aim: Sendable, Equatable, CustomStringConvertible {
  /// Ours is at least this many times as fast: ratio is the peer's time over ours.
  case timesAsFast(Double)
  /// Ours takes at most this much of the peer: ratio is our time over the peer's.
  case atMost(Double)
  /// Measured and told, no bound.
  case reported

  public func ratio(ours: Double, peer: Double) -> Double {
    switch self {
    case .timesAsFast: peer / ours
    case .atMost, .reported: ours / peer
    }
  }

  public func holds(_ ratio: Double) -> Bool {
    switch self {
    case .timesAsFast(let bound): ratio >= bound
    case .atMost(let bound): ratio <= bound
    case .reported: true
    }
  }

  public var description: String {
    switch self {
    case .timesAsFast(let bound): ">= \(bound.plain)"
    case .atMost(let bound): "<= \(bound.plain)"
    case .reported: "reported"
    }
  }
}

/// One comparison of the suite: a row, whom it is measured against, and the aim.
public struct Comparison: Sendable, Equatable {
  public let row: String
  public let peer: String
  public let aim: Aim
  /// A bound on our own figure in nanoseconds, beside the ratio.
  public let limit: Double?

  /// The aim in words: the bound on the ratio, and on our own figure where there is one.
  public var aimText: String {
    switch (aim, limit) {
    case (_, nil): "\(aim)"
    case (.reported, let limit?): "ours <= \(limit.plain) ns"
    case (_, let limit?): "\(aim), ours <= \(limit.plain) ns"
    }
  }

  public init(_ row: String, _ peer: String, _ aim: Aim, limit: Double? = nil) {
    self.row = row
    self.peer = peer
    self.aim = aim
    self.limit = limit
  }

  /// Every comparison that belongs into the suite, in the order of its table; those that nothing measures yet included.
  public static let all: [Comparison] =
    rings + layers + models + messages + binaryMessages + books + path + simulation

  private static let rings = [
    Comparison("ring_throughput", "boost::lockfree::spsc_queue", .timesAsFast(1)),
    Comparison("ring_throughput", "moodycamel::ReaderWriterQueue", .timesAsFast(1)),
    Comparison("ring_round_trip", "two flags in C", .atMost(1.15)),
  ]

  private static let layers = ["lstm_32", "lstm_64"].flatMap { row in
    [Comparison(row, "OpenBLAS", .timesAsFast(1.5)), Comparison(row, "onnxruntime", .timesAsFast(10))]
      + ["\(row)_half", "\(row)_whole"].flatMap { form in
        [Comparison(form, "OpenBLAS", .reported), Comparison(form, "onnxruntime", .reported)]
      }
  }

  private static let models = ["lstm_a", "lstm_b", "lstm_c"].flatMap { model in
    [
      Comparison("\(model)_stream", "roofline", .timesAsFast(0.6)),
      Comparison("\(model)_stream", "onnxruntime", .reported),
      Comparison("\(model)_window", "roofline", .timesAsFast(0.6)),
      Comparison("\(model)_window", "onnxruntime", .reported),
      // A p99 of 5.07 us is the audited record of an accelerator on the same task (STAC, 2023).
      Comparison("\(model)_stream_half_p99", "roofline", .reported, limit: model == "lstm_a" ? 5_070 : nil),
      Comparison("\(model)_stream_p99", "roofline", .reported),
    ]
  }

  private static let messages = ["json_depth", "json_trade", "json_ticker"].map {
    Comparison($0, "simdjson on-demand", .timesAsFast(2))
  }

  private static let binaryMessages = ["sbe_depth", "sbe_trade", "sbe_ticker"].map {
    Comparison($0, "our JSON decoder", .reported)
  }

  private static let books = [
    Comparison("book_update", "std::map", .timesAsFast(1), limit: 25),
    Comparison("book_update", "sorted std::vector", .timesAsFast(1), limit: 25),
    Comparison("features", "scalar reference", .reported),
    Comparison("risk_gate", "scalar reference", .reported),
    Comparison("router", "scalar reference", .reported),
  ]

  private static let path = [
    Comparison("tls_record", "bare AEAD", .reported),
    Comparison("tls_record_direct", "bare AEAD", .atMost(1.5)),
    Comparison("frame_to_order_p50", "sum of its parts", .atMost(1.3), limit: 3_000),
    Comparison("frame_to_order_p99", "sum of its parts", .atMost(1.3), limit: 6_000),
    Comparison("tick_to_trade_p50", "C echo", .atMost(1.35)),
    Comparison("tick_to_trade_p99", "C echo", .atMost(1.6)),
    Comparison("tick_to_trade_50k_p50", "C echo", .atMost(1.35)),
    Comparison("tick_to_trade_50k_p99", "C echo", .atMost(1.6)),
  ]

  private static let simulation = [
    Comparison("backtest", "hftbacktest", .timesAsFast(3)),
    Comparison("environment", "bare engine", .reported, limit: 1_000),
  ]
}

extension Double {
  /// Without needless decimals: "1.5", "2", "0.034".
  public var plain: String {
    if self == rounded(), abs(self) < 1e15 { return String(Int(self)) }
    let magnitude = abs(self)
    let decimals = magnitude >= 100 ? 1.0 : magnitude >= 1 ? 100.0 : 10_000.0
    let shortened = (self * decimals).rounded() / decimals
    return shortened == shortened.rounded() ? String(Int(shortened)) : String(shortened)
  }
}
