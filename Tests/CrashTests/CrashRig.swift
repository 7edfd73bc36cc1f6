// Plays a seeded session of one bot against a venue, kills it at a chosen send, and starts it again until it is done.

import Execution
import Foundation
import Journal
import Market
import Pipeline
import Support
import Synchronization

final class SimulatedClock: Sendable {
  private let word = Atomic<Int64>(1_700_000_000_000_000_000)
  var nowNs: Int64 { word.load(ordering: .relaxed) }
  func advance(_ ns: Int64) { word.wrappingAdd(ns, ordering: .relaxed) }
}

/// Where in the life of a send the process dies.
enum CrashKind: String, CaseIterable {
  /// Its record is in the ring; nothing left the machine.
  case beforeSend = "before the send"
  /// The venue has it; a power cut takes the ring, and of the journal all behind some durable byte.
  case recordLost = "after the send, its record lost"
  /// The same, and what was sent reaches the venue only after the restart.
  case recordLostLate = "after the send, its record lost, arriving late"
  /// The venue has it and the record is safe; the answer never comes.
  case beforeAcknowledgement = "before the acknowledgement"
}

struct CrashPoint {
  var kind: CrashKind
  /// The send, counted over all processes of the run.
  var send: Int
}

/// One run: a session, its crashes, its restarts.
final class CrashRig {
  let clock = SimulatedClock()
  var venue: SurvivingVenue
  /// What every process sent, by name: the index is the send's number.
  private(set) var sends: [String] = []
  /// What went wrong, in words; nothing should.
  private(set) var complaints: [String] = []
  private(set) var crashes = 0
  private(set) var greens = 0
  private let directory: String
  private var random: SeededRandom
  private var points: [CrashPoint]
  private var bootEpoch: UInt32 = 1
  /// Answers under way, in the order in which they come.
  private var underWay: [(atNs: Int64, report: ExecutionReport)] = []
  private var late: (atNs: Int64, send: Send)?

  init(seed: UInt64, _ points: [CrashPoint]) throws {
    venue = SurvivingVenue(seed: seed &+ 1000)
    random = SeededRandom(seed)
    self.points = points
    // In memory: a sync there costs nothing, and the rings lie where a session has them.
    let root = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    directory = root + "/apus-crash-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  /// The whole run: turns of trading in all, however many processes it takes, then the orderly end.
  ///
  /// The first process only compares itself with the venue and ends: an account has a beginning from its first durable
  /// comparison on, and before that there is nothing that a position could be counted from.
  func run(turns: Int) throws {
    var left = 0
    let first = try CrashableBot(directory: directory, bootEpoch: bootEpoch, recovered: nil, clock: clock)
    _ = try live(first, &left)
    try first.finish()
    var recovered: AccountState? = try takeUp().state.begin(
      stage: CrashableBot.stageNumber, instruments: [CrashableBot.instrument])
    sends = []
    greens = 0
    bootEpoch += 1
    left = turns
    while true {
      let bot = try CrashableBot(directory: directory, bootEpoch: bootEpoch, recovered: recovered, clock: clock)
      if try !live(bot, &left) {
        crashes += 1
        recovered = try recover(bot)
        bootEpoch += 1
        continue
      }
      try bot.finish()
      return
    }
  }

  /// One process's life.
  ///
  /// - Returns: false when it crashed.
  private func live(_ bot: CrashableBot, _ left: inout Int) throws -> Bool {
    underWay = []
    venue.balances().forEach(bot.tell)
    bot.tell(ExecutionReport(kind: .sessionUp, venue: VenueIndex(0), receiveTimeNs: 0, cause: 0))
    var wasGreen = false
    var patience = 20_000
    while left > 0 || bot.openOrders > 0 || !underWay.isEmpty || !bot.isGreen {
      patience -= 1
      guard patience > 0 else {
        complaints.append("process \(bootEpoch) never ended: \(bot.openOrders) open, green \(bot.isGreen)")
        return true
      }
      let isTrading = left > 0
      turn(bot, isTrading: isTrading)
      bot.step(isStopping: !isTrading && bot.isGreen)
      while let send = bot.nextSend() {
        if case .order = send, !wasGreen { complaints.append("process \(bootEpoch) traded before green") }
        if !deliver(send) { return false }
      }
      if bot.isGreen && !wasGreen {
        wasGreen = true
        greens += 1
        compare(bot, "at green")
      }
      if wasGreen { left -= 1 }
    }
    compare(bot, "at the end")
    return true
  }

  /// The market and the strategy: it asks for orders in every state, also where it must be refused.
  private func turn(_ bot: CrashableBot, isTrading: Bool) {
    clock.advance(5_000_000)
    if let send = late, clock.nowNs >= send.atNs {
      late = nil
      answer(send.send)
    }
    for report in venue.trade() { underWay.append((clock.nowNs + 3_000_000, report)) }
    bot.touch()
    while let next = underWay.first, next.atNs <= clock.nowNs {
      bot.tell(next.report)
      underWay.removeFirst()
      if underWay.count > 0, underWay[0].atNs <= clock.nowNs, Int.random(in: 0..<4, using: &random) == 0 { break }
    }
    guard isTrading else { return }
    if Int.random(in: 0..<3, using: &random) == 0 {
      let side: Side = Bool.random(using: &random) ? .buy : .sell
      bot.place(side, away: .random(in: 1000...20_000, using: &random), lots: .random(in: 1...5000, using: &random))
    }
    if Int.random(in: 0..<4, using: &random) == 0, let intent = bot.placed.suffix(6).randomElement(using: &random) {
      bot.cancel(intent)
    }
  }

  /// Hands a send to the venue, or dies at it.
  ///
  /// - Returns: false when the process is dead.
  private func deliver(_ send: Send) -> Bool {
    let number = sends.count
    sends.append(send.name)
    guard bootEpoch > 1, let point = points.first, point.send == number else {
      answer(send)
      return true
    }
    switch point.kind {
    case .beforeSend: break
    case .recordLost, .beforeAcknowledgement: answer(send)
    case .recordLostLate: late = (clock.nowNs + 1_000_000_000, send)
    }
    return false
  }

  private func answer(_ send: Send) {
    var reports: [ExecutionReport]
    switch send {
    case .order(let order): reports = venue.place(order)
    case .request(let request) where request.kind == .cancel: reports = [venue.cancel(request.clientOrder)]
    case .request(let request) where request.kind == .cancelAll:
      reports = venue.open.map { venue.cancel($0.clientOrder) }
    case .request(let request): reports = venue.answer(request)
    }
    if Int.random(in: 0..<3, using: &random) == 0 { reports += venue.balances() }
    let atNs = max(underWay.last?.atNs ?? 0, clock.nowNs + .random(in: 1...15, using: &random) * 1_000_000)
    underWay += reports.map { (atNs, $0) }
  }

  /// What the next start finds, and makes of it.
  private func recover(_ bot: CrashableBot) throws -> AccountState {
    let point = points.removeFirst()
    if point.kind == .recordLost || point.kind == .recordLostLate { try cutPower(bot) }
    let recovered = try takeUp()
    if try takeUp().state != recovered.state {
      complaints.append("recovered twice, process \(bootEpoch) is two accounts")
    }
    if recovered.wasClean { complaints.append("process \(bootEpoch) crashed and is called clean") }
    return try recovered.state.begin(stage: CrashableBot.stageNumber, instruments: [CrashableBot.instrument])
  }

  private func takeUp() throws -> RecoveredSession<AccountState> {
    try Recovery.run(
      journalDirectory: directory + "/journal-\(bootEpoch)", ringDirectory: directory,
      begin: { header in
        header.account.isEmpty
          ? AccountState(stage: CrashableBot.stageNumber, instruments: header.instruments)
          : try AccountState(encoded: header.account)
      }, decode: { try AccountState(encoded: $0) })
  }

  /// A power cut: the ring in memory is gone, and the last segment ends somewhere behind what is known to be durable.
  private func cutPower(_ bot: CrashableBot) throws {
    try FileManager.default.removeItem(atPath: directory + "/" + Recovery.ringFile("execution"))
    let segment = max(1, bot.durable.segment)
    let bytes = bot.segmentBytes(segment)
    let header = Int(bytes.withUnsafeBytes { $0.load(fromByteOffset: 12, as: UInt32.self) })
    let cut = Int.random(in: max(header, bot.durable.bytes)...bytes.count, using: &random)
    try Data(bytes[..<cut]).write(to: URL(fileURLWithPath: bot.segmentPath(segment)))
  }

  /// Orders, position and balances: the same on both sides, to the unit.
  private func compare(_ bot: CrashableBot, _ moment: String) {
    let isEnd = moment == "at the end"
    let ours = venue.open.filter { $0.clientOrder.rawValue >> 40 < UInt64(bootEpoch) || isEnd }
    if !ours.isEmpty { complaints.append("\(moment) of process \(bootEpoch) \(ours.count) orders are open") }
    if bot.positionLots != venue.positionLots {
      complaints.append("\(moment) of process \(bootEpoch) position \(bot.positionLots), venue \(venue.positionLots)")
    }
    for asset in SurvivingVenue.initial.keys.sorted() where bot.computed(asset) != venue.total(asset) {
      complaints.append(
        "\(moment) of process \(bootEpoch) \(asset) \(bot.computed(asset) ?? -1), venue \(venue.total(asset))")
    }
    if !venue.repeated.isEmpty { complaints.append("sent twice: \(venue.repeated)") }
    if bot.count("instrument_halts") > 0 { complaints.append("process \(bootEpoch) halted its instrument") }
  }
}
