// Balances: computed from fills, compared with the venue's word, and what a difference leads to.

import Execution
import Market
import Risk
import Testing

@Suite struct BalanceTests {
  private static let coins = 50_000_000 * Amount.unitsPerCoin

  @Test func beforeTheVenueSpeaksNothingIsTraded() throws {
    let desk = try Desk()
    desk.listing = { request in
      switch request.kind {
      case .queryOpenOrders: [Desk.end(.openOrdersListed, of: request, 0)]
      case .queryTrades: [Desk.end(.tradesListed, of: request, 0)]
      default: []
      }
    }
    desk.report(.sessionUp)
    desk.touch()
    desk.pass(0)
    desk.place(.buy, 5_999_000, 1)
    desk.pass(0)
    #expect(desk.news.last?.reasonCode == RefusalReason.notReconciled.rawValue)
    #expect(desk.lists.map(\.kind) == [.queryOpenOrders, .queryTrades, .queryBalances])
    #expect(desk.count("reconciliation.phase") == Int64(ReconciliationPhase.balances.rawValue))
  }

  @Test func aReportThatFollowsItsFillIsNoMismatch() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 6_000_000, 100)
    desk.fill(order, trade: 1, 100, fee: 7, feeAsset: "USDT")
    desk.step()
    desk.pass(999_999_999)
    desk.report(balanceOf: "USDT", free: Self.coins - 6_000_000 * 100 * 10 - 7)
    desk.report(balanceOf: "BTC", free: 1_000 * Amount.unitsPerCoin + 100_000)
    desk.pass(0)
    desk.pass(5_000_000_000)
    #expect(desk.count("balances.mismatch") == 0)
  }

  @Test func aDifferenceThatNothingExplainsStopsTheAssetsInstruments() throws {
    let desk = try Desk()
    desk.open()
    desk.lists = []
    desk.report(balanceOf: "USDT", free: 1000)
    desk.step()
    desk.pass(999_999_999)
    #expect(desk.count("balances.mismatch") == 0 && desk.isGreen)
    desk.place(.buy, 5_999_000, 1)  // the lower figure counts meanwhile
    desk.step()
    #expect(desk.news.last?.reasonCode == RefusalReason.insufficientBalance.rawValue)
    desk.nowNs += 1
    desk.step()
    #expect(desk.count("balances.mismatch") == 1 && !desk.isGreen)
    // Orders, trades and balances are compared, and trades and balances once more when it has settled again.
    desk.pass(0)
    desk.pass(1_000_000_000)
    desk.pass(1_000_000_000)
    #expect(
      desk.lists.map(\.kind) == [.queryOpenOrders, .queryTrades, .queryBalances, .queryTrades, .queryBalances])
    #expect(desk.isGreen && desk.count("reconciliation.unexplained_balances") == 1)
    let record = try #require(desk.records(.balance, BalanceRecord.self).last)
    #expect(record.isMismatch && record.computed.units == 1000 && record.asset.text == "USDT")
    desk.touch()
    desk.place(.sell, 6_001_000, 1)
    desk.step()
    #expect(desk.news.last?.reasonCode == RefusalReason.halted.rawValue)
  }

  @Test func reservationsFollowTheUnfilledRest() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_000_000 + 999_000, 1000)
    func reserved() throws -> Int64 {
      desk.report(balanceOf: "USDT", free: Self.coins)
      desk.step()
      return try #require(desk.records(.balance, BalanceRecord.self).last).reserved.units
    }
    let whole: Int64 = 5_999_000 * 1000 * 10
    #expect(try reserved() == whole + whole / 1000)
    desk.fill(order, trade: 1, 250)
    #expect(try reserved() == (whole + whole / 1000) / 4 * 3)
    desk.report(.canceled, order.clientOrder)
    #expect(try reserved() == 0)
  }

  @Test func feesInBaseQuoteAndAThirdAsset() throws {
    let desk = try Desk()
    desk.open()
    desk.report(balanceOf: "BNB", free: 1000)
    let order = try desk.placed(.buy, 6_000_000, 300)
    desk.fill(order, trade: 1, 100, fee: 3, feeAsset: "USDT")
    desk.fill(order, trade: 2, 100, fee: 5, feeAsset: "BTC")
    desk.fill(order, trade: 3, 100, fee: 7, feeAsset: "BNB")
    desk.step()
    // Five units of BTC at 60,000 are 300,000 units of USDT; BNB has no price here.
    #expect(desk.news.last?.fees.units == 300_003)
    desk.report(balanceOf: "BNB", free: 993)
    desk.step()
    let bnb = try #require(desk.records(.balance, BalanceRecord.self).last)
    #expect(bnb.computed.units == 993)
  }

  @Test func moreAssetsThanTheBookHoldsAreCountedNotLost() throws {
    let desk = try Desk()
    desk.open()
    for i in 0..<70 {
      desk.report(balanceOf: "A\(i)", free: 1)
      desk.step()
    }
    #expect(desk.count("balances.untracked") == 8)  // 64 places, two of them BTC and USDT
  }
}
