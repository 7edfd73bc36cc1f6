// Contracts by hand: profit of both kinds, margin, funding, liquidation, flatten, and the session after.

import Execution
import Market
import Pipeline
import Risk
import Simulation
import Testing

private let coin = Amount.unitsPerCoin

extension ContractVenue {
  /// The account as the next session would find it.
  var folded: AccountState {
    var state = AccountState(stage: 4, instruments: instruments)
    for record in desk.journal { record.withUnsafeBytes { state.fold($0) } }
    return state
  }

  /// The stage's row of the settlement asset.
  var balance: AccountBalance { desk.stage.accountBalances.first { $0.asset == settlement }! }

  func figure(_ name: String, of i: Int = 0) -> Int64 { desk.count("position.\(instruments[i].symbol.text).\(name)") }
}

@Suite struct ContractTests {
  /// 0.1 BTC sold at 60,000.0 and bought at 59,000.2 bring 99.98; bought at 60,000.2 and sold at 59,000.0 they lose
  /// 100.02. 10,000 USD are 0.16666666 BTC at 60,000.0 and 0.16949095 at 59,000.2, which a short of them gains on;
  /// 0.16666611 at 60,000.2 and 0.16949152 at 59,000.0, which a long loses.
  @Test(
    arguments: [
      (ContractKind.linear, Side.sell, 9_998_000_000), (.linear, .buy, -10_002_000_000), (.inverse, .sell, 282_429),
      (.inverse, .buy, -282_541),
    ] as [(ContractKind, Side, Int64)])
  func profitOfBothKinds(_ kind: ContractKind, _ side: Side, _ profit: Int64) throws {
    let venue = try ContractVenue(kind, walletUnits: kind == .inverse ? coin : 10_000 * coin)
    #expect(venue.place(side, 100, at: side == .buy ? 600_002 : 600_000) == nil)
    #expect(venue.desk.stage.positionsLots == [side.sign * 100, 0])
    venue.book(0, 590_000)
    venue.turn()
    #expect(venue.figure("unrealised") == venue.unrealised(0) && (venue.unrealised(0) > 0) == (profit > 0))
    #expect(venue.place(side.opposite, 100, at: side == .buy ? 590_000 : 590_002) == nil)
    #expect(venue.desk.stage.positionsLots == [0, 0])
    #expect(venue.figure("realised") == profit && venue.position(0).realised == profit)
    #expect(venue.balance.computed.units == venue.wallet && venue.balance.reserved == .zero)
    #expect(venue.desk.count("day_profit.\(venue.settlement)") == profit)
  }

  /// Of a sale of 150 against 100, what closes is valued by itself: 10,000 USD at 61,000.0 are 0.16393442 BTC, and the
  /// other 5,000 USD stand for the rest of 0.24590163.
  @Test func throughZeroWhatClosesIsValuedByItself() throws {
    let venue = try ContractVenue(.inverse, walletUnits: coin)
    venue.place(.buy, 100, at: 600_002)
    venue.book(0, 610_000)
    venue.turn()
    venue.place(.sell, 150, at: 610_000)
    #expect(venue.figure("realised") == 16_666_611 - 16_393_442)
    let position = venue.folded.instruments[0].position
    #expect(position.lots == -50 && position.cost == 24_590_163 - 16_393_442 && position.cost == venue.position(0).cost)
    #expect(venue.balance.computed.units == coin + 16_666_611 - 16_393_442)
  }

  /// 0.1 BTC at the mark of 60,000.1 hold back a tenth; a loss holds back the whole of itself, and a profit nothing.
  @Test func marginAndLossAreHeldBack() throws {
    let venue = try ContractVenue(.linear, walletUnits: 1000 * coin)
    venue.place(.buy, 60, at: 590_000)
    #expect(venue.balance.reserved.units == 60 * 6_000_010_000 / 10)
    venue.place(.buy, 100, at: 600_002)
    let margin: Int64 = 160 * 6_000_010_000 / 10
    #expect(venue.balance.reserved.units == margin + 1_000_000)
    venue.place(.sell, 320, at: 700_000, .immediateOrCancel)
    #expect(venue.desk.news.last?.kind == .refused)  // beyond the collar
    venue.book(0, 650_000)
    venue.turn()
    #expect(venue.balance.reserved.units == 160 * 6_500_010_000 / 10)
    venue.desk.cancelAll()
    venue.turn()
    #expect(venue.balance.reserved.units == 100 * 6_500_010_000 / 10 && venue.engine.openOrders(.init(0)).isEmpty)
    // The other contract draws on the same wallet: 35 less than 350 are left of 1,000 less 650.001.
    #expect(venue.place(.buy, 59, at: 600_001, of: 1) == .insufficientBalance)
    #expect(venue.place(.buy, 58, at: 600_001, of: 1) == nil)
    #expect(venue.place(.sell, 100, at: 650_000) == nil)
    #expect(venue.balance.computed.units == venue.wallet && venue.refusals.isEmpty)
  }

  @Test(arguments: [ContractKind.linear, .inverse])
  func fundingIsCountedOnceAndIsNoFeeOfATrade(_ kind: ContractKind) throws {
    let venue = try ContractVenue(
      kind, walletUnits: kind == .inverse ? coin : 10_000 * coin, fundingRate: 10_000)
    venue.place(.buy, 100, at: 600_002)
    let before = venue.wallet
    venue.desk.nowNs += ContractVenue.fundingIntervalNs
    venue.book(0, 600_000)
    venue.turn()
    // 0.01 % of 6,000.01 USDT; of 0.16666639 BTC (a payer is rounded up twice).
    let paid: Int64 = kind == .linear ? 60_000_100 : 1_667
    #expect(venue.wallet == before - paid && venue.balance.computed.units == venue.wallet)
    #expect(venue.figure("fees") == paid && venue.figure("realised") == 0 && venue.balance.fees == .zero)
    #expect(venue.desk.news.last { $0.kind == .position }?.fees.units == paid)
    #expect(venue.desk.count("day_profit.\(venue.settlement)") == venue.unrealised(0) - paid)
    #expect(venue.folded.instruments[0].position.fees == paid)
    #expect(venue.folded.assets.first { $0.asset.text == venue.settlement }?.computed == venue.wallet)

    let payment = try #require(venue.transfers.last)
    venue.desk.push(
      ContractVenue.payment(.funding, number: 1, of: payment.instrument, venue.settlement, payment.amount.units))
    venue.turn()
    #expect(venue.balance.computed.units == venue.wallet && venue.desk.count("reports.malformed") == 0)
    // Its number is not a trade's: the fill of that number still counts.
    #expect(venue.engine.fills.map(\.tradeId) == [1] && payment.number == 1)
    venue.place(.sell, 100, at: 600_000)
    #expect(venue.desk.stage.positionsLots == [0, 0] && venue.desk.count("fills.duplicate") == 0)
    #expect(venue.desk.count("instrument_halts") == 0)
  }

  @Test func fundingThatMakesNoSenseIsMalformed() throws {
    let venue = try ContractVenue(.linear, walletUnits: 1000 * coin)
    let spot = try Desk()
    spot.open()
    let (first, beyond) = (InstrumentIndex(0), InstrumentIndex(2))
    spot.push(ContractVenue.payment(.funding, number: 1, of: first, "USDT", -1))
    spot.step()
    venue.desk.push(ContractVenue.payment(.funding, number: 1, of: first, "BTC", -1))
    venue.desk.push(ContractVenue.payment(.funding, number: 0, of: first, "USDT", -1))
    venue.desk.push(ContractVenue.payment(.funding, number: 1, of: beyond, "USDT", -1))
    venue.turn()
    #expect(spot.count("reports.malformed") == 1 && venue.desk.count("reports.malformed") == 3)
    #expect(venue.balance.computed.units == 1000 * coin)
  }

  /// The venue sells what the book takes and hands the rest to its insurance fund: fills that are nobody's orders.
  @Test(arguments: [ContractKind.linear, .inverse], [40, 1_000_000] as [Int64])
  func aLiquidationIsTakenOverAndHalts(_ kind: ContractKind, _ lots: Int64) throws {
    let venue = try ContractVenue(
      kind, walletUnits: kind == .inverse ? 2_000_000 : 625 * coin, leverage: 20, takerRate: 30_000)
    #expect(venue.place(.buy, 100, at: 600_002) == nil)
    #expect(venue.place(.buy, 1, at: 590_000) == nil)
    venue.book(0, 540_000, lots: lots)
    venue.turn()
    #expect(venue.liquidations == (lots == 40 ? 2 : 1) && venue.transfers.contains { $0.kind == .insurance })
    #expect(venue.desk.stage.positionsLots == [0, 0] && venue.desk.stage.openOrders == 0)
    #expect(venue.figure("realised") == venue.position(0).realised && venue.figure("unrealised") == 0)
    #expect(venue.balance.computed.units == venue.wallet && venue.balance.reserved == .zero)
    #expect(venue.desk.count("instrument_halts") == 1 && venue.desk.scopes("halted").instruments == 1)
    #expect(venue.place(.buy, 1, at: 540_000) == .halted)
    #expect(venue.folded.instruments[0].position.lots == 0)
    venue.desk.pass(3_000_000_000)
    #expect(venue.desk.count("balances.mismatch") == 0)
  }

  /// A wallet may be overdrawn as long as another position carries it.
  @Test func anOverdrawnWalletIsNotMalformed() throws {
    let venue = try ContractVenue(.linear, walletUnits: 1000 * coin)
    venue.desk.report(balanceOf: "USDT", free: -5, locked: 2)
    venue.desk.report(balanceOf: "BNB", free: -5)
    venue.desk.step()
    #expect(venue.desk.count("reports.malformed") == 1)
    #expect(venue.place(.buy, 1, at: 590_000) == .insufficientBalance)
  }

  @Test(arguments: [ContractKind.linear, .inverse], Side.allCases)
  func flattenClosesShortsToo(_ kind: ContractKind, _ side: Side) throws {
    let venue = try ContractVenue(kind, walletUnits: kind == .inverse ? coin : 2000 * coin)
    venue.place(side, 100, at: side == .buy ? 600_002 : 600_000)
    venue.place(side, 50, at: side == .buy ? 599_000 : 601_000)
    #expect(venue.place(side.opposite, 151, at: side == .buy ? 600_000 : 600_002, reduceOnly: true) == .notReducing)
    let command = venue.desk.command(.flatten)
    for _ in 0..<5 {
      venue.turn()
      venue.desk.nowNs += 100_000_000
    }
    #expect(venue.desk.stage.positionsLots == [0, 0] && venue.desk.stage.openOrders == 0)
    let closing = try #require(venue.desk.sent.last)
    #expect(closing.reduceOnly && closing.side == side.opposite && closing.timeInForce == .immediateOrCancel)
    #expect(venue.desk.end(of: command)?.result == .completed)
  }

  /// The next session has position and wallet; before its first touch the position holds back a part of what it cost.
  @Test(arguments: [ContractKind.linear, .inverse])
  func theNextSessionGoesOnWithPositionAndMargin(_ kind: ContractKind) throws {
    let venue = try ContractVenue(
      kind, walletUnits: kind == .inverse ? coin : 2000 * coin, fundingRate: 10_000, takerRate: 30_000)
    venue.place(.sell, 100, at: 600_000)
    venue.desk.nowNs += ContractVenue.fundingIntervalNs
    venue.book(0, 600_000)
    venue.turn()
    let account = try AccountState(encoded: venue.folded.encoded).begin(stage: 4, instruments: venue.instruments)
    let desk = try Desk(instruments: venue.instruments, bootEpoch: 6, recovered: account) {
      $0.limits[0]?.leverage = 10
      $0.limits[1]?.leverage = 10
    }
    #expect(desk.stage.positionsLots == [-100, 0])
    desk.nowNs = venue.desk.nowNs
    desk.report(.sessionUp)
    desk.report(balanceOf: venue.settlement, free: venue.wallet)
    desk.reconcile()
    let cost = abs(venue.position(0).cost)
    var row = try #require(desk.stage.accountBalances.first { $0.asset == venue.settlement })
    #expect(row.computed.units == venue.wallet && row.reserved.units == (cost + 9) / 10)
    desk.touch(bid: 600_000, ask: 600_002)
    desk.step()
    row = try #require(desk.stage.accountBalances.first { $0.asset == venue.settlement })
    #expect(row.reserved.units == venue.initialMargin(0) - min(0, venue.unrealised(0)))
    #expect(desk.count("position.\(venue.instruments[0].symbol.text).unrealised") == venue.unrealised(0))
    #expect(desk.count("reconciliation.invariants") == 0 && desk.count("instrument_halts") == 0)
  }

  /// The limit is in the asset that profit is counted in: of inverse contracts the base asset.
  @Test func theDaysLossIsInTheSettlementAsset() throws {
    for (limit, isHalted): (Int64, Bool) in [(282_512, true), (282_513, false)] {
      let venue = try ContractVenue(.inverse, walletUnits: coin, maximumDailyLoss: Amount(units: limit))
      venue.place(.buy, 100, at: 600_002)
      venue.book(0, 590_000)
      venue.turn()
      // Valued at 59,000.1: 0.16949123 BTC, bought for 0.16666611.
      #expect(venue.unrealised(0) == -282_512)
      #expect((venue.desk.count("halts.daily_loss") == 1) == isHalted)
    }
  }
}
