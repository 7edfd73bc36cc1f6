// Maximum likelihood for the Hawkes process of the synthetic market, decays given.

import Foundation
import Market

/// Baselines and branching numbers of an order flow by expectation-maximisation (Veen and Schoenberg, "Estimation of
/// space-time branching process models in seismology using an EM-type algorithm", JASA 103, 2008).
///
/// With decays fixed the likelihood is concave, and each round cannot lower it: every event is shared out among the baseline
/// and the past events that may have brought it, in proportion to what each adds to the intensity, and every parameter becomes
/// its share of the events over its exposure. Both directions are folded into one.
package struct HawkesEstimate {
  package private(set) var baselinePerSecond: [Double]
  package private(set) var sameSide: [[[Double]]]
  package private(set) var otherSide: [[[Double]]]

  private static var kinds: Int { FlowKind.allCases.count }

  /// - Parameters:
  ///   - events: in the order of their times, from 0 to `seconds`.
  ///   - rounds: of the iteration.
  package init(_ events: [FlowEvent], seconds: Double, decaysPerSecond: [Double], rounds: Int) {
    let kinds = Self.kinds
    let width = decaysPerSecond.count * 2 * kinds
    let traces = Self.traces(events, decaysPerSecond)
    let exposure = Self.exposure(events, seconds: seconds, decaysPerSecond)
    // Parameters of a target kind: width branching numbers as rates (times beta), in the order of the traces.
    var rates = [Double](repeating: 0, count: kinds * width)
    var baseline = [Double](repeating: 0, count: kinds)
    for event in events { baseline[event.kind.rawValue] += 0.2 / (2 * seconds) }
    for i in rates.indices { rates[i] = 0.8 * decaysPerSecond[i % width / (2 * kinds)] / Double(width) }
    let targets = events.map(\.kind.rawValue)
    for _ in 0..<rounds {
      Self.round(&baseline, &rates, targets: targets, traces: traces, exposure: exposure, seconds: seconds)
    }
    baselinePerSecond = baseline
    func branching(_ side: Int) -> [[[Double]]] {
      decaysPerSecond.indices.map { p in
        (0..<kinds).map { from in
          (0..<kinds).map { to in rates[to * width + (2 * p + side) * kinds + from] / decaysPerSecond[p] }
        }
      }
    }
    sameSide = branching(0)
    otherSide = branching(1)
  }

  /// For each event: sums of exp(-beta age) over the events before it, by decay, then own and other direction, then kind.
  private static func traces(_ events: [FlowEvent], _ decays: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: decays.count * 2 * kinds)
    var traces: [Double] = []
    traces.reserveCapacity(events.count * sums.count)
    var last = 0.0
    for event in events {
      for (p, decay) in decays.enumerated() {
        let factor = exp(-decay * (event.seconds - last))
        for k in 0..<2 * kinds { sums[p * 2 * kinds + k] *= factor }
      }
      last = event.seconds
      let direction = Int(event.presses.rawValue)
      for p in decays.indices {
        for side in 0...1 {
          let from = (2 * p + (side == 0 ? direction : 1 - direction)) * kinds
          traces += sums[from..<(from + kinds)]
        }
      }
      for p in decays.indices { sums[(2 * p + direction) * kinds + event.kind.rawValue] += 1 }
    }
    return traces
  }

  /// The integral of each trace over the time, summed over both directions: what one event may bring within the sample.
  private static func exposure(_ events: [FlowEvent], seconds: Double, _ decays: [Double]) -> [Double] {
    var exposure = [Double](repeating: 0, count: decays.count * 2 * kinds)
    for event in events {
      for (p, decay) in decays.enumerated() {
        let seen = (1 - exp(-decay * (seconds - event.seconds))) / decay
        exposure[2 * p * kinds + event.kind.rawValue] += seen
        exposure[(2 * p + 1) * kinds + event.kind.rawValue] += seen
      }
    }
    return exposure
  }

  private static func round(
    _ baseline: inout [Double], _ rates: inout [Double], targets: [Int], traces: [Double], exposure: [Double],
    seconds: Double
  ) {
    let width = exposure.count
    var shares = [Double](repeating: 0, count: rates.count)
    var immigrants = [Double](repeating: 0, count: baseline.count)
    traces.withUnsafeBufferPointer { traces in
      rates.withUnsafeBufferPointer { rates in
        shares.withUnsafeMutableBufferPointer { shares in
          for (event, target) in targets.enumerated() {
            let first = event * width
            let row = target * width
            var intensity = baseline[target]
            for i in 0..<width { intensity += rates[row + i] * traces[first + i] }
            guard intensity > 0 else { continue }
            immigrants[target] += baseline[target] / intensity
            let weight = 1 / intensity
            for i in 0..<width { shares[row + i] += rates[row + i] * traces[first + i] * weight }
          }
        }
      }
    }
    for target in baseline.indices {
      baseline[target] = immigrants[target] / (2 * seconds)
      for i in 0..<width {
        rates[target * width + i] = exposure[i] > 0 ? shares[target * width + i] / exposure[i] : 0
      }
    }
  }
}
