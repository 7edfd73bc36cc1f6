import Backtest
import Market
import Simulation
import Support
import Testing

/// Random runs against a reference that computes everything from its definition.
@Suite struct RecorderPropertyTests {
  private struct Drawn {
    var result: BacktestResult
    var slow: SlowRecorder
    var endNs: Int64
  }

  /// A touch every 50 ms or so, a fill now and then, all at times of their own. An even tick times lot, so that the
  /// reference needs no rounding.
  private func run(seed: UInt64, steps: Int, _ configuration: RecorderConfiguration) -> Drawn {
    var random = SeededRandom(seed)
    let scene = Scene([.linear("X")], configuration)
    var slow = SlowRecorder(unitsPerTickLot: 10_000)
    var timeNs: Int64 = 0
    var bid: Int64 = 10_000
    for step in 0..<steps {
      timeNs += .random(in: 1...100_000_000, using: &random)
      if step == 0 || Int.random(in: 0..<4, using: &random) > 0 {
        bid += .random(in: -3...3, using: &random)
        let ask = bid + .random(in: 1...4, using: &random)
        scene.recorder.touch(InstrumentIndex(0), bid: Price(ticks: bid), ask: Price(ticks: ask), timeNs: timeNs)
        slow.touches.append(.init(timeNs: timeNs, halfTicks: bid + ask))
      } else {
        let side: Side = Bool.random(using: &random) ? .buy : .sell
        let fill = SlowRecorder.Fill(
          timeNs: timeNs, sign: side.sign, ticks: bid + .random(in: -2...4, using: &random),
          lots: .random(in: 1...50, using: &random), fee: .random(in: -50...100, using: &random),
          maker: .random(using: &random))
        scene.recorder.fill(
          BacktestFill(
            timeNs: timeNs, instrument: InstrumentIndex(0), order: ClientOrderIdentifier(UInt64(step)), side: side,
            isMaker: fill.maker, price: Price(ticks: fill.ticks), quantity: Quantity(lots: fill.lots),
            notional: Amount(units: fill.ticks * fill.lots * 10_000), fee: Amount(units: fill.fee),
            feeAsset: ShortName("USDT")!))
        slow.fills.append(fill)
      }
      slow.noteEquity(timeNs)
    }
    timeNs += 20_000_000
    return Drawn(result: scene.recorder.end(timeNs: timeNs), slow: slow, endNs: timeNs)
  }

  @Test(arguments: MarkoutHorizon.allCases, [1, 2, 3] as [UInt64])
  func everyTermIsTheReferences(_ horizon: MarkoutHorizon, seed: UInt64) {
    let drawn = run(seed: seed, steps: 1_500, RecorderConfiguration(adverseSelectionHorizon: horizon))
    let scope = drawn.result.scopes[0]
    let found = scope.attribution
    #expect(
      [found.spreadCapture, found.adverseSelection, found.inventory, found.fees].map(\.units)
        == drawn.slow.terms(horizonNs: horizon.ns, endNs: drawn.endNs))
    #expect(scope[.profit] == .amount(Amount(units: drawn.slow.equity.last!.units)))
    #expect(drawn.result.total!.attribution == scope.attribution)
  }

  @Test(arguments: [4, 5] as [UInt64]) func markoutsAreTheReferences(seed: UInt64) throws {
    let drawn = run(seed: seed, steps: 3_000, RecorderConfiguration())
    for horizon in MarkoutHorizon.allCases {
      for kind in [Markout.Kind.maker, .taker] {
        let found = try #require(drawn.result.scopes[0].markouts.first { $0.horizon == horizon && $0.kind == kind })
        let expected = drawn.slow.markout(horizonNs: horizon.ns, maker: kind == .maker, endNs: drawn.endNs)
        #expect(found.fills == expected.count)
        // Sums of ticks are exact; the error sums squares in another order.
        #expect(found.meanTicks == expected.mean)
        let (error, wanted) = (try #require(found.errorTicks), try #require(expected.error))
        #expect(abs(error - wanted) < 1e-9 * wanted)
      }
    }
  }

  @Test(arguments: [6, 7] as [UInt64]) func drawdownAndExposureAreTheReferences(seed: UInt64) throws {
    let drawn = run(seed: seed, steps: 1_000, RecorderConfiguration())
    let scope = drawn.result.scopes[0]
    #expect(scope[.maximumDrawdown] == .amount(Amount(units: drawn.slow.maximumDrawdown)))
    let exposure = try #require(scope[.averageExposure].real) * 1e8
    let expected = drawn.slow.averageExposure(endNs: drawn.endNs)
    #expect(abs(exposure - expected) < 1e-9 * expected + 1)
  }

  /// The samples of a grid that coarsened are those of a fine grid, only fewer, and no figure but those of samples moves.
  @Test func memoryDoesNotGrowWithTheRun() {
    let fine = run(seed: 8, steps: 6_000, RecorderConfiguration(sampleNs: 10_000_000, maximumSamples: 65_536))
    let coarse = run(
      seed: 8, steps: 6_000, RecorderConfiguration(sampleNs: 10_000_000, maximumSamples: 64, maximumFills: 32))
    let every = Int(coarse.result.sampleIntervalNs / fine.result.sampleIntervalNs)
    #expect(every > 100)
    #expect(coarse.result.sampleTimesNs.count <= 64 && coarse.result.sampleTimesNs.count > 32)
    func thinned(_ values: [Int64]) -> [Int64] { stride(from: 0, to: values.count, by: every).map { values[$0] } }
    #expect(thinned(fine.result.sampleTimesNs) == coarse.result.sampleTimesNs)
    #expect(thinned(fine.result.scopes[0].series.equityUnits) == coarse.result.scopes[0].series.equityUnits)
    #expect(coarse.result.fills.count <= 32)
    #expect(coarse.result.fillCount == fine.result.fillCount)
    let kept = stride(from: 0, to: fine.result.fills.count, by: Int(coarse.result.fillStride))
    #expect(kept.map { fine.result.fills[$0] } == coarse.result.fills)
    #expect(coarse.result.scopes[0].markouts == fine.result.scopes[0].markouts)
    #expect(coarse.result.scopes[0].attribution == fine.result.scopes[0].attribution)
  }

  /// Two runs, debug and release: the same bytes. The digest was taken from a run of this test.
  @Test func equalRunsAreEqualBytes() {
    let text = run(seed: 9, steps: 3_000, RecorderConfiguration()).result.json.text
    #expect(text == run(seed: 9, steps: 3_000, RecorderConfiguration()).result.json.text)
    #expect(fingerprint(text) == "b7bca54c7775ae39")
  }

  /// The five terms of an inverse contract add up to what its fills earned, computed in twice the digits.
  @Test(arguments: [10, 11] as [UInt64]) func inverseTermsAddUp(seed: UInt64) {
    var random = SeededRandom(seed)
    let scene = Scene([.inverse("COIN")])
    var price: Int64 = 600_000
    var (fees, funding, position) = (Int64(0), Int64(0), Int64(0))
    // Grains of 10^-14 of a coin: 2 * 100 * 10^(1 + 14) over half-ticks.
    func worth(_ halfTicks: Int64) -> Int128 {
      let numerator = Int128(200) * 1_000_000_000_000_000
      return -((numerator + Int128(halfTicks) / 2) / Int128(halfTicks))
    }
    var cash: Int128 = 0
    for step in 0..<2_000 {
      price += .random(in: -500...500, using: &random)
      scene.touch(0, price - 1, price + 1, at: Double(step))
      guard step % 3 == 0 else { continue }
      let lots = Int64.random(in: 1...1_000, using: &random)
      let side: Side = Bool.random(using: &random) ? .buy : .sell
      let fee = Int64.random(in: -20...40, using: &random)
      scene.fill(UInt64(step), side, price - 1, lots, at: Double(step) + 0.5, maker: true, fee: fee)
      fees += fee
      position += side.sign * lots
      cash -= Int128(side.sign * lots) * worth(2 * (price - 1))
      if step % 300 == 0 {
        scene.recorder.funding(InstrumentIndex(0), Amount(units: 7), timeNs: Scene.ns(Double(step) + 0.6))
        funding += 7
      }
    }
    let result = scene.end(at: 3_000)
    let gross = cash + Int128(position) * worth(2 * price)
    let half: Int128 = gross < 0 ? -500_000 : 500_000
    #expect(result.scopes[0].attribution.profit.units == Int64((gross + half) / 1_000_000) - fees + funding)
    #expect(result.scopes[0].asset == ShortName("BTC")!)
  }
}
