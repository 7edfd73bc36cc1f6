import Backtest
import Foundation
import FoundationXML
import Market
import Simulation
import Testing

/// A JavaScript engine, where there is one: Node.js in the search path.
private let node: URL? = {
  let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
  return paths.map { URL(fileURLWithPath: String($0)).appendingPathComponent("node") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}()

@Suite struct ReportTests {
  /// Two instruments, makers and takers, latencies, an asset without a price, fills of nobody's order (number 0) as of a
  /// liquidation; a label that would end a script.
  private func result(optimistic: Bool) -> BacktestResult {
    let scene = Scene(
      [.linear("A"), .inverse("B", index: 1)],
      RecorderConfiguration(label: "</script><b>\u{2028}", sampleNs: 2_000_000_000))
    for second in 0..<200 {
      let (time, mid) = (Double(second), Int64(10_000 + second % 17))
      scene.touch(0, mid - 1, mid + 1, at: time)
      scene.touch(1, mid - 2, mid + 2, at: time)
      let (order, side): (UInt64, Side) = (UInt64(second), second % 2 == 0 ? .buy : .sell)
      scene.place(order, side, mid, 3, at: time + 0.1)
      scene.order(.arrived, order, side, mid, 3, at: time + 0.101)
      guard second % (optimistic ? 2 : 3) == 0 else {
        scene.order(.canceled, order, side, mid, 3, at: time + 0.2)
        continue
      }
      scene.fill(order, side, mid + (side == .buy ? -1 : 1), 3, at: time + 0.2, maker: second % 5 > 0, fee: 30)
      scene.fill(order, side, mid, 1, at: time + 0.3, instrument: 1, maker: true, fee: 1, feeAsset: "KCS")
    }
    return scene.end(at: 200)
  }

  private func interval() throws -> ResultInterval {
    try ResultInterval(pessimistic: result(optimistic: false), optimistic: result(optimistic: true))
  }

  private func sweep(_ interval: ResultInterval) -> [SweepRow] {
    let points = ["0.5", "10", "2"].flatMap { gamma in
      ["1", "2"].map { [ParameterSetting(name: "gamma", value: gamma), ParameterSetting(name: "size", value: $0)] }
    }
    return SweepJob.all(points, identity: "test").map { SweepRow($0, interval) }
  }

  /// The text of the element with the data.
  private func embedded(_ page: String) throws -> String {
    let start = try #require(page.firstRange(of: "id=\"data\">")).upperBound
    let end = try #require(page[start...].firstRange(of: "</script>")).lowerBound
    return String(page[start..<end])
  }

  @Test func theDataInThePageIsTheResult() throws {
    let interval = try interval()
    let page = try HTMLReport(interval, sweep: sweep(interval)).html()
    let data = try #require(JSONValue(parsing: embedded(page).utf8))
    #expect(data["result"] == interval.json)
    #expect(data["metrics"]?.elements?.count == Metric.allCases.count)
    #expect(data["sweep"]?["rows"]?.elements?.count == 6)
    #expect(data["certain"] == .bool(false))
    #expect(page == (try HTMLReport(interval, sweep: sweep(interval)).html()))
    let certain = try HTMLReport(ResultInterval(certain: result(optimistic: false))).html()
    #expect(JSONValue(parsing: try embedded(certain).utf8)?["certain"] == .bool(true))
  }

  @Test func thePageIsWellFormedAndAlone() throws {
    try check(HTMLReport(try interval()).html())
    try check(walkForward().html())
  }

  private func check(_ page: String) throws {
    // What is in scripts and styles is no markup.
    let bare = page.replacing(/<(script|style)([^>]*)>[\s\S]*?<\/(script|style)>/) { "<\($0.1)\($0.2)></\($0.1)>" }
    let parser = XMLParser(data: Data(bare.utf8))
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") in line \(parser.lineNumber)")
    #expect(!bare.contains("{{"))
    for outside in ["http:", "https:", "//cdn", "src=", "@import", "url(", "fetch(", "XMLHttpRequest", "<link"] {
      #expect(!page.contains(outside), "the page asks for \(outside)")
    }
  }

  /// Runs the page's scripts with a stand-in for the browser that uses every control.
  @Test(.enabled(if: node != nil, "no Node.js in the search path")) func thePageWorks() throws {
    let interval = try interval()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-report-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("report.html")
    try HTMLReport(ResultInterval(certain: interval.pessimistic)).write(to: file)
    #expect(try #require(try use(file))["notice"]?.string?.hasSuffix("no interval of the queue position.") == true)
    let between = try ResultInterval(
      pessimistic: interval.pessimistic, expected: interval.pessimistic, optimistic: interval.optimistic)
    for (interval, rows) in [(interval, []), (interval, sweep(interval)), (between, [])] {
      try HTMLReport(interval, sweep: rows).write(to: file)
      let seen = try #require(try use(file))
      #expect(seen["data"]?["result"]?["format"]?.string == "apus-backtest-interval-1")
      #expect(seen["scopes"]?.integer == Int64(interval.pessimistic.scopes.count))
      #expect(seen["theme"]?.string == "dark")
      #expect(seen["notice"]?.string?.hasPrefix("Simulated, 1970-01-01 00:00:00.000 UTC") == true)
      #expect((seen["tips"]?.integer ?? 0) > 100)
      let titles = seen["titles"]?.elements?.compactMap(\.string) ?? []
      // In the order in which they first appear: the page begins with a total, which has no position of its own.
      #expect(
        titles == (rows.isEmpty ? [] : ["Sweep"]) + [
          "Equity", "Drawdown", "Markouts", "Where the profit came from", "Order latency", "Figures", "Orders",
          "Fees by tier", "Liquidations", "Inventory", "Fills on the price", "Fees without a price",
        ])
      let cells = seen["cells"]?.elements?.compactMap(\.string) ?? []
      // Values in the order of numbers, not of texts: 0.5, 2, 10.
      #expect(rows.isEmpty ? cells.isEmpty : cells.count == 6 && cells[1].hasPrefix("gamma 2, size 1"))
    }
  }

  /// Three windows of which the last has no test, as nothing is defined in its training.
  private func walkForward() throws -> WalkForwardReport {
    let interval = try interval()
    let splits = try WalkForward(purgeNs: 0, embargoNs: 0).windows(0..<50, trainNs: 20, testNs: 10, anchored: false)
    let points = ["1", "2"].map { [ParameterSetting(name: "size", value: $0)] }
    let run = WalkForwardRun(points: points, splits: splits, identity: "test")
    let training = run.training.filter { $0.window != splits[2].train }.map { SweepRow($0, interval) }
    let tests = run.tests(after: training, by: .sharpe).map { SweepRow($0, interval) }
    #expect(tests.count == 2)
    return WalkForwardReport("</script>", run, training: training, tests: tests)
  }

  @Test(.enabled(if: node != nil, "no Node.js in the search path")) func thePageOfAWalkForwardWorks() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("apus-walk-\(UUID().uuidString).html")
    defer { try? FileManager.default.removeItem(at: file) }
    try walkForward().write(to: file)
    let seen = try #require(try use(file))
    #expect(seen["title"]?.string == "Apus walk-forward: </script>")
    #expect(seen["notice"]?.string?.hasPrefix("Simulated, 3 windows, 2 tests.") == true)
    #expect(
      seen["titles"]?.elements?.compactMap(\.string)
        == ["Equity out of sample", "Out of sample", "Training against test", "Tests", "Training"])
    #expect(seen["data"]?["splits"]?.elements?.map { $0["chosen"]?.integer } == [0, 1, nil])
    #expect((seen["tips"]?.integer ?? 0) > 5)
  }

  private func use(_ file: URL) throws -> JSONValue? {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Page/check.js")
    let process = Process()
    let (output, problems) = (Pipe(), Pipe())
    process.executableURL = node
    process.arguments = [script.path, file.path]
    process.standardOutput = output
    process.standardError = problems
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let problem = String(decoding: problems.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(problem)")
    return JSONValue(parsing: text)
  }
}
