// The comparison with the venue: what keeps it red, what it finds while trading, and that nothing is traded meanwhile.

import Execution
import Market
import Risk
import Testing

@Suite struct ReconciliationTests {
  /// A desk whose venue has one open order of somebody else or of an earlier session, until it is ended.
  private final class Book {
    var open: [ExecutionReport] = []
    var trades: [ExecutionReport] = []

    func attach(to desk: Desk) {
      desk.listing = { [unowned self] request in
        switch request.kind {
        case .queryOpenOrders: open + [Desk.end(.openOrdersListed, of: request, open.count)]
        case .queryTrades:
          trades.filter { $0.trade >= request.fromTrade }
            + [Desk.end(.tradesListed, of: request, trades.filter { $0.trade >= request.fromTrade }.count)]
        default: Book.balances
        }
      }
    }

    static let balances: [ExecutionReport] = ["BTC", "USDT"].map { asset in
      var balance = Desk.message(.balance, .none)
      balance.asset = ShortName(asset)!
      balance.amount = Amount(units: 50_000_000 * Amount.unitsPerCoin)
      return balance
    }
  }

  private func listed(_ order: ClientOrderIdentifier, venueOrder: UInt64) -> ExecutionReport {
    var status = Desk.status(order, .new, lots: 0, value: 0)
    status.venueOrder = venueOrder
    status.price = Price(ticks: 5_999_000)
    status.quantity = Quantity(lots: 10)
    return status
  }

  @Test func aForeignOrderKeepsItRedUntilItsOwnerEndsIt() throws {
    let desk = try Desk()
    let book = Book()
    book.open = [listed(.none, venueOrder: 77)]
    book.attach(to: desk)
    desk.report(.sessionUp)
    for _ in 0..<3 { desk.pass(1_000_000_000) }
    #expect(!desk.isGreen && desk.count("reconciliation.foreign_orders") == 1)
    #expect(desk.asked.allSatisfy { $0.kind != .cancel && $0.kind != .cancelAll }, "it is not ours to cancel")
    let findings = desk.records(.reconciliation, ReconciliationRecord.self).filter { $0.event == .foreignOrder }
    #expect(findings.count >= 3 && findings.allSatisfy { $0.number == 77 })
    desk.touch()
    #expect(desk.refusal() == .notReconciled)
    book.open = []
    desk.pass(1_000_000_000)
    #expect(desk.isGreen)
    desk.touch()
    #expect(desk.refusal() == nil)
  }

  @Test func anOrderOfAnEarlierSessionIsCancelledBeforeItTurnsGreen() throws {
    let desk = try Desk()
    let book = Book()
    let stray = ClientOrderIdentifier(bootEpoch: 4, sequence: 9)
    book.open = [listed(stray, venueOrder: 78)]
    book.attach(to: desk)
    desk.report(.sessionUp)
    desk.pass(0)
    #expect(desk.asked.map(\.kind) == [.cancel] && desk.asked[0].clientOrder == stray)
    #expect(!desk.isGreen && desk.count("reconciliation.stray_orders") == 1)
    book.open = []
    desk.report(.canceled, stray)
    desk.pass(1_000_000_000)
    #expect(desk.isGreen && desk.stage.openOrders == 0)
    #expect(!desk.news.contains { $0.kind != .position }, "no strategy placed it")
  }

  /// Its end tells how much was filled, and so does the list of trades: counted once.
  @Test func whatAnOrderOfAnEarlierSessionStillTradesIsCountedOnce() throws {
    let first = try Desk()
    first.open()
    var account = AccountState(stage: 4, instruments: [Desk.instrument])
    for record in first.journal { record.withUnsafeBytes { account.fold($0) } }
    let desk = try Desk(bootEpoch: 6, recovered: account.begin(stage: 4, instruments: [Desk.instrument]))
    let book = Book()
    let stray = ClientOrderIdentifier(bootEpoch: 5, sequence: 9)
    book.open = [listed(stray, venueOrder: 78)]
    book.attach(to: desk)
    desk.report(.sessionUp)
    desk.pass(0)
    #expect(desk.asked.map(\.kind) == [.cancel])
    var trade = Desk.fill(stray, .buy, trade: 5, 5_999_000, 4, 0, "USDT")
    trade.clientOrder = .none
    trade.venueOrder = 78
    book.trades = [trade]
    book.open = []
    var end = Desk.message(.canceled, stray)
    end.cumulativeQuantity = Quantity(lots: 4)
    end.quoteAmount = trade.quoteAmount
    desk.push(end)
    for _ in 0..<5 { desk.pass(1_000_000_000) }
    #expect(desk.stage.positionsLots == [4] && desk.count("fills.inferred") == 0)
  }

  @Test func aTradeThatNobodyToldIsFoundByTheRegularCheckAndCounted() throws {
    let desk = try Desk { $0.checkIntervalNs = 30_000_000_000 }
    let book = Book()
    book.attach(to: desk)
    desk.report(.sessionUp)
    desk.reconcile()
    desk.touch()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.report(.acknowledged, order.clientOrder)
    desk.step()
    book.open = [listed(order.clientOrder, venueOrder: order.clientOrder.rawValue)]
    var trade = Desk.fill(order.clientOrder, .buy, trade: 5, 5_999_000, 4, 0, "USDT")
    trade.clientOrder = .none
    book.trades = [trade]
    desk.pass(30_000_000_000)
    #expect(desk.isGreen && desk.stage.positionsLots == [0], "its report may be under way")
    desk.pass(1_000_000_000)
    desk.pass(1)
    #expect(desk.count("reconciliation.missed_fills") == 1 && desk.stage.positionsLots == [4])
    let findings = desk.records(.reconciliation, ReconciliationRecord.self).filter { $0.event == .missedFill }
    #expect(findings.map(\.number) == [5])
  }

  @Test func anOrderThatTheVenueDoesNotListIsAskedFor() throws {
    let desk = try Desk { $0.checkIntervalNs = 30_000_000_000 }
    let book = Book()
    book.attach(to: desk)
    desk.report(.sessionUp)
    desk.reconcile()
    desk.touch()
    let order = try desk.placed(.buy, 5_999_000, 10)
    desk.report(.acknowledged, order.clientOrder)
    desk.step()
    desk.asked = []
    desk.pass(30_000_000_000)
    #expect(desk.asked.map(\.kind) == [.queryStatus] && desk.count("reconciliation.missing_orders") == 1)
    desk.push(Desk.status(order.clientOrder, .canceled, lots: 0, value: 0))
    desk.pass(0)
    #expect(desk.stage.openOrders == 0 && desk.isGreen)
  }

  @Test func aListThatFailsIsAskedForAgain() throws {
    let desk = try Desk()
    var failures = 2
    let book = Book()
    book.attach(to: desk)
    let answer = try #require(desk.listing)
    desk.listing = { request in
      guard request.kind == .queryOpenOrders, failures > 0 else { return answer(request) }
      failures -= 1
      return [Desk.end(.listFailed, of: request, 0)]
    }
    desk.report(.sessionUp)
    desk.pass(0)
    #expect(!desk.isGreen && desk.count("reconciliation.waiting_lists") == 1)
    desk.pass(1_000_000_000)
    desk.pass(1_000_000_000)
    #expect(desk.isGreen && desk.count("reconciliation.lists_failed") == 2)
  }
}
