// Queue and latency models against their formulas, worked out by hand or once more.

import Foundation
import Simulation
import Support
import Testing

struct ModelTests {
  @Test func riskAverseMovesByTradesAndShrinksWithTheLevel() {
    let queue = RiskAverseQueue()
    var place = queue.joined(displayed: 10, own: 1)
    queue.traded(&place, quantity: 4)
    queue.changed(&place, from: 10, to: 9)
    #expect(place == 6)
    queue.changed(&place, from: 9, to: 2)
    #expect(place == 2)
    #expect(queue.reached(&place, lot: 1) == 0)
    queue.traded(&place, quantity: 2.5)
    #expect(queue.reached(&place, lot: 1) == 1)  // Half a lot rounds away from zero.
    #expect(place == 0)
  }

  /// front = 6, back = 4, the level falls by 5 of which a trade took 2: d = 3.
  @Test func aProbabilityQueueSharesCancellationsOut() {
    let queue = ProbabilityQueue(PowerProbability(2))
    var place = queue.joined(displayed: 8, own: 1)
    queue.traded(&place, quantity: 2)
    queue.changed(&place, from: 10, to: 5)
    let behind = 16.0 / (16 + 36)
    // front - (1 - p) d + min(back - p d, 0), at most what is displayed.
    let expected = min(6 - (1 - behind) * 3 + min(4 - behind * 3, 0), 5)
    queue.traded(&place, quantity: expected)
    #expect(queue.reached(&place, lot: 1) == 0)
    queue.traded(&place, quantity: 0.51)
    #expect(queue.reached(&place, lot: 1) == 1)
  }

  @Test(arguments: [(6.0, 4.0), (0.0, 5.0), (7.5, 0.25)])
  func probabilitiesFollowTheirFormulas(front: Double, back: Double) {
    func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 }
    let (cubes, sum) = (back * back * back, front + back)
    #expect(isClose(PowerProbability(3).behind(front: front, back: back), cubes / (cubes + front * front * front)))
    #expect(isClose(PowerOfSumProbability(3).behind(front: front, back: back), cubes / (sum * sum * sum)))
    #expect(isClose(InversePowerProbability(2).behind(front: front, back: back), 1 - front * front / (sum * sum)))
    let logs = (log1p(back), log1p(front))
    #expect(isClose(LogProbability().behind(front: front, back: back), logs.0 / (logs.0 + logs.1)))
    #expect(isClose(LogOfSumProbability().behind(front: front, back: back), logs.0 / log1p(sum)))
  }

  /// An empty level gives 0 / 0: the order is then at the front of what is displayed.
  @Test func aFormulaWithoutAValueLeavesTheDisplayedQuantity() {
    let queue = ProbabilityQueue(PowerProbability(3))
    var place = queue.joined(displayed: 0, own: 1)
    queue.changed(&place, from: 0, to: 0)
    queue.traded(&place, quantity: 1)
    #expect(queue.reached(&place, lot: 1) == 1)
  }

  @Test func proRataSharesByDisplayedSize() {
    let queue = ProRataQueue()
    var place = queue.joined(displayed: 30, own: 10)
    queue.traded(&place, quantity: 10)
    #expect(queue.reached(&place, lot: 1) == 2)
    queue.changed(&place, from: 30, to: 10)
    queue.traded(&place, quantity: 1)
    #expect(queue.reached(&place, lot: 1) == 1)  // 0.5 of before and 0.5 of now.
  }

  @Test func interpolatesBetweenMeasurements() {
    var latency = InterpolatedLatency([
      MeasuredLatency(requestTimeNs: 1000, exchangeTimeNs: 1100, responseTimeNs: 1150),
      MeasuredLatency(requestTimeNs: 2000, exchangeTimeNs: 2300, responseTimeNs: 2310),
      MeasuredLatency(requestTimeNs: 3000, exchangeTimeNs: 0, responseTimeNs: 3400),
    ])
    #expect([0, 1000, 1500, 1999].map { latency.entryNs(at: $0) } == [100, 100, 200, 299])
    #expect([2000, 2500, 3000].map { latency.entryNs(at: $0) } == [-310, -355, -3000])
    var responses = InterpolatedLatency([
      MeasuredLatency(requestTimeNs: 1000, exchangeTimeNs: 1100, responseTimeNs: 1150),
      MeasuredLatency(requestTimeNs: 2000, exchangeTimeNs: 2300, responseTimeNs: 2310),
    ])
    #expect([1, 1100, 1700, 2300, 9999].map { responses.responseNs(at: $0) } == [50, 50, 30, 10, 10])
  }

  /// Median, memory and tail index as they were asked for, in a sample of 40,000. The bounds are four standard errors of
  /// the estimates at this size, memory taken into account.
  @Test func heavyTailsAreAsConfigured() {
    let parameters = HeavyTailedLatency.Parameters(
      medianNs: 1e6, sigma: 0.5, memoryNs: 1e9, tailProbability: 0.05, tailIndex: 1.2, greatestNs: 1e12)
    var latency = HeavyTailedLatency(entry: parameters, response: parameters, lossProbability: 0.1, seed: 4)
    let drawn = (0..<40_000).map { latency.entryNs(at: Int64($0) * 100_000_000) }
    let lost = Double(drawn.count { $0 < 0 }) / 40_000
    #expect(abs(lost - 0.1) < 0.006)
    let sizes = drawn.map { Double(abs($0)) }
    let median = sizes.sorted()[20_000]
    // The tail lifts the median a little: P(body < m) = (0.5 - 0.05 * P(tail below m)) / 0.95, at most 0.5 / 0.95.
    #expect(median > 0.95e6 && median < 1.1e6)
    let logs = sizes.map { min(log($0 / 1e6), 2) }
    let mean = logs.reduce(0, +) / 40_000
    let variance = logs.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let lagged = zip(logs, logs.dropFirst()).map { ($0 - mean) * ($1 - mean) }.reduce(0, +)
    #expect(lagged / variance > 0.5 && lagged / variance < exp(-0.1))
    // Far out only the tail is left: P(> 100 medians) is 0.05 * E[(exp(sigma x) / 100)^alpha].
    let beyond = Double(sizes.count { $0 > 100e6 }) / 40_000
    let expected = 0.05 * pow(100, -1.2) * exp(0.5 * 1.44 * 0.25)
    #expect(abs(beyond - expected) < 4 * (expected / 40_000).squareRoot() + 1 / 40_000)
    var again = HeavyTailedLatency(entry: parameters, response: parameters, lossProbability: 0.1, seed: 4)
    #expect((0..<100).map { again.entryNs(at: Int64($0) * 100_000_000) } == Array(drawn.prefix(100)))
  }
}

struct EmpiricalLatencyTests {
  private let sample = [(1, 9), (2, 3), (40, 2)].map { EmpiricalLatency.RoundTrip(thereNs: $0.0, backNs: $0.1) }

  @Test func drawsWholeRoundTripsAsOftenAsTheyWereMeasured() {
    var latency = EmpiricalLatency(sample, seed: 11)
    var counts: [EmpiricalLatency.RoundTrip: Int] = [:]
    for _ in 0..<30_000 { counts[latency.draw(), default: 0] += 1 }
    #expect(Set(counts.keys) == Set(sample))
    // 10,000 each; four standard deviations are 327.
    for count in counts.values { #expect(abs(count - 10_000) < 327) }
  }

  @Test func theSeedDecides() {
    var (a, b, c) = (
      EmpiricalLatency(sample, seed: 1), EmpiricalLatency(sample, seed: 1), EmpiricalLatency(sample, seed: 2)
    )
    let draws = (0..<100).map { _ in (a.draw(), b.draw(), c.draw()) }
    #expect(draws.allSatisfy { $0.0 == $0.1 })
    #expect(draws.contains { $0.0 != $0.2 })
  }

  @Test func percentilesAreNearestRanksOfWholeTrips() {
    let latency = EmpiricalLatency(sample, seed: 1)
    #expect([0, 33, 34, 50, 67, 99, 100].map { latency.percentile($0) } == [5, 5, 10, 10, 42, 42, 42])
  }
}
