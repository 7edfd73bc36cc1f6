// The real stages on a fake venue: what they did in a session they do again in its replay.

import Journal
import Market
import Pipeline
import Testing
import Venues

/// Records a session of `rounds` steps of a stage chosen by the seed, with a halt and an orderly end.
private func recordSession(seed: UInt64, rounds: Int, _ directory: String) throws {
  let venue = FakeVenue(seed: seed)
  let session = try CoreSession(
    first: FakeConnection(venue, market: 0), second: FakeConnection(venue, market: 1),
    requests: FakeRequests(venue), orders: FakeConnection(venue, orders: 0), spare: FakeConnection(venue, orders: 1),
    flippedDecision: -1)
  var writer = try JournalWriter(
    directory: directory, header: sessionHeader(), sources: session.records, counters: try journalCounters(),
    nowNs: { 0 })
  var generator = SeededGenerator(seed: seed &+ 1)
  var nowNs: Int64 = 1_700_000_000_000_000_000
  for round in 0..<rounds {
    nowNs += Int64.random(in: 0...2_000_000, using: &generator)
    let stage = Int.random(in: 0..<4, using: &generator)
    session.openGates(stage)
    venue.timeMs = nowNs / 1_000_000
    _ = session.step(
      stage,
      StepInput(
        nowNs: nowNs, haltEpoch: round > rounds * 8 / 10 ? 1 : 0, flags: round > rounds * 9 / 10 ? .stopping : []))
    if round % 20 == 0 { _ = writer.poll() }
  }
  try writer.finish()
}

private func replaySession(_ directory: String, flippedDecision: Int = -1) throws -> (ReplayResult, JournalSummary) {
  let scripts = [0, 1, BinanceFeed.requestChannel, 0, 1].map { ReplayScript(channel: $0) }
  let session = try CoreSession(
    first: ReplayMessageChannel(scripts[0]), second: ReplayMessageChannel(scripts[1]),
    requests: ReplayRequestChannel(scripts[2]), orders: ReplayMessageChannel(scripts[3]),
    spare: ReplayMessageChannel(scripts[4]), flippedDecision: flippedDecision)
  let channels = [[scripts[0], scripts[1], scripts[2]], [], [], [scripts[3], scripts[4]]]
  let files = try JournalFiles(directory: directory)
  let summary = try JournalSummary(files)
  var replay = try Replay(
    files, summary,
    stages: (0..<4).map { stage in
      ReplayStage(
        number: UInt8(stage + 1), name: CoreSession<ReplayMessageChannel, ReplayRequestChannel>.names[stage],
        inputs: session.inputs[stage], outputs: session.outputs[stage], channels: channels[stage],
        records: session.records[stage], step: { session.step(stage, $0) })
    })
  return (try replay.run(), summary)
}

@Suite("Replay of the real stages")
struct CoreReplayTests {
  private func count(_ summary: JournalSummary, _ stage: UInt8, _ type: RecordType) -> UInt64 {
    summary.types[stage]?[type.rawValue] ?? 0
  }

  @Test("feed, strategy, execution and gateway write the same records again", arguments: [1, 2, 4])
  func equal(seed: UInt64) throws {
    let scratch = try ScratchDirectory()
    try recordSession(seed: seed, rounds: 12_000, scratch.path)
    let (result, summary) = try replaySession(scratch.path)
    if case .different(let difference) = result.outcome {
      Issue.record("\(JournalText(stages: [1: "feed", 2: "strategy", 3: "execution", 4: "gateway"]).text(difference))")
    }
    #expect(result.isEqual && result.unverified == 0)
    #expect(result.verified == summary.records)
    #expect(count(summary, 1, .response) > 0 && count(summary, 1, .stream) > 0, "the book was synchronised")
    #expect(count(summary, 3, .order) > 20 && count(summary, 3, .request) > 5, "orders and cancels were sent")
    #expect(count(summary, 4, .report) > 50 && count(summary, 4, .sent) > 30, "the venue answered")
    #expect(count(summary, 4, .channel) > 5, "the order session went from one connection to the other")
  }

  @Test("a flipped decision is found where it was taken", arguments: [1, 40])
  func flipped(decision: Int) throws {
    let scratch = try ScratchDirectory()
    try recordSession(seed: 2, rounds: 10_000, scratch.path)
    let (result, _) = try replaySession(scratch.path, flippedDecision: decision)
    guard case .different(let difference) = result.outcome else {
      Issue.record("not found: \(result.outcome)")
      return
    }
    #expect(difference.stage == "strategy")
    #expect(difference.expected?.header.type == RecordType.intent.rawValue || difference.found != nil)
  }
}
