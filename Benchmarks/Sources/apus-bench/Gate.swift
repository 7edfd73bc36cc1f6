// The risk gate against the checks of docs/risk.md written down in C, on seeded orders: good ones, and bad ones of every kind.

import Market
import Peers
import Risk
import Simulation
import Suite

func riskGate(_ scale: Scale) -> Benchmark {
  let orders = GateOrders(count: 4_096)
  let rounds = scale.of(64, tiny: 1)
  let expected = orders.runReference { $0() }
  func figure(_ name: String, _ run: @escaping (Meter) -> UInt64) throws -> Double {
    let ns = try timeNs { meter in
      for _ in 0..<rounds {
        guard run(meter) == expected else { throw BenchmarkError("risk_gate: \(name) came to other verdicts") }
      }
    }
    return ns / Double(orders.count * rounds)
  }
  return Benchmark(
    row: "risk_gate", unit: "ns/order",
    topology: """
      \(orders.count) seeded orders of spot, one in eight spoiled --> verdict, and approved order; compared beforehand under \
      \(GateSession.all.count) states of the session, with every reason of refusal that spot meets; one CPU
      """,
    ours: BenchmarkSide("apus") {
      try orders.compare()
      return try figure("apus", orders.run)
    },
    peers: [BenchmarkSide("scalar reference") { try figure("the reference", orders.runReference) }])
}

/// An order with all that the gate is told of market, account and session.
struct GateOrder {
  var candidate: OrderCandidate
  var exposure: Exposure
  var touch: TouchReference
  var conditions: GateConditions
}

/// Orders, and the two gates that they go through.
final class GateOrders {
  private let instruments = GateInstruments()
  private let ours: [GateOrder]
  private let reference: [peer_gate_order]

  var count: Int { ours.count }

  init(count: Int) {
    var random = SplitMix64(seed: 7)
    var nowNs = GateSession.armedTimeNs
    ours = (0..<count).map { [instruments] number in
      nowNs += random.below(2_000_000)  // a thousand orders a second: what the limits of a busy session allow
      var order = GateOrder(number, instruments, nowNs, &random)
      if random.chance(12) { GateOrder.faults[number % GateOrder.faults.count](&order) }
      return order
    }
    reference = ours.map(peer_gate_order.init)
  }

  /// All orders through a new gate while the meter runs; the digest of the verdicts.
  func run(_ meter: Meter) -> UInt64 {
    var gate = GateSession.usual.gate(instruments)
    var digest: UInt64 = 0
    meter { digest = decide(&gate) }
    return digest
  }

  func runReference(_ meter: Meter) -> UInt64 {
    let gate = GateSession.usual.reference(instruments)
    defer { peer_gate_free(gate) }
    var digest = Digest()
    meter { for i in reference.indices { digest.add(Self.verdict(gate, reference, i)) } }
    return digest.value
  }

  private func decide(_ gate: inout RiskGate) -> UInt64 {
    var digest = Digest()
    for i in ours.indices { digest.add(Self.verdict(&gate, ours, i)) }
    return digest.value
  }

  @inline(always)
  private static func verdict(_ gate: inout RiskGate, _ orders: [GateOrder], _ i: Int) -> peer_verdict {
    let order = orders[i]
    let approved = gate.approve(
      order.candidate, exposure: order.exposure, touch: order.touch, conditions: order.conditions)
    let expiryTimeNs = approved?.expiryTimeNs ?? 0
    return peer_verdict(reason: Int32(gate.decision.reason.rawValue), expiry_time_ns: expiryTimeNs)
  }

  @inline(always)
  private static func verdict(_ gate: OpaquePointer?, _ orders: [peer_gate_order], _ i: Int) -> peer_verdict {
    orders.withUnsafeBufferPointer { peer_gate_check(gate, $0.baseAddress! + i) }
  }

  /// Both must come to the same verdict on every order in every state of the session, and every verdict must come up, before
  /// anything is timed.
  func compare() throws {
    var reasons: Set<RefusalReason> = []
    for session in GateSession.all {
      var gate = session.gate(instruments)
      let other = session.reference(instruments)
      defer { peer_gate_free(other) }
      for i in ours.indices {
        let (a, b) = (Self.verdict(&gate, ours, i), Self.verdict(other, reference, i))
        guard a.reason == b.reason, a.expiry_time_ns == b.expiry_time_ns else {
          throw BenchmarkError("risk_gate: the reference comes to \(b) where we come to \(a), for \(ours[i])")
        }
        reasons.insert(gate.decision.reason)
      }
    }
    let missing = Set(RefusalReason.allCases).subtracting(reasons).subtracting(RefusalReason.ofOthers)
    guard missing.isEmpty else { throw BenchmarkError("risk_gate: no order was approved or refused as \(missing)") }
  }
}

extension RefusalReason {
  /// Those that execution gives, and the one that only contracts meet.
  fileprivate static let ofOthers: Set<RefusalReason> = [
    .gatewayFull, .orderTableFull, .identifiersUsedUp, .unsupportedContract,
  ]
}

extension Digest {
  @inline(always)
  fileprivate mutating func add(_ verdict: peer_verdict) {
    add(Int64(verdict.reason))
    add(verdict.expiry_time_ns)
  }
}
