// Runs a session again from its journal, in one thread, and compares all that its stages write with what they wrote.

import Market
import Pipeline

/// Verifies a journal: every recorded step is run by the same code on the same inputs, and must write the same records.
///
/// It is a dataflow machine. A stage's next call is ready when its input rings hold the elements that it consumed in
/// the session; the gates then show it exactly those, a script offers the recorded channel event, and it is called
/// with the recorded time, halt epoch and flags. What a call does depends on these alone, so any order of ready calls
/// is right; the earliest recorded one goes first, which keeps the rings as full as they were.
public struct Replay {
  public let summary: JournalSummary
  private let stages: [ReplayStage]
  private var queues: RecordQueues
  private var states: [State]
  private var steps: UInt64 = 0

  private struct State {
    var last = StepInput(nowNs: 0)
    var call: ReplayCall?
    var verified: UInt64 = 0
    /// By output: full marks that the stage has not met yet, the next one last.
    var fullMarks: [[UInt32]]
  }

  /// - Parameters:
  ///   - summary: of the same files: a pass that checked all of them.
  ///   - stages: all stages that write records, in their state before the first step.
  public init(_ files: JournalFiles, _ summary: JournalSummary, stages: [ReplayStage]) throws(ReplayError) {
    self.summary = summary
    self.stages = stages
    do throws(JournalError) { queues = try RecordQueues(files, summary) } catch { throw .journal(error) }
    for number in summary.records.keys.sorted() where !stages.contains(where: { $0.number == number }) {
      throw .unknownStage(number)
    }
    states = stages.map { stage in
      let marks = summary.fullMarks[stage.number] ?? [:]
      return State(fullMarks: stage.outputs.indices.map { marks[UInt8($0), default: []].reversed() })
    }
    for stage in stages {
      for script in stage.channels { script.refusals = summary.refusals[stage.number]?[script.channel] ?? [] }
    }
  }

  /// Runs every recorded step, or all up to the first difference.
  public mutating func run() throws(ReplayError) -> ReplayResult {
    while let next = try earliestReady() {
      if let difference = try execute(next) { return result(.different(difference)) }
    }
    let waits = waits()
    return result(waits.isEmpty || summary.end != .finished ? .equal : .stuck(waits))
  }

  /// The stage whose next call can be run, the earliest recorded one if there are several.
  private mutating func earliestReady() throws(ReplayError) -> Int? {
    var earliest: Int?
    for i in stages.indices {
      if states[i].call == nil { states[i].call = try nextCall(of: i) }
      guard let call = states[i].call, isReady(call, stages[i]) else { continue }
      if let best = earliest, states[best].call!.input.nowNs <= call.input.nowNs { continue }
      earliest = i
    }
    return earliest
  }

  /// Reads the stage's next call from its records; nil when there is none left.
  private mutating func nextCall(of i: Int) throws(ReplayError) -> ReplayCall? {
    guard let record = try nextRecord(of: i) else { return nil }
    return try ReplayCall(record, stages[i], last: states[i].last)
  }

  private func isReady(_ call: ReplayCall, _ stage: ReplayStage) -> Bool {
    for (i, gate) in stage.inputs.enumerated() where gate.published - gate.consumed < Int(call.consumed[i]) {
      return false
    }
    return true
  }

  /// Runs one call and compares what it wrote.
  private mutating func execute(_ i: Int) throws(ReplayError) -> ReplayDifference? {
    let call = states[i].call!
    let stage = stages[i]
    states[i].call = nil
    states[i].last = call.input
    steps += 1
    for (ring, gate) in stage.inputs.enumerated() { gate.show(Int(call.consumed[ring])) }
    for (ring, gate) in stage.outputs.enumerated() { gate.free(before: fullMark(i, ring, gate)) }
    for script in stage.channels { script.offer = nil }
    if let offer = call.offer { stage.channels[offer.channel].offer = offer.event }
    _ = stage.step(call.input)
    return try compare(i, call)
  }

  /// Where the ring is to look full next. Marks are 32 bits of a count that is at most a ring ahead of `published`.
  private func fullMark(_ i: Int, _ ring: Int, _ gate: RingGate) -> Int {
    guard let mark = states[i].fullMarks[ring].last else { return .max }
    return gate.published + Int(mark &- UInt32(truncatingIfNeeded: gate.published))
  }

  /// Takes all that the stage has written since the last call, and the same number of the journal's records.
  private mutating func compare(_ i: Int, _ call: ReplayCall) throws(ReplayError) -> ReplayDifference? {
    let stage = stages[i]
    while true {
      let run = stage.records.consumer.waiting(limitBytes: 0)
      if run.isEmpty { break }
      let length = Int(run.load(as: UInt32.self))
      let found = UnsafeRawBufferPointer(rebasing: run[..<length])
      let expected = try takeRecord(of: i)
      if let expected, Replay.areEqual(expected.bytes, found) {
        states[i].verified += 1
        if expected.header.type == RecordType.ringFull.rawValue { dropFullMark(i, expected) }
      } else if expected != nil || summary.end == .finished {
        return ReplayDifference(stage: stage.name, expected: expected, found: Array(found), step: call.record)
      }
      stage.records.consumer.release(run.count)
    }
    // What stands next must begin a call: else the session wrote something here that the replay did not.
    guard let next = try nextRecord(of: i) else { return nil }
    if next.beginsCall, next.identifier != call.record.identifier { return nil }
    return ReplayDifference(stage: stage.name, expected: next, found: nil, step: call.record)
  }

  private mutating func dropFullMark(_ i: Int, _ record: JournalRecord) {
    guard let told = record.fixed(ChannelRecord.self), states[i].fullMarks.indices.contains(Int(told.channel)) else {
      return
    }
    _ = states[i].fullMarks[Int(told.channel)].popLast()
  }

  /// Equal in every byte but the checksum, which the journal filled in.
  private static func areEqual(_ expected: ArraySlice<UInt8>, _ found: UnsafeRawBufferPointer) -> Bool {
    guard expected.count == found.count else { return false }
    let checksum = RecordSeal.checksumOffset
    return expected.withUnsafeBytes { expected in
      expected[..<checksum].elementsEqual(found[..<checksum])
        && expected[(checksum + 4)...].elementsEqual(found[(checksum + 4)...])
    }
  }

  private mutating func nextRecord(of i: Int) throws(ReplayError) -> JournalRecord? {
    do throws(JournalError) { return try queues.peek(stages[i].number) } catch { throw .journal(error) }
  }

  private mutating func takeRecord(of i: Int) throws(ReplayError) -> JournalRecord? {
    do throws(JournalError) { return try queues.take(stages[i].number) } catch { throw .journal(error) }
  }

  /// What keeps each stage that still has records from going on.
  private func waits() -> [ReplayWait] {
    stages.indices.flatMap { i in
      guard let call = states[i].call else { return [ReplayWait]() }
      return stages[i].inputs.enumerated().compactMap { ring, gate in
        let present = gate.published - gate.consumed
        let needed = Int(call.consumed[ring])
        return present < needed
          ? ReplayWait(stage: stages[i].name, input: ring, needed: needed, present: present) : nil
      }
    }
  }

  private func result(_ outcome: ReplayOutcome) -> ReplayResult {
    ReplayResult(
      outcome: outcome,
      verified: Dictionary(uniqueKeysWithValues: stages.indices.map { (stages[$0].number, states[$0].verified) }),
      steps: steps, unverified: stages.reduce(0) { $0 + queues.remaining($1.number) }, end: summary.end)
  }
}
