// A control stage on a scripted channel beside a toy execution, and the same two again from their journal.

import CShims
import Control
import Foundation
import Journal
import Market
import Pipeline
import Risk

/// A channel without a socket: what is put in comes out of the next polls, what is sent is kept.
final class ScriptedChannel: MessageChannel {
  var waiting: [[UInt8]] = []
  private(set) var sent: [(client: UInt32, text: String)] = []
  /// Connections that are gone.
  var gone: Set<UInt32> = []
  private var current = UnsafeMutableRawBufferPointer.allocate(byteCount: 8_192, alignment: 16)
  private(set) var message = UnsafeRawBufferPointer(start: nil, count: 0)
  private(set) var messageTsc: UInt64 = 0
  var closeReason: CloseReason { .none }
  var isOpen: Bool { true }

  deinit { current.deallocate() }

  func poll(nowNs: Int64) -> ChannelEvent {
    guard !waiting.isEmpty else { return .idle }
    let bytes = waiting.removeFirst()
    current.copyBytes(from: bytes)
    message = UnsafeRawBufferPointer(rebasing: current[..<bytes.count])
    messageTsc += 1
    return .message
  }

  func send(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let (peer, reply) = ControlPeer.split(text), !gone.contains(peer.client) else { return false }
    sent.append((peer.client, String(decoding: reply, as: UTF8.self)))
    return true
  }

  func close(permanently: Bool) {}
}

/// What execution does with commands, as far as the control stage can see: it accepts what it can, and halts end.
struct ToyExecution: ~Copyable {
  var commands: RingConsumer<Command>
  var outcomes: RingProducer<CommandOutcome>
  var records: RecordProducer
  private(set) var taken: [Command] = []

  init(
    commands: consuming RingConsumer<Command>, outcomes: consuming RingProducer<CommandOutcome>,
    records: consuming RecordProducer
  ) {
    self.commands = commands
    self.outcomes = outcomes
    self.records = records
  }

  mutating func step(_ input: StepInput) -> Int {
    let count = min(commands.available(), 4)
    guard count > 0 else { return 0 }
    let step = StepRecord(input, consumed: SIMD4(UInt32(count), 0, 0, 0))
    _ = records.append(type: RecordType.step.rawValue, cause: 0, timeNs: input.nowNs, step)
    for i in 0..<count {
      let command = commands.peek(i).pointee
      taken.append(command)
      answer(CommandOutcome(command.value == 13 ? .refused : .accepted, of: command, refusal: .badValue, timeNs: 0))
      guard command.kind == .halt else { continue }
      answer(CommandOutcome(.completed, of: command, openOrders: 4, durationNs: 3_200_000, timeNs: input.nowNs))
    }
    commands.release(count)
    records.publish()
    return count
  }

  private mutating func answer(_ outcome: CommandOutcome) {
    _ = records.append(
      type: RecordType.commandOutcome.rawValue, cause: 0, timeNs: outcome.timeNs, outcome)
    _ = outcomes.tryPush(outcome)
  }
}

/// Both stages on their rings, live or from a journal.
final class ControlSession<Channel: MessageChannel & ~Copyable> {
  var control: ControlStage<Channel>
  var execution: ToyExecution
  let records: [RecordSource]
  let commands: RingGate
  let outcomes: RingGate

  init(_ channel: consuming Channel, hand: ControlSwitch, _ counters: ControlCounters) {
    let commandRing = GatedRing<Command>(capacity: 64)
    let outcomeRing = GatedRing<CommandOutcome>(capacity: 256)
    let controlRecords = RecordRing(stage: 5, capacityBytes: 1 << 20)
    let executionRecords = RecordRing(stage: 3, capacityBytes: 1 << 20)
    commands = commandRing.gate
    outcomes = outcomeRing.gate
    records = [RecordSource(controlRecords.consumer), RecordSource(executionRecords.consumer)]
    control = ControlStage(
      names: Scene.names, limits: Scene.limits, channel: channel, commands: commandRing.producer,
      outcomes: outcomeRing.consumer, records: controlRecords.producer, hand: hand, counters: counters,
      status: {
        var status = BotStatus()
        status.mode = "paper"
        return status
      })
    execution = ToyExecution(
      commands: commandRing.consumer, outcomes: outcomeRing.producer, records: executionRecords.producer)
  }

  /// Lets both ends of the rings see all that is there.
  func openGates() {
    for gate in [commands, outcomes] {
      gate.show(gate.published - gate.consumed)
      gate.free()
    }
  }
}

/// A session of the control plane as its users see it, recorded in a journal.
final class StageUnderTest {
  let channel: ScriptedChannel
  let session: ControlSession<ScriptedChannel>
  let words = ControlWords()
  let counters: ControlCounters
  /// The word where a signal put it; 0: none did.
  var signalEpoch: UInt32 = 0
  var nowNs: Int64 = 1_700_000_000_000_000_000
  private let scratch: ScratchDirectory
  private var writer: JournalWriter

  init(roles: ControlRoles? = nil) throws {
    channel = ScriptedChannel()
    counters = try Scene.counters()
    session = ControlSession(channel, hand: .live(words), counters)
    scratch = try ScratchDirectory()
    let journalCounters = JournalCounters(try CounterFile(capacityBytes: 64 << 10, entryCapacity: 32).counter)
    writer = try JournalWriter(
      directory: scratch.path, header: Self.header, sources: session.records, counters: journalCounters, nowNs: { 0 })
    channel.waiting.append(ControlPeer.session.message(try (roles ?? Scene.roles()).text.utf8))
  }

  private static var header: SessionHeader {
    SessionHeader(
      session: 1, startTimeNs: 0, bootEpoch: 1, seed: 0, build: "test", strategy: "none", captures: [],
      configuration: "", instruments: Scene.names.instruments, stages: [3: "execution", 5: "control"])
  }

  func ask(_ user: UInt32, client: UInt32 = 1, _ line: String) { ask(user, client: client, bytes: Array(line.utf8)) }

  func ask(_ user: UInt32, client: UInt32 = 1, bytes: [UInt8]) {
    channel.waiting.append(ControlPeer(client: client, user: user, group: 7, process: 77).message(bytes))
  }

  func stepControl() {
    session.openGates()
    nowNs += 1_000
    var flags = StepFlags()
    if signalEpoch != 0, signalEpoch == words.haltEpoch { flags.insert(.haltSignal) }
    _ = session.control.step(StepInput(nowNs: nowNs, haltEpoch: words.haltEpoch, flags: flags))
  }

  func stepExecution() {
    session.openGates()
    nowNs += 1_000
    _ = session.execution.step(StepInput(nowNs: nowNs, haltEpoch: words.haltEpoch))
  }

  /// Runs both until nothing is left to do.
  func run() {
    repeat {
      stepControl()
      stepExecution()
      _ = writer.poll()
    } while !channel.waiting.isEmpty
    stepControl()
  }

  /// What the client was told since the beginning.
  func replies(_ client: UInt32 = 1) -> [String] { channel.sent.filter { $0.client == client }.map(\.text) }

  /// Ends the journal and hands out its records.
  func records() throws -> [JournalRecord] {
    try writer.finish()
    var reader = try JournalReader(directory: scratch.path)
    var records: [JournalRecord] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  /// Runs the journal again. After `records`.
  func replay() throws -> ReplayResult {
    let script = ReplayScript(channel: 1)
    let again = ControlSession(ReplayMessageChannel(script), hand: .replay, try Scene.counters())
    let files = try JournalFiles(directory: scratch.path)
    var replay = try Replay(
      files, try JournalSummary(files),
      stages: [
        ReplayStage(
          number: 5, name: "control", inputs: [again.outcomes], outputs: [again.commands], channels: [script],
          records: again.records[0], step: { again.control.step($0) }),
        ReplayStage(
          number: 3, name: "execution", inputs: [again.commands], outputs: [again.outcomes],
          records: again.records[1], step: { again.execution.step($0) }),
      ])
    return try replay.run()
  }
}

/// A directory of its own, removed with everything in it.
final class ScratchDirectory {
  let path: String
  init() throws {
    // Short: a socket's path has 107 bytes at most.
    path = "\(FileManager.default.temporaryDirectory.path)/apus-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}
