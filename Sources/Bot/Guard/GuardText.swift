// What the guard says: a line for people, or a JSON object for programs, of each of its events.

import Control
import Foundation
import Journal
import Pipeline

/// Prints events. `speed` is that of the clock they were timed with: durations are told in real time.
package struct GuardText {
  let speed: Double

  package init(speed: Double) { self.speed = speed }

  /// `2026-11-22T18:30:01.123456789Z cancelling: hanging; process 4711, worker 0 silent for 1.0 s, halt word raised`
  package func line(_ event: GuardEvent) -> String {
    let record = event.record
    var facts: [String] = []
    if record.process != 0 { facts.append("process \(record.process)") }
    if record.cause.isOfSilence, record.worker != GuardRecord.noWorker {
      facts.append("worker \(record.worker) silent for \(Figures.duration(real(record.silenceNs)))")
    }
    if record.isHaltRaised { facts.append("halt word raised") }
    if record.cause == .nothingOpen {
      facts.append("\(record.canceledOrders) orders cancelled in \(Figures.duration(real(record.reactionNs)))")
    }
    return "\(TimeText.utc(event.timeNs)) \(record.to): \(record.cause)"
      + (facts.isEmpty ? "" : "; " + facts.joined(separator: ", "))
  }

  package func json(_ event: GuardEvent) throws -> String {
    struct Line: Encodable {
      var event = "guard"
      var timeNs: Int64
      var from: String
      var state: String
      var cause: String
      var process: Int64?
      var condition: String
      var worker: UInt8?
      var silenceNs: Int64
      var haltRaised: Bool
      var canceledOrders: UInt32
      var openOrders: UInt32
      var reactionNs: Int64
    }
    let record = event.record
    let line = Line(
      timeNs: event.timeNs, from: "\(record.from)", state: "\(record.to)", cause: "\(record.cause)",
      process: record.process == 0 ? nil : record.process, condition: "\(record.condition)",
      worker: record.worker == GuardRecord.noWorker ? nil : record.worker, silenceNs: real(record.silenceNs),
      haltRaised: record.isHaltRaised, canceledOrders: record.canceledOrders, openOrders: record.openOrders,
      reactionNs: real(record.reactionNs))
    let encoder = Figures.encoder
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }

  private func real(_ ns: Int64) -> Int64 { Int64((Double(ns) / speed).rounded()) }
}

extension GuardCause {
  /// Whether it is told with the silence that led to it.
  fileprivate var isOfSilence: Bool {
    switch self {
    case .late, .died, .ended, .stopped, .hanging: true
    default: false
    }
  }
}
