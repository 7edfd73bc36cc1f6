// The market maker: its formula against known answers, its estimate, and its manners with orders.

import Foundation
import Market
import Pipeline
import Strategy
import Testing

@Suite struct QuotingTests {
  /// The parameters of the paper's simulations (section 3.3): g = 0.1, k = 1.5, sigma = 2, T = 1; here one unit long.
  /// In units where a basis point is one price unit the formulas are theirs: r = s - q g sigma^2 T, and the spread is
  /// g sigma^2 T + (2 / g) ln(1 + g / k) = 0.4 + 1.2908.
  @Test func knownAnswerOfThePaper() {
    let model = QuotingModel(riskAversion: 0.1, fillDecay: 1.5, horizonSeconds: 1)
    let quotes = model.quotes(mid: 10_000, inventory: 1, variance: 4)
    let spread = 0.4 + 20 * log(1 + 0.1 / 1.5)
    #expect(abs(quotes.bid - (10_000 - 0.4 - spread / 2)) < 1e-9)
    #expect(abs(quotes.ask - (10_000 - 0.4 + spread / 2)) < 1e-9)
    #expect(abs(spread - 1.6908) < 1e-4)
  }

  @Test func inventoryMovesBothQuotesAgainstIt() {
    let model = QuotingModel(riskAversion: 0.2, fillDecay: 4, horizonSeconds: 5)
    let flat = model.quotes(mid: 1e6, inventory: 0, variance: 0.5)
    let long = model.quotes(mid: 1e6, inventory: 2, variance: 0.5)
    #expect(long.bid < flat.bid && long.ask < flat.ask)
    #expect(abs((long.ask - long.bid) - (flat.ask - flat.bid)) < 1e-6)
    #expect(abs(flat.ask + flat.bid - 2e6) < 1e-6)
  }

  @Test func varianceOfSteadyMoves() {
    var variance = VarianceEstimate(intervalNs: 100_000_000, memoryNs: 1_000_000_000)
    var mid = 1_000_000.0
    #expect(variance.value == 0)
    variance.add(midTicks: mid)
    for _ in 0..<200 {
      mid *= 1.0001
      variance.add(midTicks: mid)
    }
    // One basis point every tenth of a second: a variance of 10 a second from the first move on.
    #expect(abs(variance.value - 10) < 1e-6)
    variance.interrupt()
    variance.add(midTicks: mid * 2)
    #expect(abs(variance.value - 10) < 1e-6)
  }

  private func makeBench(_ change: (inout AvellanedaStoikov.Parameters) -> Void = { _ in }) throws
    -> Bench<AvellanedaStoikov>
  {
    var parameters = AvellanedaStoikov.Parameters(orderAmount: Amount(units: 100 * Amount.unitsPerCoin))
    change(&parameters)
    return try Bench { _ in AvellanedaStoikov(parameters) }
  }

  @Test func quotesBothSidesPostOnlyWithoutCrossing() throws {
    let bench = try makeBench()
    bench.pushSnapshot(bid: 6_000_000, ask: 6_000_001, atNs: 10)
    bench.step(atNs: 20)
    let orders = bench.drainIntents().filter { $0.kind == .place }
    #expect(orders.map(\.side) == [.buy, .sell])
    #expect(orders.allSatisfy { $0.type == .limitMaker })
    #expect(orders[0].price.ticks <= 6_000_000 && orders[1].price.ticks >= 6_000_001)
    // 100 USDT at 60,000.01 and a lot of 0.00001: one lot is worth 0.6000001.
    #expect(orders.allSatisfy { $0.quantity.lots == 166 })
  }

  @Test func fullInventoryQuotesOneSideOnly() throws {
    let bench = try makeBench { $0.maximumInventory = 1 }
    bench.push(.position, 0, position: 166)
    bench.pushSnapshot(bid: 6_000_000, ask: 6_000_001, atNs: 10)
    bench.step(atNs: 20)
    #expect(bench.drainIntents().filter { $0.kind == .place }.map(\.side) == [.sell])
  }

  /// A contract is sold short: 100 USD are one inverse contract at every price, and at the largest short only buys are left.
  @Test(arguments: [(0, [Side.buy, .sell]), (-3, [.buy, .sell]), (-4, [.buy]), (4, [.sell])] as [(Int64, [Side])])
  func quotesContractsLongAndShort(_ position: Int64, _ sides: [Side]) throws {
    var inverse = Instrument.example
    inverse.kind = .inverse
    inverse.settlement = inverse.base
    inverse.lot = DecimalStep(mantissa: 1, exponent: 0)
    inverse.multiplier = 100
    let parameters = AvellanedaStoikov.Parameters(orderAmount: Amount(units: 100 * Amount.unitsPerCoin))
    let bench = try Bench(instrument: inverse) { _ in AvellanedaStoikov(parameters) }
    bench.push(.position, 0, position: position)
    bench.pushSnapshot(bid: 6_000_000, ask: 6_000_001, atNs: 10)
    bench.step(atNs: 20)
    let orders = bench.drainIntents().filter { $0.kind == .place }
    #expect(orders.map(\.side) == sides && orders.allSatisfy { $0.quantity.lots == 1 })
  }

  @Test func replacesOnlyAfterItsLifeAndAfterTheCancelIsConfirmed() throws {
    let bench = try makeBench()
    let life: Int64 = 500_000_000
    func move(to bid: Int64, atNs timeNs: Int64) {
      bench.pushDepth(.sell, price: 6_000_001, lots: 0, atNs: timeNs)
      for i in 0..<5 { bench.pushDepth(.sell, price: 6_000_001 + Int64(i), lots: 0, atNs: timeNs) }
      bench.pushDepth(.sell, price: bid, lots: 0, atNs: timeNs)
      bench.pushDepth(.sell, price: bid + 1, lots: 100, atNs: timeNs)
      bench.pushDepth(.buy, price: bid, lots: 100, atNs: timeNs)
      bench.step(atNs: timeNs)
    }
    bench.pushSnapshot(bid: 6_000_000, ask: 6_000_001, atNs: 10)
    bench.step(atNs: 20)
    let first = bench.drainIntents().filter { $0.kind == .place }
    bench.push(.working, first[0].intent.rawValue)
    bench.push(.working, first[1].intent.rawValue)

    move(to: 6_002_000, atNs: 30)
    #expect(bench.drainIntents().map(\.kind) == [.touch], "too young to be replaced")
    move(to: 6_002_001, atNs: 20 + life)
    #expect(bench.drainIntents().map(\.kind) == [.touch, .cancel, .cancel])
    move(to: 6_002_002, atNs: 21 + life)
    #expect(bench.drainIntents().map(\.kind) == [.touch], "both cancels are under way")
    bench.push(.canceled, first[0].intent.rawValue)
    bench.step(atNs: 22 + life)
    let replacement = bench.drainIntents()
    #expect(replacement.map(\.kind) == [.place] && replacement[0].side == .buy)
    #expect(replacement[0].price.ticks > first[0].price.ticks)
  }
}
