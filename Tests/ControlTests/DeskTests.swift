// Who may do what, and what a request becomes.

import Control
import Market
import Risk
import Testing

@Suite("Control desk: roles")
struct RoleTests {
  private static func line(_ verb: ControlVerb) -> String {
    var request = ControlRequest(verb, reason: "test")
    if verb == .setLimit { (request.limit, request.value) = ("ordersPerSecond", "5") }
    if verb == .confirm { request.number = 1 }
    return request.text
  }

  @Test("each verb is open to exactly the roles of the table in docs/control.md", arguments: ControlVerb.allCases)
  func table(verb: ControlVerb) throws {
    let desk = try DeskUnderTest().desk
    func isAllowed(_ user: UInt32) -> Bool {
      (try? desk.check(Array(Self.line(verb).utf8), ControlPeer(client: 1, user: user))) != nil
    }
    let trade: Set<ControlVerb> = [.arm, .resume]
    let risk: Set<ControlVerb> = [.confirm]
    #expect(isAllowed(User.viewer) == (verb == .status))
    #expect(isAllowed(User.trader) == !risk.contains(verb))
    #expect(isAllowed(User.riskA) == !trade.contains(verb))
    #expect(!isAllowed(User.stranger))
  }

  @Test("the owner may trade, nobody may loosen, unless it is said")
  func defaults() throws {
    let roles = try ControlRoles(view: [], trade: [], risk: [], owner: 5)
    #expect(roles.roles(of: 5) == .trade)
    #expect(roles.roles(of: 0) == [])
    #expect(!roles.canLoosen)
    #expect(try Scene.roles().canLoosen)
  }

  @Test("a user is named or numbered; a name that nobody has is refused with its role")
  func names() throws {
    let roles = try ControlRoles(view: ["root"], trade: ["7"], risk: [], owner: 5)
    #expect(roles.roles(of: 0) == .view)
    #expect(roles.roles(of: 7) == .trade)
    #expect(throws: UnknownUser(role: "risk", user: "no such user")) {
      try ControlRoles(view: [], trade: [], risk: ["no such user"], owner: 5)
    }
  }

  @Test("roles survive their text")
  func text() throws {
    let roles = try Scene.roles()
    #expect(ControlRoles(text: Array(roles.text.utf8)) == roles)
    #expect(ControlRoles(text: Array(#"{"trade":"x"}"#.utf8)) == nil)
    #expect(ControlRoles(text: []) == nil)
  }
}

@Suite("Control desk: commands")
struct DeskTests {
  @Test("a command names scope, user, halt word, time and its record")
  func command() throws {
    var desk = try DeskUnderTest()
    let halt = try desk.command(User.trader, #"{"command":"halt","instrument":"ETHUSDT","reason":"odd fills"}"#)
    #expect(halt.kind == .halt && halt.scope == .instrument && halt.instrument == InstrumentIndex(1))
    #expect(halt.origin == .user && halt.user == User.trader && halt.haltEpoch == 8)
    #expect(halt.timeNs == desk.nowNs && halt.cause == 42 && halt.number == 1)
    let pause = try desk.command(User.riskA, #"{"command":"pause","venue":"binance","reason":"maintenance"}"#)
    #expect(pause.kind == .pause && pause.scope == .venue && pause.venue == VenueIndex(0))
    #expect(pause.haltEpoch == 7 && pause.number == 2)
    let flatten = try desk.command(User.trader, #"{"command":"flatten","strategy":"1","reason":"end of test"}"#)
    #expect(flatten.kind == .flatten && flatten.scope == .strategy && flatten.strategy == 1)
    let arm = try desk.command(User.trader, #"{"command":"arm","reason":"reviewed"}"#)
    #expect(arm.kind == .arm && arm.scope == .all && arm.number == 4)
  }

  @Test(
    "what names nothing, too much or something unknown is refused",
    arguments: [
      (#"{"command":"halt"}"#, "reason"), (#"{"command":"halt","reason":" "}"#, "reason"),
      (#"{"command":"halt","reason":"x","instrumnet":"BTCUSDT"}"#, "takes no"),
      (#"{"command":"halt","reason":"x","instrument":"XRPUSDT"}"#, "instruments are BTCUSDT, ETHUSDT"),
      (#"{"command":"halt","reason":"x","venue":"kraken"}"#, "venues are binance"),
      (#"{"command":"halt","reason":"x","strategy":"2"}"#, "0 to 1"),
      (#"{"command":"halt","reason":"x","strategy":"-1"}"#, "0 to 1"),
      (#"{"command":"halt","reason":"x","strategy":"1","venue":"binance"}"#, "at most"),
      (#"{"command":"arm","reason":"x","instrument":"BTCUSDT"}"#, "takes no"),
      (#"{"command":"liquidate","reason":"x"}"#, "no command"), (#"{"reason":"x"}"#, "missing"),
      (#"{"command":"confirm","reason":"x"}"#, "number"),
      (#"{"command":"confirm","number":"-1","reason":"x"}"#, "number"),
      (#"{"command":"set-limit","limit":"maximumPosition","value":"1","reason":"x"}"#, "name it"),
      (#"{"command":"set-limit","limit":"patience","value":"1","reason":"x"}"#, "maximumOrderQuantity"),
      (#"{"command":"set-limit","limit":"none","value":"1","reason":"x"}"#, "maximumOrderQuantity"),
      (
        #"{"command":"set-limit","limit":"ordersPerSecond","value":"1","instrument":"BTCUSDT","reason":"x"}"#,
        "together"
      ),
      (#"{"command":"set-limit","limit":"ordersPerSecond","value":"0","reason":"x"}"#, "positive"),
      (#"{"command":"set-limit","limit":"ordersPerSecond","value":"1.5","reason":"x"}"#, "multiple"),
      (#"{"command":"set-limit","limit":"ordersPerSecond","reason":"x"}"#, "decimal"),
    ])
  func refusals(line: String, words: String) throws {
    var desk = try DeskUnderTest()
    let refusal = desk.refusal(User.trader, line)
    #expect(refusal?.contains(words) == true, "\(refusal ?? "it was accepted")")
  }

  @Test("the longest reason passes, one byte more does not")
  func longReason() throws {
    var desk = try DeskUnderTest()
    func line(_ bytes: Int) -> String {
      ControlRequest(.halt, reason: String(repeating: "r", count: bytes)).text
    }
    #expect(desk.refusal(User.trader, line(ControlRequest.reasonLimit)) == nil)
    #expect(desk.refusal(User.trader, line(ControlRequest.reasonLimit + 1))?.contains("at most") == true)
  }

  @Test("the one who asked is told the outcome, of a halt also its end, and then nothing more")
  func outcomes() throws {
    var desk = try DeskUnderTest()
    let halt = try desk.command(User.trader, ControlRequest(.halt, reason: "x").text)
    #expect(desk.settle(halt)?.1.result == .accepted)
    let end = desk.settle(halt, .completed)
    #expect(end?.0.user == User.trader && end?.1.command == "halt")
    #expect(desk.settle(halt, .completed) == nil)
    let arm = try desk.command(User.trader, ControlRequest(.arm, reason: "x").text)
    let refusal = desk.desk.settle(CommandOutcome(.refused, of: arm, refusal: .notReconciled, timeNs: 0))
    #expect(refusal?.1.reason?.contains("reconciliation") == true)
    #expect(desk.settle(arm) == nil)
  }

  @Test("halts without an end do not pile up: the newest can still be told")
  func waitingIsBounded() throws {
    var desk = try DeskUnderTest()
    let halts = try (0...ControlDesk.waitingLimit).map { _ in
      try desk.command(User.trader, ControlRequest(.halt, reason: "x").text)
    }
    #expect(desk.settle(halts[0]) == nil)
    #expect(desk.settle(halts[1]) != nil)
    #expect(desk.settle(halts[ControlDesk.waitingLimit]) != nil)
  }
}
