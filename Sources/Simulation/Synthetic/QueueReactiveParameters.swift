// What a queue-reactive market is made of, as a plain value with a text form.

import Foundation

/// Rates are per second and depend on how many units stand in a queue: entry n of a table is the rate while there are n.
/// Both sides share every table, so that the market has no drift of its own.
public struct QueueReactiveParameters: Equatable, Sendable {
  /// Where the figures come from: a capture's name, or "made up".
  public var source: String
  public var startTicks: Int64 = 600_000
  public var feedLatencyNs: Int64 = 1_000_000
  /// The quantity of every order (the average event size of the paper), in lots.
  public var unitLots: Int64
  /// Limit orders and cancels, queue by queue from the touch outward.
  public var limitPerSecond: [[Double]]
  public var cancelPerSecond: [[Double]]
  /// Market orders against the best queue of a side.
  public var marketPerSecond: [Double]
  /// How often the reference price follows when a queue next to it empties.
  public var follows: Double
  /// How often the whole book is drawn anew when it does.
  public var redraws: Double

  public init(
    source: String, unitLots: Int64, limitPerSecond: [[Double]], cancelPerSecond: [[Double]], marketPerSecond: [Double],
    follows: Double, redraws: Double
  ) {
    self.source = source
    self.unitLots = unitLots
    self.limitPerSecond = limitPerSecond
    self.cancelPerSecond = cancelPerSecond
    self.marketPerSecond = marketPerSecond
    self.follows = follows
    self.redraws = redraws
  }

  /// MADE UP, in the shapes that the paper finds: limit orders at a steady rate, cancels that grow with the queue less than in
  /// proportion, market orders that fall off with it.
  public static let plain: QueueReactiveParameters = {
    let sizes = (0...40).map(Double.init)
    func limits(_ rate: Double) -> [Double] { sizes.map { $0 == 40 ? 0 : rate } }
    func cancels(_ rate: Double) -> [Double] { sizes.map { rate * $0 / (1 + 0.03 * $0) } }
    return QueueReactiveParameters(
      source: "made up", unitLots: 10, limitPerSecond: [limits(2.5), limits(2.5), limits(2), limits(1.5), limits(1)],
      cancelPerSecond: [cancels(0.35), cancels(0.3), cancels(0.2), cancels(0.15), cancels(0.1)],
      marketPerSecond: sizes.map { $0 == 0 ? 0 : 3 * exp(-$0 / 6) }, follows: 0.7, redraws: 0.2)
  }()

  /// The law of queue `i` where the reference price stands still: a birth-death process, so that
  /// pi(n) / pi(n - 1) = limit(n - 1) / (cancel(n) + market(n)), the market orders at the first queue alone.
  public func invariantLaw(queue i: Int) -> [Double] {
    var law = [1.0]
    for n in 1..<marketPerSecond.count {
      let deaths = cancelPerSecond[i][n] + (i == 0 ? marketPerSecond[n] : 0)
      law.append(law[n - 1] * limitPerSecond[i][n - 1] / deaths)
    }
    let sum = law.reduce(0, +)
    return law.map { $0 / sum }
  }

  /// - Throws: the first parameter that makes no market, with the reason.
  public func validate() throws(ParameterError) {
    func check(_ holds: Bool, _ key: String, _ reason: String) throws(ParameterError) {
      if !holds { throw ParameterError(key: key, reason: reason) }
    }
    try check(startTicks >= 100_000 && startTicks < 1 << 33, "start_ticks", "must be from 100000 to 2^33")
    try check((0...1_000_000_000).contains(feedLatencyNs), "feed_latency_ns", "must be from 0 to 1 s")
    try check((1...1_000_000_000).contains(unitLots), "unit_lots", "must be from 1 to 1e9")
    let sizes = marketPerSecond.count
    try check((3...1_000).contains(sizes), "market_per_second", "must be 3 to 1000 numbers")
    try check((1...50).contains(limitPerSecond.count), "limit_per_second", "must be for 1 to 50 queues")
    try check(
      cancelPerSecond.count == limitPerSecond.count, "cancel_per_second", "must be for as many queues as limits")
    for (key, table) in [
      ("limit_per_second", limitPerSecond), ("cancel_per_second", cancelPerSecond),
      ("market_per_second", [marketPerSecond]),
    ] {
      for queue in table {
        try check(queue.count == sizes, key, "must have \(sizes) rates for each queue")
        try check(queue.allSatisfy { (0...1e6).contains($0) }, key, "must be from 0 to 1e6")
      }
    }
    for i in limitPerSecond.indices {
      try check(
        limitPerSecond[i].dropLast().allSatisfy { $0 >= 1e-6 }, "limit_per_second", "must be above 0 but at the end")
      try check(limitPerSecond[i].last == 0, "limit_per_second", "must be 0 at the end: no queue is longer")
      try check(cancelPerSecond[i].first == 0, "cancel_per_second", "must be 0 where there is nothing to cancel")
      try check(cancelPerSecond[i].dropFirst().allSatisfy { $0 >= 1e-6 }, "cancel_per_second", "must be above 0")
    }
    try check(marketPerSecond.first == 0, "market_per_second", "must be 0 where there is nothing to take")
    try check((0...1).contains(follows), "follows", "must be from 0 to 1")
    try check((0...1).contains(redraws), "redraws", "must be from 0 to 1")
  }
}

extension QueueReactiveParameters {
  /// One key a line, in one order; numbers read back to the same bits.
  public var json: String {
    func text(_ numbers: [Double]) -> String { "[\(numbers.map(\.description).joined(separator: ","))]" }
    func table(_ queues: [[Double]]) -> String { "[\(queues.map(text).joined(separator: ",\n    "))]" }
    let members: [(key: String, text: String)] = [
      ("model", JSONValue.quote("queue-reactive")), ("source", JSONValue.quote(source)),
      ("start_ticks", "\(startTicks)"), ("feed_latency_ns", "\(feedLatencyNs)"), ("unit_lots", "\(unitLots)"),
      ("limit_per_second", table(limitPerSecond)), ("cancel_per_second", table(cancelPerSecond)),
      ("market_per_second", text(marketPerSecond)), ("follows", "\(follows)"), ("redraws", "\(redraws)"),
    ]
    return "{\n  " + members.map { "\"\($0.key)\":\($0.text)" }.joined(separator: ",\n  ") + "\n}\n"
  }

  /// - Throws: the first key that is missing, of the wrong kind or makes no market.
  public init(parsing text: some Collection<UInt8>) throws(ParameterError) {
    guard let root = JSONValue(parsing: text) else { throw ParameterError(key: "parameters", reason: "is no JSON") }
    let read = ParameterReader(root: root)
    guard try read.text("model") == "queue-reactive" else {
      throw ParameterError(key: "model", reason: "must be queue-reactive")
    }
    self.init(
      source: try read.text("source"), unitLots: try read.integer("unit_lots"),
      limitPerSecond: try read.matrix("limit_per_second"), cancelPerSecond: try read.matrix("cancel_per_second"),
      marketPerSecond: try read.numbers("market_per_second"), follows: try read.number("follows"),
      redraws: try read.number("redraws"))
    startTicks = try read.integer("start_ticks")
    feedLatencyNs = try read.integer("feed_latency_ns")
    try validate()
  }
}
