import Backtest
import Market
import Testing

@Suite struct WalkForwardTests {
  @Test func windowsByHand() throws {
    let walk = try WalkForward(purgeNs: 2, embargoNs: 1)
    let rolling = try walk.windows(100..<140, trainNs: 10, testNs: 5, anchored: false)
    #expect(rolling.map(\.train) == [100..<110, 105..<115, 110..<120, 115..<125, 120..<130])
    #expect(rolling.map(\.test) == [113..<118, 118..<123, 123..<128, 128..<133, 133..<138])
    let anchored = try walk.windows(100..<140, trainNs: 10, testNs: 5, anchored: true)
    #expect(anchored.map(\.train) == [100..<110, 100..<115, 100..<120, 100..<125, 100..<130])
    #expect(anchored.map(\.test) == rolling.map(\.test))
  }

  /// Training ends a purge and an embargo before its test, and tests join without a gap.
  @Test(arguments: [(0, 0), (3, 0), (0, 4), (5, 2)] as [(Int64, Int64)])
  func nothingOfTheTestIsInTheTraining(_ gaps: (Int64, Int64)) throws {
    let (purge, embargo) = gaps
    let walk = try WalkForward(purgeNs: purge, embargoNs: embargo)
    for anchored in [false, true] {
      let splits = try walk.windows(0..<500, trainNs: 40, testNs: 13, anchored: anchored)
      for split in splits { #expect(split.train.upperBound + purge + embargo == split.test.lowerBound) }
      for (one, next) in zip(splits, splits.dropFirst()) { #expect(one.test.upperBound == next.test.lowerBound) }
      #expect(500 - splits[splits.count - 1].test.upperBound < 13)
    }
  }

  @Test func whatCannotBeIsRefused() throws {
    let walk = try WalkForward(purgeNs: 1, embargoNs: 0)
    #expect(throws: WalkForward.Problem.lengths) { try WalkForward(purgeNs: -1, embargoNs: 0) }
    #expect(throws: WalkForward.Problem.lengths) { try walk.windows(0..<10, trainNs: 0, testNs: 1, anchored: false) }
    #expect(throws: WalkForward.Problem.tooShort) { try walk.windows(0..<10, trainNs: 5, testNs: 5, anchored: false) }
    let everything = Int64.min..<Int64.max
    #expect(try walk.windows(everything, trainNs: .max / 2, testNs: .max / 4, anchored: true).count == 2)
  }

  /// A trend that turns: what was best in a window's training is what its test is run with, and only that is added up.
  @Test func theBestOfTheTrainingIsTested() throws {
    let splits = try WalkForward(purgeNs: 0, embargoNs: 0).windows(
      0..<Scene.ns(50), trainNs: Scene.ns(20), testNs: Scene.ns(10), anchored: false)
    let points = [-1, 0, 1].map { [ParameterSetting(name: "side", value: "\($0)")] }
    /// Up for 25 s, then down, a tick a second; one lot on the given side.
    @Sendable func run(_ job: SweepJob) throws -> ResultInterval {
      let window = try #require(job.window)
      let recorder = ResultRecorder([.linear("X")], startNs: window.lowerBound)
      func mid(_ ns: Int64) -> Int64 { 1_000 + min(ns, Scene.ns(50) - ns) / 1_000_000_000 }
      for ns in stride(from: window.lowerBound, through: window.upperBound, by: 1_000_000_000) {
        let price = mid(ns)
        recorder.touch(
          InstrumentIndex(0), bid: Price(ticks: price - 1), ask: Price(ticks: price + 1), timeNs: ns)
        guard ns == window.lowerBound, let side = job.settings.first.flatMap({ Int($0.value) }), side != 0 else {
          continue
        }
        recorder.fill(
          BacktestFill(
            timeNs: ns, instrument: InstrumentIndex(0), order: ClientOrderIdentifier(1), side: side > 0 ? .buy : .sell,
            isMaker: true, price: Price(ticks: price), quantity: Quantity(lots: 1), notional: .zero, fee: .zero,
            feeAsset: ShortName("USDT")!))
      }
      return ResultInterval(certain: recorder.end(timeNs: window.upperBound))
    }
    let walk = WalkForwardRun(points: points, splits: splits, identity: "x")
    let training = try SweepRunner(threads: 2).run(walk.training, run).rows
    #expect(training.count == 9)
    let tests = walk.tests(after: training.reversed(), by: .profit)
    // Trained on 0-20, 10-30 and 20-40 s: up, up (15 s against 5), then down.
    #expect(tests.map { $0.settings[0].value } == ["1", "1", "-1"])
    #expect(tests.map(\.window) == splits.map(\.test))
    let outcome = OutOfSample(try SweepRunner(threads: 2).run(tests, run).rows)
    // 20-30 s: five up and five down; 30-40 s held long: ten down; 40-50 s held short: ten down.
    #expect(outcome.pessimisticProfit == 0 && outcome.optimisticProfit == 0)
    #expect(outcome.tests == 3)
    #expect(outcome.profitable == 1.0 / 3)
    #expect(outcome.sharpe == 0)
    #expect(walk.tests(after: [], by: .profit).isEmpty)
    #expect(OutOfSample([]).sharpe == nil && OutOfSample([]).profitable == nil)
  }
}
