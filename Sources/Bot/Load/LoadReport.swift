// What a load came to, in figures, for people and for `--json`.

import Foundation
import Pipeline

/// Percentiles of one latency, in nanoseconds.
struct LoadLatency: Codable, Sendable {
  var count: Int64
  var p50Ns: Int64
  var p90Ns: Int64
  var p99Ns: Int64
  var p999Ns: Int64
  var p9999Ns: Int64
  var maximumNs: Int64

  init(_ snapshot: HistogramSnapshot) {
    func at(_ percent: Double) -> Int64 { snapshot.count > 0 ? snapshot.percentile(percent) : 0 }
    count = snapshot.count
    (p50Ns, p90Ns, p99Ns) = (at(50), at(90), at(99))
    (p999Ns, p9999Ns) = (at(99.9), at(99.99))
    maximumNs = snapshot.count > 0 ? snapshot.maximumNs : 0
  }

  static let names = ["p50", "p90", "p99", "p99.9", "p99.99", "max"]
  var values: [Int64] { [p50Ns, p90Ns, p99Ns, p999Ns, p9999Ns, maximumNs] }
}

/// What a worker was interrupted by while the load was measured.
struct LoadWorker: Codable, Sendable {
  var number: Int
  var minorFaults: Int64
  var majorFaults: Int64
  var voluntarySwitches: Int64
  var involuntarySwitches: Int64
}

/// One rate of a load test.
struct LoadReport: Codable, Sendable {
  var messagesPerSecond: Double
  var seconds: Double
  var messages: Int64
  var ticks: Int64
  var answers: Int64
  /// Ticks without an order, and streams that had to be broken and built anew: none below the knee.
  var unanswered: Int64
  var brokenStreams: Int64
  /// Messages that the client had no room for when they were due.
  var held: Int64
  /// From the receive stamp of a tick to the return of its order's send, as the bot measures it.
  var tickToTrade: LoadLatency
  /// From the time a tick was due to the arrival of its order at the venue: nothing is left out.
  var answerTime: LoadLatency
  /// How late the load was itself.
  var lateness: LoadLatency
  var workers: [LoadWorker]
  var residentBytesBefore: Int64
  var residentBytesAfter: Int64

  /// Whether the bot kept up.
  var isKept: Bool { brokenStreams == 0 && unanswered == 0 && answers > 0 }

  var text: String {
    let rate = Int(messagesPerSecond.rounded())
    let head = "\(rate) messages/s for \(seconds) s: \(messages) sent, \(answers) of \(ticks) ticks answered"
    let trouble = isKept ? "" : "; \(unanswered) unanswered, \(brokenStreams) streams broken, \(held) times held"
    func line(_ name: String, _ latency: LoadLatency) -> String {
      let cells = zip(LoadLatency.names, latency.values).map { "\($0) \(Figures.duration($1))" }
      return "  " + name.padding(toLength: 24, withPad: " ", startingAt: 0) + cells.joined(separator: "  ")
    }
    let faults = workers.map {
      "  worker \($0.number): \($0.minorFaults) minor and \($0.majorFaults) major page faults, \($0.voluntarySwitches) and \($0.involuntarySwitches) switches (voluntary, forced)"
    }
    let memory = "  resident memory: \(residentBytesBefore >> 20) MiB before, \(residentBytesAfter >> 20) MiB after"
    return
      ([head + trouble, line("tick to trade", tickToTrade), line("due to order's arrival", answerTime)]
      + [line("lateness of the load", lateness)] + faults + [memory]).joined(separator: "\n")
  }
}
