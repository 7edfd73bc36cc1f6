// A stage as the replay's driver sees it: its step, its ring ends through gates, its channels through scripts.

public import Market
public import Pipeline

/// A stage of a replayed session, made by whoever wires sessions, with the very code that ran live.
///
/// All of a session's stages are made anew from the journal's header. Where a session has a `Ring`, its replay has a
/// `GatedRing` of at least twice the capacity; where it has a live channel, a `ReplayMessageChannel` or
/// `ReplayRequestChannel`. Record rings are as large as the session's or larger. A stage does what is due and what its
/// rings hold first, and asks its channels then; each input that makes it work has a record of its own.
public struct ReplayStage {
  /// The number in the stage's records.
  public let number: UInt8
  public let name: String
  /// The input rings in the order of `StepRecord.consumed`; at most four.
  let inputs: [RingGate]
  /// All output rings, in the order of their numbers in `.ringFull` records: one that is not named here stays shut.
  let outputs: [RingGate]
  let channels: [ReplayScript]
  let records: RecordSource
  let step: (StepInput) -> Int

  public init(
    number: UInt8, name: String, inputs: [RingGate] = [], outputs: [RingGate] = [], channels: [ReplayScript] = [],
    records: RecordSource, step: @escaping (StepInput) -> Int
  ) {
    precondition(inputs.count <= StepRecord.ringLimit, "a step record counts at most four input rings")
    self.number = number
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.channels = channels
    self.records = records
    self.step = step
  }
}

extension StepRecord {
  /// Input rings that a step record can count.
  static var ringLimit: Int { 4 }
}
