// Limits: down at once, up with two.

import Control
import Market
import Risk
import Testing

@Suite("Control desk: limits")
struct LimitTests {
  private func set(_ value: String, _ limit: String = "maximumPosition", instrument: String? = "BTCUSDT") -> String {
    var request = ControlRequest(.setLimit, reason: "test")
    (request.limit, request.value, request.instrument) = (limit, value, instrument)
    return request.text
  }

  private func confirm(_ number: UInt64) -> String {
    var request = ControlRequest(.confirm, reason: "checked")
    request.number = number
    return request.text
  }

  private func hold(_ desk: inout DeskUnderTest, _ user: UInt32, _ line: String) throws -> PendingChange {
    guard case .hold(let change) = try desk.ask(user, line) else { throw ControlRefusal("it was not held") }
    return change
  }

  @Test("a decimal becomes the limit's own integer, exactly, and off its grid nothing")
  func units() throws {
    var desk = try DeskUnderTest()
    let btc = try desk.command(User.trader, set("0.5"))
    #expect(btc.kind == .setLimit && btc.limit == .maximumPosition && btc.value == 50_000)
    #expect(btc.scope == .instrument && btc.instrument == InstrumentIndex(0))
    let eth = try desk.command(User.trader, set("0.5", instrument: "ETHUSDT"))
    #expect(eth.value == 5_000 && eth.instrument == InstrumentIndex(1))
    let notional = try desk.command(User.trader, set("49999.99999999", "maximumOrderNotional"))
    #expect(notional.value == 4_999_999_999_999)
    let loss = try desk.command(User.trader, set("999.5", "maximumDailyLoss", instrument: nil))
    #expect(loss.value == 99_950_000_000 && loss.scope == .all)
    #expect(desk.refusal(User.trader, set("0.000001"))?.contains("multiple of 0.00001") == true)
    #expect(desk.refusal(User.trader, set("1e-2"))?.contains("decimal") == true)
    #expect(desk.refusal(User.trader, set("-1"))?.contains("positive") == true)
  }

  @Test("to the same value or below acts at once, above by one step does not")
  func boundary() throws {
    var desk = try DeskUnderTest()
    #expect(try desk.command(User.riskA, set("1.00000")).value == 100_000)
    #expect(try hold(&desk, User.riskA, set("1.00001")).value == 100_001)
    #expect(try desk.command(User.riskA, set("0.99999")).value == 99_999)
  }

  @Test("a trader cannot loosen; one risk user asks, only another confirms")
  func twoUsers() throws {
    var desk = try DeskUnderTest()
    #expect(desk.refusal(User.trader, set("2"))?.contains("role risk") == true)
    let change = try hold(&desk, User.riskA, set("2"))
    #expect(desk.refusal(User.riskA, confirm(change.number))?.contains("another user") == true)
    #expect(desk.refusal(User.trader, confirm(change.number))?.contains("role risk") == true)
    #expect(desk.refusal(User.riskB, confirm(change.number + 1))?.contains("no change") == true)
    let command = try desk.command(User.riskB, confirm(change.number))
    #expect(command.value == 200_000 && command.user == User.riskB && command.limit == .maximumPosition)
    #expect(desk.refusal(User.riskB, confirm(change.number))?.contains("no change") == true)
    // In force only when execution says so.
    #expect(try hold(&desk, User.riskA, set("1.5")).value == 150_000)
    desk.settle(command)
    #expect(try desk.command(User.trader, set("1.5")).value == 150_000)
  }

  @Test("a pending change can be confirmed until its last nanosecond")
  func expiry() throws {
    for (late, isConfirmed) in [(Int64(-1), true), (0, false)] {
      var desk = try DeskUnderTest()
      let change = try hold(&desk, User.riskA, set("2"))
      desk.nowNs = change.expiresNs + late
      #expect((desk.refusal(User.riskB, confirm(change.number)) == nil) == isConfirmed)
    }
  }

  @Test("a later change of the same limit ends a pending one, of another does not")
  func replaced() throws {
    var desk = try DeskUnderTest()
    let first = try hold(&desk, User.riskA, set("2"))
    let other = try hold(&desk, User.riskA, set("20", instrument: "ETHUSDT"))
    let second = try hold(&desk, User.riskA, set("3"))
    #expect(desk.refusal(User.riskB, confirm(first.number)) != nil)
    _ = try desk.command(User.trader, set("0.5"))
    #expect(desk.refusal(User.riskB, confirm(second.number)) != nil)
    #expect(try desk.command(User.riskB, confirm(other.number)).instrument == InstrumentIndex(1))
  }

  @Test("a change on its way counts already, and no longer when execution refuses it")
  func underWay() throws {
    var desk = try DeskUnderTest()
    let tighter = try desk.command(User.trader, set("0.1"))
    #expect(desk.refusal(User.trader, set("0.5"))?.contains("role risk") == true)
    desk.settle(tighter, .refused)
    #expect(try desk.command(User.trader, set("0.5")).value == 50_000)
  }

  @Test("where no daily loss is set, any is tighter")
  func noDailyLoss() throws {
    var limits = Scene.limits
    limits.maximumDailyLoss = nil
    let table = LimitTable(limits, instruments: Scene.names.instruments)
    let place = try #require(table.place(of: .maximumDailyLoss, instrument: nil))
    #expect(!table.entries[place].isLoosened(by: .max - 1))
  }
}
