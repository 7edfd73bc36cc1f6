import Backtest
import Foundation
import Market
import Synchronization
import Testing

@Suite struct SweepTests {
  private static func gridOf(_ sizes: [Int]) throws -> [[ParameterSetting]] {
    try ParameterSpace.grid(
      sizes.enumerated().map { axis, size in .values(name: "p\(axis)", (0..<size).map { "\($0)" }) })
  }

  /// A run whose profit depends on the job alone; in `wobble` its samples vary.
  @Sendable private static func run(_ job: SweepJob) throws -> ResultInterval {
    let scene = Scene([.linear("X")])
    let size = 1 + Int64(job.settings.reduce(0) { $0 * 7 + (Int($1.value) ?? 0) })
    var normals = Normals(seed: UInt64(job.number + 1))
    scene.touch(0, 9_999, 10_001, at: 0)
    scene.fill(1, .buy, 9_999, size, at: 0, maker: true)
    for second in 1...80 {
      let mid = 10_000 + Int64(normals.next() * 5)
      scene.touch(0, mid - 1, mid + 1, at: Double(second))
    }
    return ResultInterval(certain: scene.end(at: 80))
  }

  private func withFile(_ body: (URL) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-sweep-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url)
  }

  @Test func aGridIsEveryCombinationInOrder() throws {
    let points = try ParameterSpace.grid([.values(name: "a", ["1", "2"]), .values(name: "b", ["x", "y", "z"])])
    #expect(points.map { $0.map(\.value).joined() } == ["1x", "1y", "1z", "2x", "2y", "2z"])
    #expect(try ParameterSpace.grid([]) == [[]])
    #expect(throws: ParameterSpace.Problem.empty("a")) { try ParameterSpace.grid([.values(name: "a", [])]) }
    #expect(throws: ParameterSpace.Problem.notDiscrete("a")) { try ParameterSpace.grid([.uniform(name: "a", 0...1)]) }
    #expect(throws: ParameterSpace.Problem.twice("a")) {
      try ParameterSpace.grid([.values(name: "a", ["1"]), .values(name: "a", ["2"])])
    }
  }

  @Test(arguments: [
    ("1,2,x", ParameterAxis.values(name: "a", ["1", "2", "x"])), ("0.5..2", .uniform(name: "a", 0.5...2)),
    ("-2..-1", .uniform(name: "a", -2 ... -1)), ("log:1e-3..1", .logarithmic(name: "a", 0.001...1)),
    ("2..1", .values(name: "a", ["2..1"])), ("0..inf", .values(name: "a", ["0..inf"])),
    ("log:", .values(name: "a", ["log:"])), ("", .values(name: "a", [])),
  ])
  func anAxisIsReadFromText(_ text: String, _ axis: ParameterAxis) {
    #expect(ParameterAxis(name: "a", text: text) == axis)
  }

  @Test func randomPointsAreSeededAndInRange() throws {
    let axes: [ParameterAxis] = [
      .uniform(name: "u", -2...3), .logarithmic(name: "l", 1e-3...1e3), .values(name: "v", ["a", "b"]),
    ]
    let points = try ParameterSpace.random(axes, count: 2_000, seed: 9)
    #expect(try ParameterSpace.random(axes, count: 10, seed: 9) == Array(points[..<10]))
    #expect(try ParameterSpace.random(axes, count: 10, seed: 8) != Array(points[..<10]))
    let uniform = points.compactMap { Double($0[0].value) }
    let logarithmic = points.compactMap { Double($0[1].value) }
    #expect(uniform.count == 2_000 && uniform.allSatisfy { (-2.0...3).contains($0) })
    #expect(logarithmic.count == 2_000 && logarithmic.allSatisfy { (1e-3...1e3).contains($0) })
    // Half of each lies below the middle, of the logarithm where that is even: five binomial errors of 2,000.
    for below in [uniform.count { $0 < 0.5 }, logarithmic.count { $0 < 1 }, points.count { $0[2].value == "a" }] {
      #expect(abs(Double(below) - 1_000) < 5 * 500.0.squareRoot())
    }
    #expect(throws: ParameterSpace.Problem.notPositive("l")) {
      try ParameterSpace.random([.logarithmic(name: "l", 0...1)], count: 1, seed: 1)
    }
  }

  @Test func keysTellJobsApart() throws {
    let jobs = SweepJob.all(try Self.gridOf([3, 4]), windows: [0..<5, 5..<9], identity: "data")
    #expect(jobs.map(\.number) == Array(0..<24))
    #expect(jobs[0].settings == jobs[1].settings && jobs[1].window == 5..<9)
    #expect(Set(jobs.map(\.key)).count == 24)
    #expect(SweepJob(number: 0, settings: jobs[0].settings, window: 0..<5, identity: "data").key == jobs[0].key)
    #expect(SweepJob(number: 0, settings: jobs[0].settings, window: 0..<5, identity: "other").key != jobs[0].key)
    // Texts that would be equal when only joined.
    let one = SweepJob(number: 0, settings: [ParameterSetting(name: "a", value: "1|1:b=1:2")], identity: "")
    let two = SweepJob(
      number: 0, settings: [ParameterSetting(name: "a", value: "1"), ParameterSetting(name: "b", value: "2")],
      identity: "")
    #expect(one.key != two.key)
  }

  @Test func threadsDoNotChangeTheResult() throws {
    let jobs = SweepJob.all(try Self.gridOf([5, 6]), identity: "x")
    let one = try SweepRunner(threads: 1).run(jobs, Self.run)
    let four = try SweepRunner(threads: 4).run(jobs, Self.run)
    #expect(one.rows.map(\.number) == Array(0..<30))
    #expect(one.lines == four.lines)
    #expect(SweepAnalysis(one.rows) == SweepAnalysis(four.rows))
  }

  /// Stopped after nine jobs, in the middle of writing the tenth; what is taken up equals what ran through.
  @Test func aTornSweepIsTakenUp() throws {
    try withFile { url in
      let jobs = SweepJob.all(try Self.gridOf([4, 4]), identity: "x")
      let whole = try SweepRunner(threads: 2).run(jobs, file: SweepFile(url), Self.run)
      let bytes = try Data(contentsOf: url)
      let ends = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
      #expect(ends.count == 16)
      for cut in [ends[8] + 1, ends[8] + 2, ends[9], bytes.count] {
        try bytes[..<cut].write(to: url)
        let runs = Mutex(0)
        let again = try SweepRunner(threads: 3).run(jobs, file: SweepFile(url)) { job in
          runs.withLock { $0 += 1 }
          return try Self.run(job)
        }
        #expect(runs.withLock { $0 } == (cut == bytes.count ? 0 : 7))
        #expect(again.lines == whole.lines)
        #expect(try SweepFile(url).finished.count == 16)
      }
    }
  }

  @Test func aDamagedFileIsRefused() throws {
    try withFile { url in
      let row = SweepRow(
        SweepJob(number: 0, settings: [], identity: "x"), try Self.run(SweepJob(number: 0, settings: [], identity: "x"))
      )
      try Data((row.line + "\nno result\n").utf8).write(to: url)
      #expect(throws: SweepFile.Problem.badLine(file: url.path, offset: row.line.utf8.count + 1)) { try SweepFile(url) }
    }
  }

  struct Broken: Error {}

  @Test func aJobThatFailsRunsAgain() throws {
    try withFile { url in
      let jobs = SweepJob.all(try Self.gridOf([4]), identity: "x")
      let outcome = try SweepRunner(threads: 2).run(jobs, file: SweepFile(url)) { job in
        if job.number == 2 { throw Broken() }
        return try Self.run(job)
      }
      #expect(outcome.rows.map(\.number) == [0, 1, 3])
      #expect(outcome.failures.map(\.job.number) == [2])
      #expect(outcome.failures.map(\.reason) == ["Broken()"])
      let again = try SweepRunner(threads: 2).run(jobs, file: SweepFile(url), Self.run)
      #expect(again.rows.count == 4 && again.failures.isEmpty)
    }
  }

  /// A grid that grew keeps its results, under the numbers that their jobs have now.
  @Test func aLargerGridKeepsItsRows() throws {
    try withFile { url in
      let few = SweepJob.all(try Self.gridOf([2, 2]), identity: "x")
      _ = try SweepRunner(threads: 1).run(few, file: SweepFile(url), Self.run)
      let many = SweepJob.all(try Self.gridOf([2, 3]), identity: "x")
      let outcome = try SweepRunner(threads: 1).run(many, file: SweepFile(url), Self.run)
      #expect(outcome.rows.map(\.number) == Array(0..<6))
      #expect(zip(many, outcome.rows).allSatisfy { $0.key == $1.key })
    }
  }

  @Test func aRowKeepsAtMostSoManySamples() throws {
    let scene = Scene([.linear("X")], RecorderConfiguration(sampleNs: 1_000_000, maximumSamples: 2_000))
    scene.touch(0, 999, 1001, at: 0)
    scene.fill(1, .buy, 1000, 1, at: 0, maker: true)
    for step in 1...1_500 { scene.touch(0, 999 + Int64(step), 1001 + Int64(step), at: Double(step) / 1000) }
    let row = SweepRow(SweepJob(number: 0, settings: [], identity: ""), ResultInterval(certain: scene.end(at: 1.5)))
    // Samples at 0 to 1,500 ms, every fourth of them: 0 to 375.
    #expect(row.sampleIntervalNs == 4_000_000)
    #expect(row.equityUnits == (0...375).map { 40_000 * $0 })
  }

  @Test func progressIsToldInOrder() throws {
    let told = Mutex<[Int]>([])
    let jobs = SweepJob.all(try Self.gridOf([6]), identity: "x")
    _ = try SweepRunner(threads: 3).run(
      jobs, progress: { done, of in told.withLock { $0.append(done * 100 + of) } }, Self.run)
    #expect(told.withLock { $0 } == (0...6).map { $0 * 100 + 6 })
  }

  @Test func theBarEstimatesFromThisRun() {
    #expect(ProgressBar.text(done: 0, of: 10, takenUpAt: 0, seconds: 0) == "[------------------------------] 0/10")
    // Four done before, two in 60 s, four to go.
    #expect(
      ProgressBar.text(done: 6, of: 10, takenUpAt: 4, seconds: 60)
        == "[##################------------] 6/10, about 2 min 0 s left")
    #expect(
      ProgressBar.text(done: 10, of: 10, takenUpAt: 0, seconds: 7_260)
        == "[##############################] 10/10, took 2 h 1 min")
  }

  /// Jobs whose prices wander without drift: what is best is best by chance.
  @Test func theVerdictOnNoise() throws {
    let rows = try SweepRunner(threads: 2).run(SweepJob.all(try Self.gridOf([20]), identity: "x"), Self.run).rows
    let verdict = try #require(SweepAnalysis(rows))
    #expect(verdict.trials == 20)
    let sharpes = rows.compactMap { $0.figure(.sharpe).pessimistic }
    #expect(sharpes[verdict.best] == sharpes.max())
    #expect(try #require(verdict.deflated) < 0.9)
    #expect(try #require(verdict.overfitting) > 0.1)
    #expect(try #require(verdict.meanProfit).contains(SampleMoments(profits(rows[verdict.best])).mean))
    #expect(SweepAnalysis(Array(rows[..<1])) == nil)
  }

  private func profits(_ row: SweepRow) -> [Double] {
    zip(row.equityUnits.dropFirst(), row.equityUnits).map { Double($0 - $1) }
  }
}
