// What a load's counters say between two moments.

import Pipeline

struct LoadMeasurement {
  struct Look {
    var counters: [String: Int64]
    var histograms: [String: HistogramSnapshot]
  }
  let before: Look
  let end: Look
  /// When the orders of all ticks had their time.
  let drained: Look
  let seconds: Double
  let memoryBefore: Int64
  let memoryAfter: Int64
  let memoryPerMinute: Double
  let firstTicks: FirstTicks?

  /// - Parameter rate: what was asked for, in messages per second; nil where it followed a recording.
  func report(rate: Double?, workers: [LoadWorker]) -> LoadReport {
    func count(_ name: String, _ until: Look) -> Int64 { (until.counters[name] ?? 0) - (before.counters[name] ?? 0) }
    func measured(_ name: String) -> SessionReport.LatencyFigures? {
      guard let late = drained.histograms[name], let early = before.histograms[name] else { return nil }
      return SessionReport.LatencyFigures(late.since(early))
    }
    func latency(_ name: String) -> SessionReport.LatencyFigures {
      guard let figures = measured(name) else { preconditionFailure("every session has \(name)") }
      return figures
    }
    let messages = count("load.messages", end)
    return LoadReport(
      messagesPerSecond: rate ?? Double(messages) / seconds, seconds: seconds, messages: messages,
      ticks: count("load.ticks", end), answers: count("load.answers", drained),
      unanswered: count("load.unanswered", drained) + (drained.counters["load.outstanding"] ?? 0),
      brokenStreams: count("strategy0.broken_streams", drained), held: count("load.held", drained),
      firstTicks: firstTicks, tickToTrade: latency("gateway.binance.tick_to_trade"),
      kernelToProcess: measured("feed.binance.kernel_to_process"),
      answerTime: latency("load.answer_time"),
      lateness: latency("load.lateness"), workers: workers, residentBytesBefore: memoryBefore,
      residentBytesAfter: memoryAfter, residentBytesPerMinute: memoryPerMinute)
  }
}
