// Draws the faults of a plan, message by message, and counts what was injected.

import Simulation

/// What a message is, as far as a fault rule asks.
package struct FaultSubject {
  package var method: String?
  package var key: String?
  /// The number of its connection, from 1.
  package var connection: Int

  package init(method: String? = nil, key: String? = nil, connection: Int) {
    self.method = method
    self.key = key
    self.connection = connection
  }
}

/// A fault that strikes.
package struct Fault {
  package var kind: FaultKind
  package var delayNs: Int64
}

/// All connections of a venue share one, so that a plan can be changed while they live. One thread.
package final class FaultDesk {
  package private(set) var plan: FaultPlan
  /// How often each fault struck since the venue began.
  package private(set) var counts: [FaultKind: Int] = [:]
  private var random: SplitMix64
  /// What messages take where it is drawn from a sample; the plan's evenly drawn latency otherwise.
  private var latency: EmpiricalLatency?
  /// How many nanoseconds of the sample pass in one of real time.
  private let speed: Double
  /// Messages that each rule was for.
  private var seen: [Int]
  private var orderConnections = 0
  private var marketConnections = 0

  package init(_ plan: FaultPlan = FaultPlan(), latency: EmpiricalLatency? = nil, speed: Double = 1) {
    self.plan = plan
    self.latency = latency
    self.speed = speed
    random = SplitMix64(seed: plan.seed)
    seen = plan.rules.map { _ in 0 }
  }

  /// Takes another plan from the next message on; it begins with its own seed.
  package func change(to plan: FaultPlan) {
    self.plan = plan
    random = SplitMix64(seed: plan.seed)
    seen = plan.rules.map { _ in 0 }
  }

  /// The number of a new connection.
  package func numberOrderConnection() -> Int {
    orderConnections += 1
    return orderConnections
  }

  package func numberMarketConnection() -> Int {
    marketConnections += 1
    return marketConnections
  }

  /// The first rule that strikes this message, if one does. Every rule for it draws its number, so that a rule's faults
  /// do not depend on those before it.
  package func draw(_ moment: FaultMoment, _ subject: FaultSubject) -> Fault? {
    var drawn: Fault?
    for (i, rule) in plan.rules.enumerated() where rule.kind.moment == moment && rule.isFor(subject) {
      seen[i] += 1
      let strikes = rule.ordinal.map { $0 == seen[i] } ?? (random.below(1_000_000) < rule.chance)
      if strikes, drawn == nil { drawn = Fault(kind: rule.kind, delayNs: time(in: rule.delayNs)) }
    }
    if let drawn { counts[drawn.kind, default: 0] += 1 }
    return drawn
  }

  /// How long the next request takes to the venue, and its reply back where both are drawn together. In real time.
  func requestNs() -> (thereNs: Int64, backNs: Int64?) {
    guard let trip = latency?.draw() else { return (time(in: plan.latencyNs), nil) }
    return (real(trip.thereNs), real(trip.backNs))
  }

  /// How long the next event takes to the client, in real time.
  func eventNs() -> Int64 { (latency?.draw().backNs).map(real) ?? time(in: plan.latencyNs) }

  /// How long the reply to that request takes, in real time.
  func replyNs(_ request: OrderRequest) -> Int64 { request.replyNs ?? time(in: plan.latencyNs) }

  private func real(_ ns: Int64) -> Int64 { Int64((Double(ns) / speed).rounded()) }

  private func time(in range: ClosedRange<Int64>) -> Int64 {
    let span = UInt64(range.upperBound - range.lowerBound)
    return span == 0 ? range.lowerBound : range.lowerBound + Int64(random.next() % (span + 1))
  }

  /// `{"reply.lost":3,…}`, what struck at least once.
  package var countsText: String {
    let members = FaultKind.allCases.compactMap { kind in counts[kind].map { "\"\(kind.rawValue)\":\($0)" } }
    return "{" + members.joined(separator: ",") + "}"
  }
}

extension FaultRule {
  fileprivate func isFor(_ subject: FaultSubject) -> Bool {
    (method == nil || method == subject.method) && (key == nil || key == subject.key)
      && (connection == nil || connection == subject.connection)
  }
}
