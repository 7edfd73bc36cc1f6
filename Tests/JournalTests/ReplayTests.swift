// Replay: a recorded session of toy stages is found equal, and whatever is not equal is found.

import Foundation
import Journal
import Market
import Pipeline
import Testing

/// Runs the toy session in an order that only the seed knows, and journals it.
private func record(seed: UInt64, rounds: Int, _ directory: String, isFinished: Bool = true) throws {
  var generator = SeededGenerator(seed: seed)
  let numbers = Ring<UInt64>(capacity: 64)
  let echoes = Ring<UInt64>(capacity: 16)
  let feedRecords = RecordRing(stage: 1, capacityBytes: 16384)
  let deciderRecords = RecordRing(stage: 2, capacityBytes: 16384)
  var feed = ToyFeed(
    channel: ToyChannel(seed: seed &+ 1), output: numbers.producer, records: feedRecords.producer)
  var decider = ToyDecider(
    input: numbers.consumer, echoes: echoes.consumer, output: echoes.producer, records: deciderRecords.producer)
  var writer = try JournalWriter(
    directory: directory, header: sessionHeader(),
    // The consumer before the producer: what a cut leaves is then not always what a replay can run to its end.
    sources: [RecordSource(deciderRecords.consumer), RecordSource(feedRecords.consumer)],
    counters: try journalCounters(), options: JournalOptions(segmentBytes: 100_000), nowNs: { 0 })
  var nowNs: Int64 = 0
  var haltEpoch: UInt32 = 0
  for round in 0..<rounds {
    nowNs += Int64.random(in: 0...200, using: &generator)  // 0: two calls of one time
    if Int.random(in: 0..<100, using: &generator) == 0 { haltEpoch += 1 }
    let flags: StepFlags = round > rounds * 9 / 10 ? .stopping : []
    if Int.random(in: 0..<5, using: &generator) < 3 {
      _ = feed.step(StepInput(nowNs: nowNs))
    } else {
      _ = decider.step(StepInput(nowNs: nowNs, haltEpoch: haltEpoch, flags: flags))
    }
    if round % 10 == 0 { _ = writer.poll() }
  }
  while writer.poll() > 0 {}
  if isFinished { try writer.finish() }
}

/// Replays it with fresh stages on gated rings and scripted channels.
private func replay(_ directory: String, spoiledStep: Int = -1) throws -> ReplayResult {
  let numbers = GatedRing<UInt64>(capacity: 256)
  let echoes = GatedRing<UInt64>(capacity: 64)
  let feedRecords = RecordRing(stage: 1, capacityBytes: 16384)
  let deciderRecords = RecordRing(stage: 2, capacityBytes: 16384)
  let script = ReplayScript(channel: 0)
  let (numbersGate, echoesGate) = (numbers.gate, echoes.gate)
  var feed = ToyFeed(
    channel: ReplayMessageChannel(script), output: numbers.producer, records: feedRecords.producer)
  var decider = ToyDecider(
    input: numbers.consumer, echoes: echoes.consumer, output: echoes.producer, records: deciderRecords.producer)
  decider.spoiledStep = spoiledStep
  let files = try JournalFiles(directory: directory)
  var replay = try Replay(
    files, try JournalSummary(files),
    stages: [
      ReplayStage(
        number: 1, name: "feed", outputs: [numbersGate], channels: [script],
        records: RecordSource(feedRecords.consumer), step: { feed.step($0) }),
      ReplayStage(
        number: 2, name: "decider", inputs: [numbersGate, echoesGate], outputs: [echoesGate],
        records: RecordSource(deciderRecords.consumer), step: { decider.step($0) }),
    ])
  return try replay.run()
}

@Suite("Replay")
struct ReplayTests {
  @Test("a session is written again byte for byte, full rings, refused sends and halts included", arguments: 1...5)
  func equal(seed: UInt64) throws {
    let scratch = try ScratchDirectory()
    try record(seed: seed, rounds: 8000, scratch.path)
    let summary = try JournalSummary(JournalFiles(directory: scratch.path))
    for type: RecordType in [.step, .frame, .channel, .sendRefused, .ringFull, .sent] {
      #expect(summary.types[1]?[type.rawValue] ?? 0 > 10, "the session has \(type) records")
    }
    let result = try replay(scratch.path)
    #expect(result.isEqual, "\(result.outcome)")
    #expect(result.verified == summary.records && result.unverified == 0)
  }

  @Test("a flipped decision is found at its record, with both records")
  func flipped() throws {
    let scratch = try ScratchDirectory()
    try record(seed: 3, rounds: 5000, scratch.path)
    for step in [1, 17, 300] {
      let result = try replay(scratch.path, spoiledStep: step)
      guard case .different(let difference) = result.outcome else {
        Issue.record("step \(step): not found")
        continue
      }
      #expect(difference.stage == "decider" && difference.expected?.header.type == RecordType.intent.rawValue)
      #expect(difference.expected?.header.stage == 2 && difference.found != nil)
      let text = JournalText(stages: [1: "feed", 2: "decider"]).text(difference)
      #expect(text.contains("session: ") && text.contains("replay:  1970-01-01T"))
    }
  }

  @Test("a journal cut anywhere is equal as far as it goes")
  func torn() throws {
    let scratch = try ScratchDirectory()
    try record(seed: 4, rounds: 400, scratch.path, isFinished: false)
    let whole = try scratch.bytes("journal-000001.apj")
    #expect(try replay(scratch.path).isEqual)
    var unverified: UInt64 = 0
    for count in stride(from: whole.count - 1, to: whole.count - 3000, by: -83) {
      try scratch.write(Array(whole.prefix(count)), "journal-000001.apj")
      let result = try replay(scratch.path)
      #expect(result.isEqual, "\(result.outcome)")
      unverified = max(unverified, result.unverified)
    }
    #expect(unverified > 0, "some cut leaves a step without what it consumed")
  }

  @Test("a journal that lacks the records of a stage says who waits for what")
  func stuck() throws {
    let scratch = try ScratchDirectory()
    let decider = RecordRing(stage: 2, capacityBytes: 4096)
    var producer = decider.producer
    _ = producer.append(
      type: RecordType.step.rawValue, cause: 0, timeNs: 0,
      StepRecord(StepInput(nowNs: 0), consumed: SIMD4(5, 0, 0, 0)))
    producer.publish()
    var writer = try JournalWriter(
      directory: scratch.path, header: sessionHeader(), sources: [RecordSource(decider.consumer)],
      counters: try journalCounters(), nowNs: { 0 })
    try writer.finish()
    let result = try replay(scratch.path)
    guard case .stuck(let waits) = result.outcome else {
      Issue.record("\(result.outcome)")
      return
    }
    #expect(waits.map(\.description) == ["decider waits for 5 elements of input 0 and has 0"])
  }

  @Test("a stage or channel that the session does not have is an error")
  func unknown() throws {
    for stage: UInt8 in [1, 9] {
      let scratch = try ScratchDirectory()
      let ring = RecordRing(stage: stage, capacityBytes: 4096)
      var producer = ring.producer
      _ = producer.append(
        type: RecordType.channel.rawValue, cause: 0, timeNs: 0, ChannelRecord(channel: 7, event: 1, reason: 0))
      producer.publish()
      var writer = try JournalWriter(
        directory: scratch.path, header: sessionHeader(), sources: [RecordSource(ring.consumer)],
        counters: try journalCounters(), nowNs: { 0 })
      try writer.finish()
      let expected: ReplayError = stage == 9 ? .unknownStage(9) : .unknownChannel(stage: "feed", channel: 7)
      #expect(throws: expected) { _ = try replay(scratch.path) }
    }
  }
}
