// Fault plans as text, the draw of faults, and what each does to a connection.

import Foundation
import Market
import Simulation
import Testing
import VenueFront

struct FaultPlanTests {
  @Test func readsEveryPart() throws {
    let plan = try FaultPlan(
      parsing: """
        seed 7; latency 100us..2ms   # both ways
        clock -250ms
        reply.late 0.5% 10ms..3s method=order.cancel
        request.cut once@3 key=bot connection=2
        """)
    #expect(plan.seed == 7 && plan.latencyNs == 100_000...2_000_000 && plan.clockOffsetNs == -250_000_000)
    #expect(plan.rules.map(\.kind) == [.replyLate, .requestCut])
    #expect(plan.rules[0].chance == 5_000 && plan.rules[0].delayNs == 10_000_000...3_000_000_000)
    #expect(plan.rules[0].method == "order.cancel")
    #expect(plan.rules[1].ordinal == 3 && plan.rules[1].key == "bot" && plan.rules[1].connection == 2)
    #expect(try FaultPlan(parsing: "") == FaultPlan())
  }

  @Test(arguments: [
    "reply.late 5%", "reply.late", "reply.gone 5%", "reply.lost 101%", "reply.lost 5% 3s..1s", "reply.lost 5% who=me",
    "seed x", "latency 5", "reply.lost once@0", "clock soon", "reply.lost 5% 99999999999999s",
  ])
  func namesWhatItCannotRead(_ text: String) {
    let error = #expect(throws: FaultPlanError.self) { try FaultPlan(parsing: text) }
    #expect(error?.description.hasPrefix(text) == true)
  }
}

struct FaultDocumentTests {
  @Test func everyFaultIsDescribed() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/simulation.md"), encoding: .utf8)
    for fault in FaultKind.allCases { #expect(text.contains("`\(fault.rawValue)`"), "\(fault.rawValue)") }
  }
}

struct FaultDeskTests {
  @Test func drawsTheSameFaultsFromTheSameSeed() throws {
    func faults(_ seed: Int) throws -> [FaultKind?] {
      let desk = FaultDesk(try FaultPlan(parsing: "seed \(seed); reply.lost 30%; reply.twice 30%; event.lost 50%"))
      return (0..<500).map { _ in desk.draw(.reply, FaultSubject(connection: 1))?.kind }
    }
    #expect(try faults(3) == faults(3))
    #expect(try faults(3) != faults(4))
    let counts = Dictionary(grouping: try faults(5), by: { $0 }).mapValues(\.count)
    // 30 % of 500, and 30 % of what is left; five standard deviations are 51.
    #expect(abs(counts[.replyLost, default: 0] - 150) < 52 && abs(counts[.replyTwice, default: 0] - 105) < 46)
  }

  @Test func strikesWhatTheRuleIsFor() throws {
    let desk = FaultDesk(try FaultPlan(parsing: "request.lost once@2 method=order.place key=bot"))
    let place = FaultSubject(method: "order.place", key: "bot", connection: 1)
    #expect(desk.draw(.request, place) == nil)
    #expect(desk.draw(.request, FaultSubject(method: "order.cancel", key: "bot", connection: 1)) == nil)
    #expect(desk.draw(.request, FaultSubject(method: "order.place", key: "guard", connection: 1)) == nil)
    #expect(desk.draw(.request, place)?.kind == .requestLost)
    #expect(desk.draw(.request, place) == nil)
    #expect(desk.countsText == #"{"request.lost":1}"#)
  }
}

/// A connection with faults before a real exchange, and what reached its client.
private final class Line {
  let desk: ExchangeDesk
  let faults: FaultDesk
  private(set) var connection: FaultyConnection!
  private(set) var received: [String] = []
  private var nextId = 0
  var nowNs: Int64 = 0

  init(_ plan: String, latency: EmpiricalLatency? = nil, speed: Double = 1) throws {
    desk = try ExchangeDesk()
    faults = FaultDesk(try FaultPlan(parsing: plan), latency: latency, speed: speed)
    connection = FaultyConnection(OrderConnection(desk.exchange, returnsRateLimits: false), faults) { [unowned self] in
      switch $0 {
      case .text(let text): received.append(text)
      case .close: received.append("closed")
      case .broken: received.append("broken")
      }
    }
    desk.exchange.onUserEvent = { [unowned self] in connection.tell($0, nowNs: nowNs) }
    try send("userDataStream.subscribe.signature")
    while connection.nextDueNs < .max { wait(connection.nextDueNs - nowNs) }
    received = []
  }

  /// Sends a signed request; times are the exchange's own.
  func send(_ method: String, _ parameters: String = "") throws {
    nextId += 1
    let text = try desk.signedRequest(nextId, method, parameters)
    connection.receive(Array(text.utf8), nowNs: nowNs)
  }

  func place() throws {
    try send("order.place", "symbol=SYNUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=50000&quantity=0.001")
  }

  func wait(_ ns: Int64) {
    nowNs += ns
    connection.advance(nowNs: nowNs)
  }

  /// What the client got: statuses of replies and kinds of events, in their order.
  var story: [String] {
    received.map { text in
      guard let json = JSONValue(parsing: text.utf8) else { return text }
      return json["event"]?["e"]?.scalarText ?? json["status"]?.scalarText ?? text
    }
  }

  var orders: Int { desk.exchange.engine.orders.count }
}

struct FaultyConnectionTests {
  static let told = ["200", "executionReport", "outboundAccountPosition"]

  @Test func drawnLatencyIsThatOfTheRoundTripInTheClockOfTheMarket() throws {
    // A tenth of it in real time. Whatever is drawn, both ways together take 3 or 7 ms of the market.
    let sample = [(1, 2), (5, 2)].map {
      EmpiricalLatency.RoundTrip(thereNs: $0.0 * 1_000_000, backNs: $0.1 * 1_000_000)
    }
    let line = try Line("", latency: EmpiricalLatency(sample, seed: 3), speed: 10)
    var trips: Set<Int64> = []
    for orders in 1...40 {
      let (sentNs, told) = (line.nowNs, line.received.count)
      try line.place()
      line.wait(line.connection.nextDueNs - sentNs)
      #expect(line.orders == orders && line.received.count == told, "it is there, and nothing came back yet")
      let thereNs = line.nowNs - sentNs
      line.wait(line.connection.nextDueNs - line.nowNs)
      #expect(line.story.count > told, "the reply")
      trips.insert(line.nowNs - sentNs)
      #expect(thereNs == 100_000 || thereNs == 500_000)
      while line.connection.nextDueNs < .max { line.wait(line.connection.nextDueNs - line.nowNs) }
    }
    #expect(trips == [300_000, 700_000])
  }

  @Test func passesEverythingInOrder() throws {
    let line = try Line("")
    try line.place()
    #expect(line.story == Self.told && line.orders == 1)
    #expect(line.connection.nextDueNs == .max)
  }

  @Test(arguments: [
    // What strikes, what the client gets, and whether the order is there.
    ("request.lost always method=order.place", [], 0),
    ("request.cut always method=order.place", ["broken"], 0),
    ("request.timeout always method=order.place", ["503"], 0),
    ("request.unexpected always method=order.place", ["500"], 0),
    ("request.limited always 1s method=order.place", ["429"], 0),
    ("request.banned always 1s method=order.place", ["418"], 0),
    ("reply.lost always method=order.place", ["executionReport", "outboundAccountPosition"], 1),
    ("reply.twice always method=order.place", ["200", "200", "executionReport", "outboundAccountPosition"], 1),
    ("reply.cut always method=order.place", ["broken"], 1),
    ("reply.timeout always method=order.place", ["503", "executionReport", "outboundAccountPosition"], 1),
    ("event.lost always", ["200"], 1),
    ("event.twice once@1", ["200", "executionReport", "executionReport", "outboundAccountPosition"], 1),
    ("event.cut always", ["200", "broken"], 1),
  ])
  func strikes(_ plan: String, _ story: [String], _ orders: Int) throws {
    let line = try Line(plan)
    try line.place()
    #expect(line.story == story && line.orders == orders)
  }

  @Test func lateRepliesAreOvertakenByTheirEvents() throws {
    let line = try Line("reply.late always 20ms method=order.place")
    try line.place()
    #expect(line.story == Array(Self.told[1...]))
    line.wait(19_999_999)
    #expect(line.received.count == 2)
    line.wait(1)
    #expect(line.story == [Self.told[1], Self.told[2], Self.told[0]])
  }

  /// A cancel that overtakes its order finds none; the order arrives and stays.
  @Test func lateRequestsAreOvertaken() throws {
    let line = try Line("request.late always 20ms method=order.place")
    try line.send(
      "order.place",
      "symbol=SYNUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=50000&quantity=0.001&newClientOrderId=a")
    try line.send("order.cancel", "symbol=SYNUSDT&origClientOrderId=a")
    #expect(line.story == ["400"])
    line.wait(20_000_000)
    #expect(line.story == ["400"] + Self.told && line.orders == 1)
  }

  /// What was under way when the connection broke still arrives; nothing comes back.
  @Test func aBrokenConnectionDoesNotCallBackItsRequests() throws {
    let line = try Line("latency 5ms; request.cut once@1 method=order.cancel")
    line.wait(5_000_000)
    line.wait(5_000_000)
    try line.place()
    try line.send("order.cancel", "symbol=SYNUSDT&orderId=1")
    line.wait(20_000_000)
    #expect(line.story.last == "broken" && line.orders == 1)
  }

  @Test func aStallHoldsBothDirections() throws {
    let line = try Line("reply.stall once@2 1s")
    try line.place()
    try line.place()
    #expect(line.received.isEmpty && line.orders == 1)
    line.wait(1_000_000_000)
    #expect(line.story == Self.told + Self.told && line.orders == 2)
  }

  @Test func theEndIsAnnouncedAndComes() throws {
    let line = try Line("reply.shutdown once@2 10s")
    try line.place()
    #expect(line.story == ["200", "serverShutdown", "executionReport", "outboundAccountPosition"])
    line.wait(10_000_000_000)
    #expect(line.story.last == "closed")
    try line.place()
    #expect(line.orders == 1)
  }
}
