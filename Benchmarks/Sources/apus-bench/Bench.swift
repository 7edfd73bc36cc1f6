// `apus-bench`: the rows of the suite, and their aims.

import ArgumentParser
import CShims
import Foundation
import Peers
import Suite

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus-bench",
    abstract: "Measures the path from packet to order against what others wrote.",
    discussion: """
      `make bench` runs it with everything it needs; by itself it is for single rows.

      EXAMPLES
        apus-bench measure --capture btcusdt.gz --models models --onnxruntime libonnxruntime.so --rows json_depth
        apus-bench aims
      """,
    subcommands: [Measure.self, Aims.self, Instructions.self])
}

/// Every comparison of the suite with its aim.
struct Aims: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Prints every row, whom it is against, and its aim.")

  func run() {
    for comparison in Comparison.all { print("\(comparison.row)\t\(comparison.peer)\t\(comparison.aimText)") }
  }
}

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the rows that are asked for.",
    discussion: "One line of JSON for each comparison; what a row computes is checked before it counts.")

  @Option(help: "A recorded Binance spot capture of BTCUSDT (gzip of `<ns> <JSON>` lines).")
  var capture: String

  @Option(help: "The folder of models that models.py wrote.")
  var models: String

  @Option(help: "onnxruntime's shared library.")
  var onnxruntime: String

  @Option(help: "The bot's executable, for the rows that measure a whole session; they are left out without it.")
  var apus: String?

  @Option(help: "The rows to measure, joined by commas; all without it.")
  var rows: String?

  @Option(help: "How often every side is measured, in turn.")
  var runs = 7

  @Option(help: "The two CPUs, joined by a comma: measurements of one thread run on the second.")
  var cpus = "0,1"

  @Option(help: "Where the lines of JSON go; standard output without it.")
  var output: String?

  @Flag(help: "As little work as proves that every row runs and computes the right thing. Its figures mean nothing.")
  var tiny = false

  func validate() throws {
    guard runs > 0 else { throw ValidationError("--runs is at least 1") }
    _ = try places()
  }

  private func places() throws -> (Int, Int) {
    let places = cpus.split(separator: ",").compactMap { Int($0) }
    guard places.count == 2, places[0] != places[1] else {
      throw ValidationError("--cpus takes two different CPUs: --cpus 0,1")
    }
    return (places[0], places[1])
  }

  func run() throws {
    let scale = Scale(isTiny: tiny, runs: tiny ? 1 : runs)
    let places = try places()
    let wanted = rows.map { Set($0.split(separator: ",").map(String.init)) }
    // Before the wanted rows are measured, everything else of this process stays off their CPU.
    guard apus_pin_this_thread(Int32(places.1)) == 0 else { throw ValidationError("CPU \(places.1) is not ours") }
    let recording = try Recording(path: capture, symbol: "BTCUSDT", messages: scale.of(.max, tiny: 3_000))
    let models = ModelPlaces(models: models, onnxruntime: onnxruntime)
    let benchmarks =
      [ringThroughput(scale, cpus: places), ringRoundTrip(scale, cpus: places)]
      + (try lstmBenchmarks(models, scale)) + (try modelBenchmarks(models, scale)) + jsonBenchmarks(recording, scale)
      + (try sbeBenchmarks(recording, scale))
      + [bookUpdate(recording, scale), features(recording, scale), riskGate(scale), routes(scale)]
      + (try tlsRecords(scale)) + (try frameToOrder(capture: capture, scale))
      + (try tickToTrade(recording, capture: capture, apus: apus, scale, cpus: places))
      + [try environment(scale)]
    let chosen = benchmarks.filter { wanted?.contains($0.row) ?? true }
    var lines: [String] = []
    for (place, benchmark) in chosen.enumerated() {
      if output != nil {
        FileHandle.standardError.write(Data("\(place + 1)/\(chosen.count) \(benchmark.row)\n".utf8))
      }
      for result in try benchmark.run(scale) { lines.append(try result.json(topology: benchmark.topology)) }
      if output == nil {
        for line in lines { print(line) }
        lines = []
      }
    }
    guard let output else { return }
    try lines.map { $0 + "\n" }.joined().write(toFile: output, atomically: true, encoding: .utf8)
  }
}
