// The control stage: what is commanded, what is recorded, and that a replay does the same.

import Control
import Foundation
import Journal
import Market
import Pipeline
import Risk
import Support
import Testing

@Suite("Control stage")
struct StageTests {
  private func commands(_ records: [JournalRecord]) -> [Command] {
    records.filter { $0.header.type == RecordType.command.rawValue }.compactMap { record in
      record.payload.withUnsafeBytes {
        $0.count == MemoryLayout<Command>.size ? $0.loadUnaligned(as: Command.self) : nil
      }
    }
  }

  private func line(_ verb: ControlVerb, instrument: String? = nil, reason: String = "test") -> String {
    var request = ControlRequest(verb, reason: reason)
    request.instrument = instrument
    return request.text
  }

  @Test("a halt is told sent, accepted and completed, with time and orders; its word is raised")
  func halt() throws {
    let stage = try StageUnderTest()
    stage.ask(User.trader, line(.halt, instrument: "BTCUSDT"))
    stage.run()
    #expect(
      stage.replies() == [
        #"{"result":"sent","command":"halt","number":1,"haltEpoch":1}"#,
        #"{"result":"accepted","command":"halt","number":1}"#,
        #"{"result":"completed","command":"halt","number":1,"orders":4,"durationNs":3200000}"#,
      ])
    #expect(stage.words.haltEpoch == 1)
    #expect(stage.session.execution.taken.map(\.haltEpoch) == [1])
  }

  @Test("the word is raised when the command is in its ring, and by a halt alone")
  func order() throws {
    let words = ControlWords()
    let stage = try StageUnderTest()
    stage.ask(User.trader, line(.pause))
    stage.run()
    #expect(stage.words.haltEpoch == 0)
    // Seen from the hand itself: by the time that it raises the word, the ring has the command.
    final class Seen: @unchecked Sendable {  // Safe: used by this thread alone.
      var published: [Int] = []
      var gate: RingGate?
    }
    let seen = Seen()
    let channel = ScriptedChannel()
    let hand = ControlSwitch(
      raise: {
        seen.published.append(seen.gate?.published ?? -1)
        words.halt()
      }, stop: {})
    let session = ControlSession(channel, hand: hand, try Scene.counters())
    seen.gate = session.commands
    channel.waiting = [
      ControlPeer.session.message(try Scene.roles().text.utf8),
      ControlPeer(client: 1, user: User.trader).message(line(.halt).utf8),
    ]
    for _ in 0..<2 {
      session.openGates()
      _ = session.control.step(StepInput(nowNs: 1))
    }
    #expect(seen.published == [1] && words.haltEpoch == 1)
  }

  @Test("a wrong user moves nothing: no command, no word, a refusal on record")
  func wrongUser() throws {
    let stage = try StageUnderTest()
    for verb in ControlVerb.allCases {
      for user in [User.stranger, User.viewer] where user == User.stranger || verb != .status {
        var request = ControlRequest(verb, reason: "test")
        if verb == .setLimit { (request.limit, request.value) = ("ordersPerSecond", "1") }
        if verb == .confirm { request.number = 1 }
        stage.ask(user, request.text)
      }
    }
    stage.run()
    #expect(stage.session.execution.taken.isEmpty)
    #expect(stage.words.haltEpoch == 0 && !stage.words.isStopping)
    #expect(stage.replies().count == 2 * ControlVerb.allCases.count - 1)
    #expect(stage.replies().allSatisfy { $0.hasPrefix(#"{"result":"refused""#) })
    let records = try stage.records()
    #expect(commands(records).isEmpty)
    #expect(records.count { $0.header.type == RecordType.sent.rawValue } == stage.replies().count)
  }

  @Test("every command on record names its request, which names user, group, process and reason")
  func records() throws {
    let stage = try StageUnderTest()
    stage.ask(User.trader, line(.pause, reason: "lunch"))
    stage.ask(User.riskA, line(.flatten, instrument: "ETHUSDT", reason: "too long"))
    stage.run()
    let records = try stage.records()
    let commands = commands(records)
    #expect(commands.map(\.kind) == [.pause, .flatten])
    for (command, reason) in zip(commands, ["lunch", "too long"]) {
      let frame = try #require(
        records.first { $0.header.stage == 5 && $0.identifier.rawValue == command.cause })
      #expect(frame.header.type == RecordType.frame.rawValue)
      let message = Array(frame.payload.dropFirst(MemoryLayout<FrameRecord>.size))
      let (peer, text) = try #require(message.withUnsafeBytes { ControlPeer.split($0) })
      #expect(peer == ControlPeer(client: 1, user: command.user, group: 7, process: 77))
      #expect(try ControlRequest(text).reason == reason)
    }
  }

  @Test("a word that others raised becomes a halt of everything on record, once, with its origin")
  func foreignHalt() throws {
    let stage = try StageUnderTest()
    stage.run()
    stage.words.halt()
    stage.run()
    stage.signalEpoch = stage.words.halt()
    stage.run()
    stage.ask(User.trader, line(.halt, instrument: "BTCUSDT"))
    stage.run()
    let taken = stage.session.execution.taken
    #expect(taken.map(\.origin) == [.guardProcess, .signal, .user])
    #expect(taken.map(\.haltEpoch) == [1, 2, 3])
    #expect(taken.map(\.scope) == [.all, .all, .instrument])
  }

  @Test("a word that others raised while a halt of one instrument went out halts everything")
  func racingHalt() throws {
    let words = ControlWords()
    let channel = ScriptedChannel()
    // The guard is quicker by a moment: its word and ours make two.
    let hand = ControlSwitch(
      raise: {
        words.halt()
        words.halt()
      }, stop: {})
    let session = ControlSession(channel, hand: hand, try Scene.counters())
    channel.waiting = [
      ControlPeer.session.message(try Scene.roles().text.utf8),
      ControlPeer(client: 1, user: User.trader).message(line(.halt, instrument: "BTCUSDT").utf8),
    ]
    for _ in 0..<4 {
      session.openGates()
      _ = session.control.step(StepInput(nowNs: 1, haltEpoch: words.haltEpoch))
      _ = session.execution.step(StepInput(nowNs: 1, haltEpoch: words.haltEpoch))
    }
    #expect(session.execution.taken.map(\.scope) == [.instrument, .all])
    #expect(session.execution.taken.map(\.haltEpoch) == [1, 2])
  }

  @Test("status is answered and leaves no trace in journal or numbers")
  func status() throws {
    let stage = try StageUnderTest()
    stage.ask(User.viewer, ControlRequest(.status).text)
    stage.run()
    let report = try JSONDecoder().decode(StatusReport.self, from: Data(stage.replies()[0].utf8))
    #expect(report.bot.mode == "paper" && report.pending.isEmpty)
    #expect(report.limits.first { $0.name == "maximumPosition" && $0.instrument == "ETHUSDT" }?.value == "10.0000")
    #expect(stage.counters.statuses.value == 1 && stage.counters.requests.value == 0)
    #expect(try stage.records().filter { $0.header.stage == 5 }.count == 1, "the roles alone")
  }

  @Test("scopes have the names that commands take, whatever is halted beside them")
  func scopeNames() {
    let set = ScopeSet(isEverything: true, venues: 0b11, instruments: 0b110, strategies: 1 << 63 | 1)
    #expect(
      Scene.names.words(set) == [
        "all", "venue binance", "venue 1", "instrument ETHUSDT", "instrument 2", "strategy 0", "strategy 63",
      ])
    #expect(Scene.names.words(ScopeSet()).isEmpty)
  }

  @Test("status names what waits for a second user, with who asked and why")
  func pendingInStatus() throws {
    let stage = try StageUnderTest()
    var request = ControlRequest(.setLimit, reason: "new desk limit")
    (request.limit, request.value, request.instrument) = ("maximumPosition", "2.5", "BTCUSDT")
    stage.ask(User.riskA, request.text)
    stage.ask(User.viewer, client: 2, ControlRequest(.status).text)
    stage.run()
    #expect(
      stage.replies() == [#"{"result":"pending","command":"set-limit","number":1,"secondsLeft":600}"#])
    let report = try JSONDecoder().decode(StatusReport.self, from: Data(stage.replies(2)[0].utf8))
    let pending = try #require(report.pending.first)
    #expect(pending.number == 1 && pending.name == "maximumPosition" && pending.instrument == "BTCUSDT")
    #expect(pending.value == "2.50000" && pending.user == User.riskA && pending.reason == "new desk limit")
    #expect(pending.secondsLeft == 599, "whole seconds that are left")
    #expect(report.limits.first { $0.name == "maximumPosition" }?.value == "1.00000")
  }

  @Test("stop begins the end and says so")
  func stop() throws {
    let stage = try StageUnderTest()
    stage.ask(User.riskA, line(.stop))
    stage.run()
    #expect(stage.words.isStopping)
    #expect(stage.replies() == [#"{"result":"stopping"}"#])
  }

  @Test("without room for a step's commands nothing is taken, and all of it when there is room again")
  func noRoom() throws {
    let stage = try StageUnderTest()
    for _ in 0..<80 { stage.ask(User.trader, line(.cancel)) }
    for _ in 0..<90 { stage.stepControl() }
    #expect(stage.counters.stalls.value > 0)
    #expect(stage.channel.waiting.count == 80 - 63, "the ring of 64 keeps room for two")
    for _ in 0..<(80 / 4) { stage.run() }
    #expect(stage.session.execution.taken.count == 80)
    #expect(Set(stage.session.execution.taken.map(\.number)).count == 80)
  }

  @Test("a journal of everything at once is replayed byte for byte", arguments: [1, 2, 3, 4, 5, 6])
  func replay(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let stage = try StageUnderTest()
    let users = [User.viewer, User.trader, User.riskA, User.riskB, User.stranger]
    for _ in 0..<2_000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0: stage.stepExecution()
      case 1...3: stage.stepControl()
      case 4 where Int.random(in: 0..<20, using: &random) == 0: stage.words.halt()
      case 5 where Int.random(in: 0..<20, using: &random) == 0: stage.signalEpoch = stage.words.halt()
      case 6: stage.channel.gone = [UInt32.random(in: 0..<8, using: &random)]
      case 7: stage.nowNs += Int64.random(in: 0...60_000_000_000, using: &random)
      default:
        stage.ask(
          users.randomElement(using: &random)!, client: UInt32.random(in: 1..<8, using: &random),
          Self.request(&random))
      }
    }
    stage.run()
    stage.run()
    let records = try stage.records()
    let result = try stage.replay()
    if case .different(let difference) = result.outcome {
      Issue.record("\(JournalText(stages: [3: "execution", 5: "control"]).text(difference))")
    }
    #expect(result.isEqual && result.unverified == 0)
    func count(_ type: RecordType) -> Int { records.count { $0.header.type == type.rawValue } }
    #expect(count(.command) > 100 && count(.sendRefused) > 5 && count(.sent) > 300)
    #expect(
      commands(records).contains { $0.origin == .signal } || commands(records).contains { $0.origin == .guardProcess })
    #expect(commands(records).contains { $0.kind == .setLimit })
  }

  /// A request as people make them, now and then a wrong one.
  private static func request(_ random: inout SeededRandom) -> String {
    var request = ControlRequest(ControlVerb.allCases.randomElement(using: &random)!, reason: "seeded")
    if request.verb.takesScope, Bool.random(using: &random) {
      request.instrument = ["BTCUSDT", "ETHUSDT", "XRPUSDT"].randomElement(using: &random)
    }
    if request.verb == .setLimit {
      request.limit = ["ordersPerSecond", "maximumOpenOrders"].randomElement(using: &random)
      request.value = String(Int.random(in: 0...30, using: &random))
      if request.limit == "maximumOpenOrders" { request.instrument = "ETHUSDT" }
    }
    if request.verb == .confirm { request.number = UInt64.random(in: 1...300, using: &random) }
    var bytes = Array(request.text.utf8)
    if Int.random(in: 0..<10, using: &random) == 0 {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0..<128, using: &random)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// With no right at all, nothing that can be sent may move anything.
  @Test("seeded mutations from a wrong user: no command, no word, whatever the bytes", arguments: [1, 2])
  func mutations(seed: UInt64) throws {
    var random = SeededRandom(seed)
    let stage = try StageUnderTest()
    for _ in 0..<3_000 {
      var bytes = Array(Self.request(&random).utf8)
      for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      stage.ask([User.stranger, User.viewer].randomElement(using: &random)!, bytes: bytes)
      stage.run()
    }
    #expect(stage.session.execution.taken.isEmpty && stage.words.haltEpoch == 0 && !stage.words.isStopping)
    #expect(stage.counters.refused.value == stage.counters.requests.value)
    #expect(stage.counters.refused.value > 2_000)
  }
}
