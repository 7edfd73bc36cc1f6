// `apus stat`: the counters and histograms of a running bot, read from outside through its shared memory file.

import ArgumentParser
import Foundation
import Pipeline

struct StatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stat",
    abstract: "Show the counters and latency histograms of a running bot.",
    discussion: """
      Reads the shared memory file that a session keeps; the session notices nothing of it.

        apus stat --file run/counters
        apus stat --file run/counters --only execution
        apus stat --file run/counters --json
      """)

  @Option(help: "The session's counter file.")
  var file: String

  @Option(help: "Only names that hold this text.")
  var only = ""

  @Flag(help: "Counters that are 0 too.")
  var all = false

  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    let reader = try CounterFileReader(path: file)
    let counters = try reader.counters().filter { wanted($0.key) && (all || json || $0.value != 0) }
    let histograms = try reader.histograms().filter { wanted($0.key) && (all || json || $0.value.count != 0) }
    if json {
      try printJSON(reader, counters, histograms.mapValues { SessionReport.LatencyFigures($0) })
      return
    }
    let width = (counters.keys.map(\.count) + histograms.keys.map(\.count)).max() ?? 0
    func padded(_ name: String) -> String { name + String(repeating: " ", count: width - name.count) }
    for (name, value) in counters.sorted(by: { $0.key < $1.key }) { print("\(padded(name))  \(value)") }
    for (name, snapshot) in histograms.sorted(by: { $0.key < $1.key }) {
      print("\(padded(name))  \(Figures.latency(SessionReport.LatencyFigures(snapshot)))")
    }
  }

  private func wanted(_ name: String) -> Bool { only.isEmpty || name.contains(only) }

  private func printJSON(
    _ reader: CounterFileReader, _ counters: [String: Int64], _ histograms: [String: SessionReport.LatencyFigures]
  ) throws {
    struct Output: Encodable {
      var process: Int64
      var heartbeatNs: Int64
      var counters: [String: Int64]
      var histograms: [String: SessionReport.LatencyFigures]
    }
    let output = Output(
      process: reader.writer.processIdentifier, heartbeatNs: reader.heartbeatNs, counters: counters,
      histograms: histograms)
    print(String(decoding: try Figures.encoder.encode(output), as: UTF8.self))
  }
}
