// The stages that no order waits for: control, journal, counters. Each on a cold worker.

import Control
import Journal
import Market
import Pipeline

/// What people ask of the session, and what it answers.
struct CommandStage: Stage, ~Copyable {
  var core: ControlStage<ControlSocket>
  let source: StepSource
  private var signalsTaken: UInt32 = 0

  init(core: consuming ControlStage<ControlSocket>, source: consuming StepSource) {
    self.core = core
    self.source = source
  }

  mutating func poll() -> Int {
    let signals = source.control.haltSignals
    guard signals != signalsTaken else { return core.step(source.read()) }
    signalsTaken = signals
    source.control.halt()
    var input = source.read()
    input.flags.insert(.haltSignal)
    return core.step(input)
  }
}

/// The journal, and its word to the others when the disk does not follow.
struct JournalStage: Stage, ~Copyable {
  var writer: JournalWriter
  let control: ControlWords

  mutating func poll() -> Int {
    let written = writer.poll()
    control.setDiskBehind(writer.counters.behind.value != 0)
    return written
  }
}

/// The heartbeat that others watch, and the keeper of the clock.
struct CountersStage: Stage, ~Copyable {
  private let counters: CounterFile
  private var keeper: ClockKeeper

  init(_ counters: CounterFile, _ clock: Clock) {
    self.counters = counters
    keeper = ClockKeeper(clock)
  }

  /// Never reports work: it gives no reason to poll again.
  mutating func poll() -> Int {
    counters.beat()
    return keeper.poll()
  }
}
