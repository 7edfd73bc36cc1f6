// Flatten: closing orders at the collar, in slices, until flat; what it waits for, and when it gives up.

import Execution
import Market
import Pipeline
import Risk
import Testing

@Suite struct FlattenTests {
  /// A desk that holds so many lots, bought or sold by somebody at 60,000.00, with a collar of one percent.
  private func holding(_ lots: Int64, configure: (inout RiskLimits) -> Void = { _ in }) throws -> Desk {
    var limits = Desk.limits
    limits.collarBasisPoints = 100
    configure(&limits)
    let desk = try Desk { $0.limits[0] = limits }
    desk.tellsBalances = true
    desk.open()
    desk.push(
      Desk.fill(
        ClientOrderIdentifier(bootEpoch: 4, sequence: 1), lots > 0 ? .buy : .sell, trade: 1 << 40, 6_000_000,
        abs(lots), 0, "USDT"))
    desk.step()
    return desk
  }

  private func fill(_ desk: Desk, _ order: ApprovedOrderRecord, _ lots: Int64) {
    desk.fill(order, trade: UInt64(desk.sent.count), lots)
    if lots < order.quantity.lots { desk.report(.canceled, order.clientOrder) }
    desk.step()
  }

  /// One percent below 6,000,000 and above 6,000,010, rounded towards the touch.
  @Test(arguments: [(100, Side.sell, 5_940_000), (-100, .buy, 6_060_010)] as [(Int64, Side, Int64)])
  func itClosesByOneOrderAtTheCollar(_ lots: Int64, _ side: Side, _ ticks: Int64) throws {
    let desk = try holding(lots)
    let number = desk.command(.flatten)
    desk.nowNs += 7
    desk.step()
    let order = try #require(desk.sent.last)
    #expect(order.side == side && order.price.ticks == ticks && order.quantity.lots == 100 && order.reduceOnly)
    #expect(order.timeInForce == .immediateOrCancel && order.type == .limit)
    let decision = try #require(desk.records(.riskDecision, RiskDecisionRecord.self).last)
    #expect(decision.strategy == SessionOrders.strategy)
    #expect(desk.count("flattening") == 1 && desk.end(of: number) == nil)
    fill(desk, order, 100)
    desk.pass(100_000_000)
    let end = try #require(desk.end(of: number))
    #expect(end.result == .completed && desk.count("flattening") == 0)
    #expect(desk.refusal() == .paused)  // somebody has to say that it goes on
  }

  @Test func whatIsOpenIsCancelledFirst() throws {
    let desk = try holding(100)
    let resting = try desk.placed(.buy, 5_999_000, 10)
    desk.asked = []
    desk.command(.flatten, scope: .instrument)
    desk.pass(0)
    #expect(desk.asked.map(\.kind) == [.cancelAll] && desk.sent.last?.clientOrder == resting.clientOrder)
    desk.fill(resting, trade: 1, 4)
    desk.report(.canceled, resting.clientOrder)
    desk.pass(100_000_000)
    #expect(desk.sent.last?.quantity.lots == 104)
  }

  @Test func itGoesInSlicesOfTheLargestOrder() throws {
    let desk = try holding(250) { $0.maximumOrderQuantity.lots = 100 }
    let number = desk.command(.flatten)
    desk.pass(0)
    for _ in 0..<3 {
      fill(desk, desk.sent.last!, desk.sent.last!.quantity.lots)
      desk.touch()
      desk.pass(100_000_000)
    }
    #expect(desk.sent.map(\.quantity.lots) == [100, 100, 50])
    #expect(desk.end(of: number)?.result == .completed)
  }

  /// 594 USDT a hundredth at the collar: an order of 1,000 USDT is 168 lots of 250.
  @Test func aSliceIsWithinTheLargestNotional() throws {
    let desk = try holding(250) { $0.maximumOrderNotional = Amount(units: 100 * Amount.unitsPerCoin) }
    desk.command(.flatten)
    desk.pass(0)
    let lots = try #require(desk.sent.last).quantity.lots
    #expect(lots * 5_940_000 * 10 <= 100 * Amount.unitsPerCoin)
    #expect((lots + 1) * 5_940_000 * 10 > 100 * Amount.unitsPerCoin)
  }

  @Test func itWaitsForAMarketAndForTheSession() throws {
    let desk = try holding(100)
    let number = desk.command(.flatten)
    desk.nowNs += 1_000_000_001  // the touch is too old by one nanosecond
    desk.step()
    desk.pass(60_000_000_000)
    #expect(desk.sent.isEmpty && desk.count("flattening") == 1)
    desk.touch()
    desk.report(.sessionDown)
    desk.pass(100_000_000)
    #expect(desk.sent.isEmpty)
    desk.report(.sessionUp)
    desk.pass(0)  // the venue has to agree first
    desk.pass(500_000_000)
    #expect(desk.sent.count == 1 && desk.end(of: number) == nil)
  }

  /// Nobody takes the order: it is tried again more and more slowly, and given up in the end.
  @Test func itGivesUpWhenNothingIsTaken() throws {
    let desk = try holding(100)
    let number = desk.command(.flatten)
    var waitsNs: [Int64] = []
    var lastNs = desk.nowNs
    for _ in 0..<20_000 where desk.end(of: number) == nil {
      let before = desk.sent.count
      desk.touch()
      desk.step()
      if desk.sent.count > before {
        waitsNs.append(desk.nowNs - lastNs)
        lastNs = desk.nowNs
        desk.report(.expired, desk.sent.last!.clientOrder)
        desk.step()
      }
      desk.nowNs += 10_000_000
    }
    #expect(desk.sent.count == 32)
    #expect(waitsNs.prefix(5) == [0, 20_000_000, 40_000_000, 80_000_000, 160_000_000])
    #expect(waitsNs.last == 2_000_000_000)
    let end = try #require(desk.end(of: number))
    #expect(end.result == .abandoned && end.refusal == .notFlat)
    #expect(desk.refusal() == .paused)
  }

  @Test func aPartIsProgress() throws {
    let desk = try holding(1000)
    let number = desk.command(.flatten)
    desk.pass(0)
    for _ in 0..<100 {
      fill(desk, desk.sent.last!, 10)
      desk.touch()
      desk.pass(100_000_000)
    }
    #expect(desk.sent.count == 100)
    #expect(desk.end(of: number)?.result == .completed)
  }

  @Test(arguments: [CommandKind.halt, .disarm, .resume])
  func whatForbidsItEndsIt(_ kind: CommandKind) throws {
    let desk = try holding(100)
    desk.report(.sessionDown)
    let number = desk.command(.flatten)
    desk.pass(0)
    desk.command(kind)
    desk.pass(100_000_000)
    #expect(desk.end(of: number)?.result == .abandoned)
    desk.report(.sessionUp)
    desk.touch()
    desk.pass(10_000_000_000)
    #expect(desk.sent.isEmpty)
  }

  @Test func lessThanTheVenueTakesIsLeft() throws {
    var instrument = Desk.instrument
    instrument.minimumQuantity = Quantity(lots: 10)
    let desk = try Desk(instruments: [instrument])
    desk.open()
    desk.push(
      Desk.fill(ClientOrderIdentifier(bootEpoch: 4, sequence: 1), .buy, trade: 1, 6_000_000, 9, 0, "USDT"))
    desk.step()
    let number = desk.command(.flatten)
    desk.pass(0)
    #expect(desk.sent.isEmpty && desk.end(of: number)?.result == .completed)
  }
}
