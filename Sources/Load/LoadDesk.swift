// What a load is told while it runs, and what it tells: the one thing that its thread shares with who started it.

import Pipeline
import Synchronization

/// What is to be offered from now on.
package struct LoadOrder: Sendable, Equatable {
  package var pace: LoadPace
  /// Every so many messages, one is a tick that asks for an order; 0 for none.
  package var messagesPerTick: Int

  package init(_ pace: LoadPace, messagesPerTick: Int) {
    self.pace = pace
    self.messagesPerTick = messagesPerTick
  }
}

package final class LoadDesk: Sendable {
  private let order: Mutex<LoadOrder>
  private let number = Atomic<Int>(0)

  package init(_ order: LoadOrder) { self.order = Mutex(order) }

  /// Replaces what is offered. The new schedule starts when the load's thread sees it.
  package func set(_ new: LoadOrder) {
    order.withLock { $0 = new }
    number.add(1, ordering: .releasing)
  }

  /// How often `set` was called.
  var changes: Int { number.load(ordering: .acquiring) }
  var current: LoadOrder { order.withLock { $0 } }
}

/// What a load counts, by the names of its counter file.
package struct LoadCounters: Sendable {
  let messages: Counter
  let ticks: Counter
  /// Orders that answer a tick.
  let answers: Counter
  /// Ticks whose tag came round again before they were answered.
  let unanswered: Counter
  /// Ticks that have no order yet.
  let outstanding: Counter
  /// Sends that waited because the client had not taken what was sent before.
  let held: Counter
  /// From the time a message was due to its sending: how late the load itself was.
  let lateness: LatencyHistogram
  /// From the time a tick was due to the arrival of its order.
  let answerTime: LatencyHistogram

  package init(_ file: CounterFile) {
    messages = file.counter("load.messages")
    ticks = file.counter("load.ticks")
    answers = file.counter("load.answers")
    unanswered = file.counter("load.unanswered")
    outstanding = file.counter("load.outstanding")
    held = file.counter("load.held")
    lateness = file.histogram("load.lateness")
    answerTime = file.histogram("load.answer_time")
  }
}
