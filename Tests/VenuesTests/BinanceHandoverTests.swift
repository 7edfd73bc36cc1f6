import Foundation
import Market
import Pipeline
import Support
import Testing
import Venues

/// An order session that passes from one connection to the next.
struct BinanceHandoverTests {
  private static let hourNs: Int64 = 3_600_000_000_000
  /// user-data-stream.md / web-socket-api.md: told before the venue closes a connection.
  private static let shutdown = #"{"event":{"e":"serverShutdown","E":1770123456789}}"#

  private func upGateway(ageNs: Int64 = hourNs) throws -> GatewayUnderTest {
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac(), connectionAgeNs: ageNs)
    try gateway.comeUp()
    return gateway
  }

  private func methods(_ stream: ScriptedStream) -> [String] {
    stream.sent.map { String($0.split(separator: "\"")[5]) }
  }

  @Test func theSecondConnectionStaysClosedAtFirst() throws {
    let gateway = try upGateway()
    #expect(gateway.second.opens == 0 && gateway.second.closes == 1 && gateway.second.sent.isEmpty)
  }

  @Test func anOldConnectionIsTakenOverFrom() throws {
    let gateway = try upGateway()
    let openedNs = gateway.nowNs
    gateway.run(openedNs + Self.hourNs - 1)
    #expect(gateway.second.opens == 0)
    try gateway.answer(#"{"serverTime":\#(gateway.nowNs / 1_000_000 + 250)}"#)  // the clock was due, too
    gateway.run(openedNs + Self.hourNs)
    #expect(gateway.second.opens == 1 && gateway.counters.handovers.value == 1)

    // While the second one logs on, the first one serves; what it was asked it still answers afterwards.
    gateway.second.events.append(.opened)
    let order = try gateway.order(1)
    gateway.run()
    #expect(methods(gateway.stream).last == "order.place" && methods(gateway.second) == ["time"])
    let asked = try gateway.lastSent().identifier
    try gateway.answer(#"{"serverTime":\#(gateway.nowNs / 1_000_000 + 250)}"#, on: gateway.second)
    try gateway.answer("{}", on: gateway.second)
    try gateway.answer("{}", on: gateway.second)
    #expect(gateway.active == 0)
    try gateway.answer(#"{"balances":[]}"#, on: gateway.second)
    #expect(gateway.active == 1 && gateway.isUp && gateway.stream.closes == 0)

    gateway.request(.cancel, order)
    #expect(methods(gateway.second).last == "order.cancel" && methods(gateway.stream).last == "order.place")
    gateway.stream.add(
      #"{"id":\#(asked),"status":200,"result":{"symbol":"BTCUSDT","orderId":5,"clientOrderId":"ap0000010000000001","#
        + #""executedQty":"0.00000000","status":"NEW","side":"BUY"},"rateLimits":[]}"#)
    gateway.run()
    #expect(gateway.reports.filter { $0.kind != .balance }.map(\.kind) == [.acknowledged])
    #expect(gateway.stream.closes == 1, "nothing is under way on it any more")

    // Its end is no news; the next handover goes the other way.
    gateway.stream.events.append(.closed(.requested))
    gateway.run()
    #expect(gateway.counters.sessionsDown.value == 0 && gateway.counters.sessionsUp.value == 1)
    try gateway.answer(
      #"{"symbol":"BTCUSDT","origClientOrderId":"ap0000010000000001","status":"CANCELED"}"#, on: gateway.second)
    gateway.run(gateway.nowNs + Self.hourNs)
    #expect(gateway.stream.opens == 1 && gateway.counters.handovers.value == 2)
  }

  @Test func whatTheOldConnectionNeverAnswersTimesOut() throws {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.run()
    gateway.stream.add(Self.shutdown)
    gateway.run()
    try gateway.establish(gateway.second)
    gateway.reports = []
    #expect(gateway.active == 1 && gateway.stream.closes == 0)
    gateway.run(gateway.nowNs + 11_000_000_000)
    #expect(gateway.reports.map(\.kind) == [.unknown] && gateway.reports[0].clientOrder == order)
    #expect(gateway.stream.closes == 1)
  }

  @Test func anAnnouncedShutdownIsHandedOver() throws {
    let gateway = try upGateway()
    gateway.stream.add(Self.shutdown)
    gateway.stream.add(Self.shutdown)
    gateway.run()
    #expect(gateway.second.opens == 1 && gateway.stream.closes == 0 && gateway.counters.handovers.value == 1)
    try gateway.establish(gateway.second)
    #expect(gateway.active == 1 && gateway.stream.closes == 1 && gateway.reports.last?.kind == .balance)
  }

  @Test func aSuccessorIsNotConnectedBeforeItsPlaceIsFree() throws {
    let gateway = try upGateway()
    try gateway.order(1)
    gateway.run()
    gateway.stream.add(Self.shutdown)
    gateway.run()
    try gateway.establish(gateway.second)
    gateway.second.add(Self.shutdown)
    gateway.run()
    #expect(gateway.active == 1 && gateway.stream.opens == 0 && gateway.counters.handovers.value == 1)
    gateway.stream.events.append(.closed(.peerClosed))  // it never answered the order
    gateway.run()
    #expect(gateway.stream.opens == 1 && gateway.counters.handovers.value == 2)
    try gateway.establish(gateway.stream)
    #expect(gateway.active == 0 && gateway.isUp && gateway.counters.sessionsDown.value == 0)
  }

  @Test func aSuccessorIsNotConnectedDuringAPause() throws {
    let gateway = try upGateway()
    gateway.request(.queryBalances)
    gateway.stream.add(
      #"{"id":\#(try gateway.lastSent().identifier),"status":418,"error":{"code":-1003,"msg":"x","data":{"serverTime":1,"#
        + #""retryAfter":\#(gateway.nowNs / 1_000_000 + 30_000)}},"rateLimits":[]}"#)
    gateway.stream.add(Self.shutdown)
    gateway.run()
    #expect(gateway.counters.bans.value == 1 && gateway.second.opens == 0)
    gateway.run(gateway.nowNs + 29_000_000_000)
    #expect(gateway.second.opens == 0)
    gateway.run(gateway.nowNs + 2_000_000_000)
    #expect(gateway.second.opens == 1 && gateway.counters.handovers.value == 1 && gateway.isUp)
  }

  @Test func bothConnectionsEventsCount() throws {
    let gateway = try upGateway()
    gateway.stream.add(Self.shutdown)
    gateway.run()
    gateway.second.events.append(.opened)
    let fill =
      #"{"event":{"e":"executionReport","s":"BTCUSDT","c":"ap0000010000000007","C":"","S":"BUY","x":"TRADE","X":"FILLED","#
      + #""i":5,"l":"0.00100000","z":"0.00100000","L":"1.00","n":"0","N":"BTC","t":4,"Y":"0.00100000"}}"#
    gateway.stream.add(fill)
    gateway.second.add(fill)
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.fill, .fill] && gateway.reports[0].trade == gateway.reports[1].trade)
  }

  @Test func aConnectionThatEndsTooEarlyLeavesItsSuccessor() throws {
    let gateway = try upGateway()
    let order = try gateway.order(1)
    gateway.stream.add(Self.shutdown)
    gateway.run()
    gateway.second.events.append(.opened)
    gateway.stream.events.append(.closed(.peerClosed))
    gateway.run()
    #expect(gateway.reports.map(\.kind) == [.unknown, .sessionDown] && gateway.reports[0].clientOrder == order)
    #expect(gateway.stream.closes == 1, "it is not to come back beside its successor")
    try gateway.order(2)
    gateway.run()
    #expect(gateway.reports.last?.reason == .noSession)
    try gateway.answer(#"{"serverTime":\#(gateway.nowNs / 1_000_000)}"#, on: gateway.second)
    try gateway.answer("{}", on: gateway.second)
    try gateway.answer("{}", on: gateway.second)
    try gateway.answer(#"{"balances":[]}"#, on: gateway.second)
    #expect(gateway.reports.last?.kind == .sessionUp && gateway.isUp)
    #expect(gateway.counters.sessionsUp.value == 2)
  }

  @Test func aSuccessorThatIsLostTriesAgain() throws {
    let gateway = try upGateway()
    gateway.stream.add(Self.shutdown)
    gateway.run()
    gateway.second.events.append(.opened)
    gateway.second.events.append(.closed(.peerClosed))
    gateway.run()
    #expect(gateway.isUp && gateway.reports.isEmpty)
    try gateway.establish(gateway.second)  // the channel connected again by itself
    #expect(gateway.active == 1 && gateway.counters.sessionsDown.value == 0)
  }

  @Test func anAnswerOnTheWrongConnectionIsNobodys() throws {
    let gateway = try upGateway()
    gateway.stream.add(Self.shutdown)
    gateway.run()
    gateway.second.events.append(.opened)
    try gateway.order(1)
    gateway.run()
    let asked = try gateway.lastSent().identifier
    gateway.second.add(
      #"{"id":\#(asked),"status":200,"result":{"symbol":"BTCUSDT","status":"FILLED"},"rateLimits":[]}"#)
    gateway.run()
    #expect(gateway.reports.isEmpty && gateway.counters.lateReplies.value == 1)
  }

  /// Whatever happens on two connections in whatever order: no trap, every order comes to an end, and the session is up
  /// when the venue behaves again.
  @Test(arguments: 0..<40)
  func anyOrderOfEventsEndsWithASession(_ seed: UInt64) throws {
    var random = SeededRandom(seed)
    let gateway = try GatewayUnderTest(signer: GatewayUnderTest.hmac(), connectionAgeNs: 20_000_000_000)
    var sides = [Side(gateway.stream), Side(gateway.second)]
    for number in 1...300 as ClosedRange<UInt64> {
      let side = Int.random(in: 0..<2, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: sides[side].connect()
      case 1 where Int.random(in: 0..<4, using: &random) == 0: sides[side].lose()
      case 2 where sides[side].stream.isOpen: sides[side].stream.add(Self.shutdown)
      default: sides[side].answer(gateway.nowNs)
      }
      try gateway.order(number)
      gateway.run(gateway.nowNs + Int64.random(in: 0..<500_000_000, using: &random))
    }
    for _ in 0..<60 {
      for side in 0..<2 {
        sides[side].connect()
        sides[side].answer(gateway.nowNs)
      }
      gateway.run(gateway.nowNs + 500_000_000)
    }
    #expect(gateway.isUp)
    let ends: [ReportKind] = [.acknowledged, .unknown, .notSent]
    let ended = Set(gateway.reports.filter { ends.contains($0.kind) }.map(\.clientOrder.rawValue))
    #expect(ended.count == 300)
  }

  /// The venue's end of a connection, and what the channel does by itself.
  private struct Side {
    let stream: ScriptedStream
    private var answered = 0
    private var closes: Int

    init(_ stream: ScriptedStream) {
      self.stream = stream
      closes = stream.closes
    }

    mutating func connect() {
      if stream.closes > closes { lose() } else if !stream.isOpen, !stream.isShut { stream.events.append(.opened) }
    }

    mutating func lose() {
      if stream.isOpen { stream.events.append(.closed(.peerClosed)) }
      answered = stream.sent.count
      closes = stream.closes
    }

    /// An answer that is right for any request.
    mutating func answer(_ nowNs: Int64) {
      while answered < stream.sent.count {
        let identifier = stream.sent[answered].dropFirst(6).prefix { $0.isNumber }
        answered += 1
        stream.add(
          #"{"id":\#(identifier),"status":200,"result":{"serverTime":\#(nowNs / 1_000_000),"status":"NEW","#
            + #""executedQty":"0","balances":[]},"rateLimits":[]}"#)
      }
    }
  }
}
