// What a load came to, in figures, for people and for `--json`.

import Foundation

/// What a worker was interrupted by while the load was measured.
struct LoadWorker: Codable, Sendable {
  var number: Int
  var minorFaults: Int64
  var majorFaults: Int64
  var voluntarySwitches: Int64
  var involuntarySwitches: Int64
}

/// Tick to trade of the first ticks that a session answers, 50 a second of 500 messages.
struct FirstTicks: Codable, Sendable {
  var firstNs: Int64
  /// Of the first ten.
  var medianNs: Int64
}

/// One rate of a load test.
struct LoadReport: Codable, Sendable {
  /// As asked for, or as it came out where messages went as they were recorded.
  var messagesPerSecond: Double
  var seconds: Double
  var messages: Int64
  var ticks: Int64
  var answers: Int64
  /// Ticks that had no order a second after the last one was sent: none below the knee.
  var unanswered: Int64
  /// Streams that had to be broken and built anew: none below the knee.
  var brokenStreams: Int64
  /// Messages that the client had no room for when they were due.
  var held: Int64
  var firstTicks: FirstTicks?
  /// From the receive stamp of a tick to the return of its order's send, as the bot measures it; the stamp is the process's,
  /// or the kernel's (`receiveStamps`).
  var tickToTrade: SessionReport.LatencyFigures
  /// The kernel's share: from its stamp of a receive to the process, of all receives of the feed. Nil without its stamps.
  var kernelToProcess: SessionReport.LatencyFigures?
  /// From the time a tick was due to the arrival of its order at the venue: nothing is left out.
  var answerTime: SessionReport.LatencyFigures
  /// How late the load was itself.
  var lateness: SessionReport.LatencyFigures
  var workers: [LoadWorker]
  var residentBytesBefore: Int64
  var residentBytesAfter: Int64
  /// How it grew while it was measured, venue and session together.
  var residentBytesPerMinute: Double

  /// Whether the bot kept up.
  var isKept: Bool { brokenStreams == 0 && unanswered == 0 && answers > 0 }

  var text: String {
    let (rate, length) = (Int(messagesPerSecond.rounded()), String(format: "%.1f", seconds))
    let head = "\(rate) messages/s for \(length) s: \(messages) sent, \(answers) of \(ticks) ticks answered"
    let trouble = isKept ? "" : "; \(unanswered) unanswered, \(brokenStreams) streams broken, \(held) times held"
    func line(_ name: String, _ latency: SessionReport.LatencyFigures) -> String {
      let cells = latency.percentiles.map { "\($0.name) \(Figures.duration($0.ns))" }
      return "  " + name.padding(toLength: 24, withPad: " ", startingAt: 0) + cells.joined(separator: "  ")
    }
    let faults = workers.map {
      "  worker \($0.number): \($0.minorFaults) minor and \($0.majorFaults) major page faults, "
        + "\($0.voluntarySwitches) voluntary and \($0.involuntarySwitches) forced switches"
    }
    let growth = String(format: "%+.0f KiB a minute", residentBytesPerMinute / 1024)
    let memory =
      "  resident memory: \(residentBytesBefore >> 20) MiB before, \(residentBytesAfter >> 20) MiB after, \(growth)"
    let kernel = kernelToProcess.map { [line("kernel to process", $0)] } ?? []
    return
      ([head + trouble]
      + [firstTicks].compactMap { $0 }.map {
        "  tick to trade at first   \(Figures.duration($0.firstNs)), median of ten \(Figures.duration($0.medianNs))"
      } + [line("tick to trade", tickToTrade)] + kernel + [line("due to order's arrival", answerTime)]
      + [line("lateness of the load", lateness)] + faults + [memory]).joined(separator: "\n")
  }
}
