// The `backtest.venue` section: what the venue does besides matching.

import Backtest
import Foundation
import Simulation

/// Outages, maintenance and the venue's clock; times are nanoseconds from the beginning of the input.
public struct ConductSettings: Sendable, Equatable {
  /// Both connections, or one of them, are down.
  public struct Outage: Sendable, Equatable {
    public var hitsFeed: Bool
    public var hitsOrders: Bool
    public var fromNs: Int64
    public var toNs: Int64
  }

  /// Connections that are lost at random: each is a Poisson process of its own.
  public struct Disconnects: Sendable, Equatable {
    public var feedPerHour: Double
    public var ordersPerHour: Double
    public var reconnectNs: Int64
    public var seed: UInt64
  }

  public var outages: [Outage] = []
  public var maintenance: [Range<Int64>] = []
  public var disconnects: Disconnects?
  public var clockOffsetNs: Int64 = 0
  public var clockDriftPpb: Double = 0
  /// Nil: nothing is counted.
  public var limits: LimitTerms?
}

extension ConductSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    if reader.has("outages") { outages = try reader.mappings("outages").map(Self.outage) }
    if reader.has("maintenance") {
      maintenance = try reader.mappings("maintenance").map { mapping in
        var mapping = mapping
        let times = try mapping.times()
        try mapping.finish()
        return times
      }
    }
    if reader.has("disconnects") { disconnects = try Self.disconnects(reader.mapping("disconnects")) }
    if reader.has("clock") {
      var clock = try reader.mapping("clock")
      clockOffsetNs = Int64(try clock.number("offsetMs", in: -600_000...600_000, default: 0) * 1e6)
      clockDriftPpb = try clock.number("driftPpm", in: -1_000...1_000, default: 0) * 1e3
      try clock.finish()
    }
    if reader.has("limits") { limits = try Self.limits(reader.mapping("limits")) }
    try reader.finish()
  }

  private static func outage(_ reader: YAMLReader) throws -> Outage {
    var reader = reader
    let times = try reader.times()
    let connection = try reader.choice(
      "connection", ["feed": (true, false), "orders": (false, true), "both": (true, true)], default: (true, true))
    try reader.finish()
    return Outage(hitsFeed: connection.0, hitsOrders: connection.1, fromNs: times.lowerBound, toNs: times.upperBound)
  }

  /// Binance's documented limits where nothing else is said.
  private static func limits(_ reader: YAMLReader) throws -> LimitTerms {
    var reader = reader
    func limit(_ name: String, _ fallback: Int, from least: Int64 = 1) throws -> Int {
      // More than any venue allows, and what a minute of nanoseconds can be multiplied with.
      Int(try reader.integer(name, in: least...10_000_000, default: Int64(fallback)))
    }
    var limits = RateLimits()
    limits.weightPerMinute = try limit("weightPerMinute", limits.weightPerMinute)
    limits.ordersPerTenSeconds = try limit("ordersPer10Seconds", limits.ordersPerTenSeconds)
    limits.ordersPerDay = try limit("ordersPerDay", limits.ordersPerDay)
    limits.refusalsBeforeBan = try limit("refusalsBeforeBan", limits.refusalsBeforeBan, from: 0)
    let others = try limit("othersWeightPerMinute", 0, from: 0)
    try reader.finish()
    return LimitTerms(limits, othersWeightPerMinute: others)
  }

  private static func disconnects(_ reader: YAMLReader) throws -> Disconnects {
    var reader = reader
    let rates = try ["feedPerHour", "ordersPerHour"].map { try reader.number($0, in: 0...3_600, default: 0) }
    guard rates[0] > 0 || rates[1] > 0 else {
      throw reader.fail("feedPerHour", "feedPerHour or ordersPerHour is expected to be above 0")
    }
    let reconnectMs = try reader.integer("reconnectMs", in: 1...3_600_000)
    let seed = UInt64(try reader.integer("seed", in: 0...Int64.max))
    try reader.finish()
    return Disconnects(
      feedPerHour: rates[0], ordersPerHour: rates[1], reconnectNs: reconnectMs * 1_000_000, seed: seed)
  }
}

extension ConductSettings {
  /// The same for every session on this configuration.
  ///
  /// - Parameters:
  ///   - firstNs: when the input begins.
  ///   - window: what is played.
  func conduct(firstNs: Int64, window: ClosedRange<Int64>, receiveWindowNs: Int64) -> VenueConduct {
    func times(_ fromNs: Int64, _ toNs: Int64) -> Range<Int64> { firstNs + fromNs..<firstNs + toNs }
    let feed = outages.filter(\.hitsFeed).map { times($0.fromNs, $0.toNs) }
    let orders = outages.filter(\.hitsOrders).map { times($0.fromNs, $0.toNs) }
    let closures = maintenance.map { times($0.lowerBound, $0.upperBound) }
    let lost = disconnects.map { $0.draw(in: window) } ?? (feed: [], orders: [])
    let conduct = VenueConduct(
      feedOutages: feed + closures + lost.feed, orderOutages: orders + lost.orders, closures: closures,
      clock: VenueClockRule(
        startNs: window.lowerBound, offsetNs: clockOffsetNs, driftPpb: clockDriftPpb,
        receiveWindowNs: receiveWindowNs), limits: limits)
    return conduct.since(window.lowerBound)
  }
}

extension ConductSettings.Disconnects {
  /// Exponential times between the end of one outage and the beginning of the next (a Poisson process while connected).
  fileprivate func draw(in window: ClosedRange<Int64>) -> (feed: [Range<Int64>], orders: [Range<Int64>]) {
    var seeds = SplitMix64(seed: seed)
    return (
      feed: outages(perHour: feedPerHour, seed: seeds.next(), in: window),
      orders: outages(perHour: ordersPerHour, seed: seeds.next(), in: window)
    )
  }

  private func outages(perHour rate: Double, seed: UInt64, in window: ClosedRange<Int64>) -> [Range<Int64>] {
    guard rate > 0 else { return [] }
    var random = SplitMix64(seed: seed)
    var outages: [Range<Int64>] = []
    var nowNs = window.lowerBound
    while true {
      let gapNs = -log(Double((random.next() >> 11) &+ 1) * 0x1p-53) / rate * 3_600e9
      guard gapNs < Double(window.upperBound - nowNs) else { return outages }
      nowNs += Int64(gapNs)
      outages.append(nowNs..<nowNs + reconnectNs)
      nowNs += reconnectNs
      guard nowNs < window.upperBound else { return outages }
    }
  }
}

extension YAMLReader {
  /// A hundred years is more than any recording has.
  fileprivate mutating func times() throws -> Range<Int64> {
    let from = try number("fromSeconds", in: 0...3e9)
    let to = try number("toSeconds", in: 0...3e9)
    guard from < to else { throw fail("toSeconds", "it ends before it begins") }
    return Int64(from * 1e9)..<Int64(to * 1e9)
  }
}
