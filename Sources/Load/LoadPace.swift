// When messages are due: the schedule of an open loop, which never waits for the one that is measured.

/// How fast a load is offered.
package enum LoadPace: Sendable, Equatable {
  /// Evenly spaced.
  case constant(messagesPerSecond: Double)
  /// So many at one time, as often as makes that rate.
  case bursts(of: Int, messagesPerSecond: Double)
  /// As the messages were recorded, at a multiple of that speed.
  case recorded(speed: Double)
}

/// The due times of messages counted from the schedule's start.
package struct LoadSchedule {
  private let pace: LoadPace
  private let startNs: Int64
  /// Of the messages so far; and when the last one was recorded, counted from the first.
  private var count = 0
  private var recordedNs: Int64 = 0

  package init(_ pace: LoadPace, startNs: Int64) {
    self.pace = pace
    self.startNs = startNs
  }

  /// When the next message is due.
  ///
  /// - Parameter gapNs: how long after its predecessor it was recorded.
  package func dueNs(gapNs: Int64) -> Int64 {
    switch pace {
    case .constant(let rate): startNs + Int64(Double(count) * 1e9 / rate)
    case .bursts(let size, let rate): startNs + Int64(Double(count / size * size) * 1e9 / rate)
    case .recorded(let speed): startNs + Int64(Double(recordedNs + gapNs) / speed)
    }
  }

  package mutating func advance(gapNs: Int64) {
    count += 1
    recordedNs += gapNs
  }
}
