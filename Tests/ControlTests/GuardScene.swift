// A guard's core with a session and an account to try it on: time is moved by hand.

import Control
import Market
import Pipeline

/// Steps a guard in steps of its own look interval.
struct GuardScene {
  var core: GuardCore
  var nowNs: Int64 = 1_000_000_000_000
  var sight: SessionSight
  var records: [GuardRecord] = []
  var halts = 0
  /// Orders open at the venue, by instrument: any number, cancelled as soon as the guard asks for it.
  var open: [Int]
  /// Whether the venue answers.
  var answers = true
  var cancels = 0
  private var nextOrder: UInt64 = 1
  private let beats: [WorkerBeat]

  static let bounds = GuardBounds()
  static let process = ProcessIdentity.current

  init(_ bounds: GuardBounds = Self.bounds, instruments: Int = 2, workers: Int = 2) {
    core = GuardCore(bounds, instruments: instruments)
    sight = SessionSight(absence: .missing)
    open = Array(repeating: 0, count: instruments)
    beats = (0..<workers).map { WorkerBeat(worker: $0, loops: 1, isDue: true) }
    report(.sessionUp)
  }

  /// A session is there, and all its workers beat in every step.
  mutating func live(_ process: ProcessIdentity = Self.process) {
    sight = SessionSight(process: process, condition: .running, beats: beats)
  }

  mutating func report(_ kind: ReportKind, instrument: Int = 0, count: UInt64 = 0, order: UInt64 = 0) {
    var report = ExecutionReport(
      kind: kind, venue: VenueIndex(0), instrument: InstrumentIndex(UInt16(instrument)), receiveTimeNs: nowNs, cause: 0)
    report.trade = count
    report.venueOrder = order
    core.take(report, nowNs: nowNs)
  }

  /// Lets time pass: `beating` names the workers that go on.
  mutating func run(ns: Int64, beating: Set<Int> = [0, 1], command: Bool = false) {
    let end = nowNs + ns
    var isCommanded = command
    repeat {
      nowNs += core.bounds.lookNs
      for index in sight.beats.indices where beating.contains(index) && sight.condition == .running {
        sight.beats[index].loops += 7
      }
      step(isCommanded)
      isCommanded = false
    } while nowNs < end
  }

  private mutating func step(_ isCommanded: Bool) {
    let output = core.step(GuardCore.Input(nowNs: nowNs, sight: sight, isCommanded: isCommanded))
    if output.raisesHalt { halts += 1 }
    records += output.records
    for instrument in core.takeSweeps(nowNs: nowNs) {
      let index = Int(instrument.rawValue)
      cancels += 1
      guard answers else { continue }
      for _ in 0..<open[index] {
        report(.canceled, instrument: index, order: nextOrder)
        report(.canceled, instrument: index, order: nextOrder)  // the user stream tells it too
        nextOrder += 1
      }
      open[index] = 0
      report(.openOrdersListed, instrument: index, count: 0)
    }
  }

  /// Of what was recorded: the states gone to and why.
  var story: [String] { records.map { "\($0.to) \($0.cause)" } }
}
