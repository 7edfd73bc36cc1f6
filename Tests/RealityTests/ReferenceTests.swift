// The study against a slow and obvious one, on random tapes and on a piece of a real one; and that it repeats itself.

import Foundation
import Market
import Simulation
import Support
import Testing

struct ReferenceTests {
  private static func compare(_ tape: Tape, orders count: Int, horizonNs: Int64, seed: UInt64) throws -> Set<String> {
    let market = try ReplayTape(tape)
    let path = try MarketPath(market)
    // Both tapes' lots are a power of ten.
    let lotsPerUnit = pow(10, -Double(tape.instrument.lot.exponent))
    let slow = SlowReference(tape, lowestTicks: market.lowestTicks)
    var seen: Set<String> = []
    let orders = path.phantoms(count, restingNs: horizonNs, seed: seed)
    for order in orders {
      let (forecastNs, untilNs) = (order.placedNs + horizonNs / 4, order.placedNs + horizonNs)
      let fate = path.fate(order, forecastNs: forecastNs, untilNs: untilNs)
      #expect(fate == slow.fate(order, forecastNs: forecastNs, untilNs: untilNs))
      seen.insert("\(fate.outcome(by: untilNs))")
      func compare(_ queue: some QueueEstimate) {
        let fast = path.walk(order, queue, scale: path.scale, forecastNs: forecastNs, untilNs: untilNs)
        #expect(fast == slow.walk(order, queue, lotsPerUnit: lotsPerUnit, forecastNs: forecastNs, untilNs: untilNs))
      }
      compare(RiskAverseQueue())
      compare(ProbabilityQueue(PowerProbability(3)))
      compare(ProbabilityQueue(PowerOfSumProbability(2)))
      compare(ProbabilityQueue(InversePowerProbability(2)))
      compare(ProbabilityQueue(LogProbability()))
      compare(ProbabilityQueue(LogOfSumProbability()))
      compare(ProRataQueue())
    }
    #expect(orders.count > count / 2)
    return seen
  }

  @Test func randomTapes() throws {
    var seen: Set<String> = []
    for seed in UInt64(1)...12 {
      seen.formUnion(try Self.compare(try randomTape(seed: seed), orders: 60, horizonNs: 800_000_000, seed: seed))
    }
    // Every class of outcome came, or the comparison would have shown less than it seems to.
    #expect(seen.count == 5, "\(seen)")
  }

  /// Read once for all tests of a process: it takes seconds in debug.
  private static let capture = Result {
    let path = try #require(sharedData).appendingPathComponent("binance/coinm/btcusd_perp_20240808.gz").path
    return try Tape(capture: [path], rebuilds: true)
  }

  private static func slice(_ count: Int) throws -> Tape {
    let whole = try capture.get()
    return try Tape(instrument: whole.instrument, rows: Array(whole.rows.prefix(count)))
  }

  @Test(.enabled(if: sharedData != nil)) func aPieceOfACapture() throws {
    let seen = try Self.compare(try Self.slice(20_000), orders: 40, horizonNs: 4 * second, seed: 7)
    #expect(seen.count > 1)
  }

  @Test(.enabled(if: sharedData != nil)) func repeatsItselfAndKeepsItsBounds() throws {
    let market = try ReplayTape(try Self.slice(60_000))
    var settings = PhantomSettings()
    settings.orders = 500
    settings.horizonsNs = [second, 4 * second]
    let study = try PhantomStudy(market, settings)
    #expect(study.placed == 500)
    let again = try PhantomStudy(market, settings)
    #expect(study.results == again.results && study.counts == again.counts)
    settings.seed = 2
    #expect(try PhantomStudy(market, settings).counts != study.counts)

    for (i, horizonNs) in settings.horizonsNs.enumerated() {
      let counts = study.counts[i]
      #expect(counts.filled + counts.missed + counts.filledAtLeast + counts.missedAtMost + counts.open == 500)
      let results = study.results.filter { $0.horizonNs == horizonNs }
      #expect(results.map(\.model) == PhantomModel.all.map(\.name))
      let (least, most) = (counts.filled + counts.filledAtLeast, counts.filled + counts.filledAtLeast + counts.open)
      for result in results where result.impossible == 0 { #expect((least...most).contains(result.filled)) }
      #expect(results.first { $0.model == "risk-averse" }?.impossible == 0)
      #expect(results.first { $0.model == "optimistic bound" }?.filled == most)
      for result in results {
        let score = result.score
        #expect(score.count == results[0].score.count && score.count > 50)
        #expect(score.lowestBrier <= score.highestBrier && score.certainCount <= score.decidedCount)
        #expect(score.bins.reduce(0) { $0 + $1.count } == score.count)
      }
    }
  }

  @Test func drawsEveryPlaceAtMostOnce() throws {
    let path = try MarketPath(try ReplayTape(try randomTape(seed: 3)))
    let all = path.phantoms(1_000_000, restingNs: second, seed: 1)
    #expect(Set(all.map { "\($0.side)\($0.placedNs)" }).count == all.count)
    #expect(all.count % 2 == 0)
    let drawn = path.phantoms(50, restingNs: second, seed: 1)
    #expect(drawn.count == 50)
    #expect(drawn.allSatisfy(all.contains))
    #expect(drawn == path.phantoms(50, restingNs: second, seed: 1))
    #expect(drawn != path.phantoms(50, restingNs: second, seed: 2))
    let last = try #require(path.instants.last).timeNs
    #expect(all.allSatisfy { $0.placedNs + second <= last && path.instants[$0.instant].timeNs == $0.placedNs })
  }
}
