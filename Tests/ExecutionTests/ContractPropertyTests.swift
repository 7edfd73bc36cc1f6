// Random sessions in two contracts of one wallet: after every step the stage has what the venue has, to the last unit.

import Execution
import Market
import Pipeline
import Risk
import Simulation
import Support
import Testing

@Suite struct ContractPropertyTests {
  #if DEBUG
    static let rounds = 5
  #else
    static let rounds = 50
  #endif

  @Test(arguments: [ContractKind.linear, .inverse], 1...4 as ClosedRange<UInt64>)
  func positionsWalletAndMarginAreTheVenuesAfterEveryStep(_ kind: ContractKind, _ seed: UInt64) throws {
    var random = SeededRandom(seed)
    var (fills, liquidations, fundings, shorts, refusals) = (0, 0, 0, 0, 0)
    // An account that lost everything does not trade: each round begins with a new one.
    for round in 0..<Self.rounds {
      let session = try RandomContracts(kind, leverage: [5, 50, 50][round % 3], seed: random.next())
      for turn in 0..<150 {
        session.turn()
        session.check("\(kind), seed \(seed), round \(round), turn \(turn)")
        if session.venue.desk.stage.positionsLots.contains(where: { $0 < 0 }) { shorts += 1 }
      }
      let desk = session.venue.desk
      for name in ["reports.contradiction", "reports.malformed", "fills.over", "reconciliation.invariants"] {
        #expect(desk.count(name) == 0, "\(name), seed \(seed)")
      }
      desk.pass(3_000_000_000)
      #expect(desk.count("balances.mismatch") == 0, "seed \(seed)")
      fills += session.venue.engine.fills.count
      liquidations += session.venue.liquidations
      fundings += session.venue.transfers.filter { $0.kind == .funding }.count
      refusals += Int(desk.count("refused.insufficientBalance"))
    }
    #expect(fills > 20 * Self.rounds && liquidations > 0, "\(fills), \(liquidations), seed \(seed)")
    #expect(fundings > 10 && refusals > 10, "\(fundings), \(refusals), seed \(seed)")
    #expect(shorts > 50 * Self.rounds, "a contract is sold short as often as it is held")
  }

  /// A comparison with the venue makes every sum anew, margin among them.
  @Test(arguments: [ContractKind.linear, .inverse])
  func theSumsAreWhatTheirPartsComeTo(_ kind: ContractKind) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let session = try RandomContracts(kind, leverage: 5, seed: seed)
      for _ in 0..<40 { session.turn() }
      let desk = session.venue.desk
      for i in 0..<2 { desk.cancelAll(of: i) }
      session.venue.turn()
      desk.report(.sessionDown)
      desk.step()
      desk.report(.sessionUp)
      for _ in 0..<100 where !desk.isGreen {
        desk.nowNs += 100_000_000
        session.venue.turn()
      }
      #expect(desk.isGreen)
      #expect(desk.count("reconciliation.invariants") == 0 && desk.count("reconciliation.unexplained_balances") == 0)
      session.check("\(kind), seed \(seed)")
    }
  }
}

/// Orders at, behind and through the touch of a market that jumps; some are cancelled, funding comes and goes.
final class RandomContracts {
  let venue: ContractVenue
  private var random: SeededRandom
  private var prices: [Int64] = [600_000, 600_000]
  private var state: AccountState
  private var folded = 0

  init(_ kind: ContractKind, leverage: Int64, seed: UInt64) throws {
    random = SeededRandom(seed)
    venue = try ContractVenue(
      kind, walletUnits: kind == .inverse ? ContractVenue.coin / 25 : 2000 * ContractVenue.coin, leverage: leverage,
      fundingRate: seed % 2 == 0 ? 12_345 : -9_876, takerRate: 33_333)
    state = AccountState(stage: 4, instruments: venue.instruments)
  }

  func turn() {
    venue.desk.nowNs += .random(in: 1...120_000_000, using: &random)
    for i in prices.indices {
      prices[i] = max(300_000, min(1_200_000, prices[i] + .random(in: -9000...9000, using: &random)))
      venue.book(i, prices[i], lots: .random(in: 200...500, using: &random))
    }
    venue.turn()
    resume()
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      venue.desk.cancelAll(of: .random(in: 0..<2, using: &random))
      venue.turn()
    default: place()
    }
  }

  private func place() {
    let i = Int.random(in: 0..<2, using: &random)
    let side: Side = Bool.random(using: &random) ? .buy : .sell
    let touch = side == .buy ? prices[i] : prices[i] + 2
    // Mostly behind the touch; else through it, at once or to stay.
    let isBehind = Int.random(in: 0..<3, using: &random) > 0
    let ticks = touch - side.sign * (isBehind ? Int64.random(in: 0...3000, using: &random) : -3)
    let isImmediate = !isBehind && Bool.random(using: &random)
    venue.place(
      side, .random(in: 1...200, using: &random), at: ticks, isImmediate ? .immediateOrCancel : .goodTilCanceled, of: i)
  }

  /// Somebody has looked at what a liquidation halted.
  private func resume() {
    let halted = venue.desk.scopes("halted").instruments
    for i in prices.indices where halted & 1 << UInt64(i) != 0 {
      venue.desk.refusal(of: .resume, scope: .instrument, instrument: UInt16(i))
    }
  }

  func check(_ comment: String) {
    for record in venue.desk.journal[folded...] { record.withUnsafeBytes { state.fold($0) } }
    folded = venue.desk.journal.count
    var (margin, paid) = (0 as Int64, 0 as Int64)
    for i in prices.indices {
      let (ours, theirs) = (state.instruments[i].position, venue.position(i))
      #expect(ours.lots == theirs.lots && ours.cost == abs(theirs.cost), "\(comment)")
      #expect(ours.realised == theirs.realised && venue.desk.stage.positionsLots[i] == theirs.lots, "\(comment)")
      paid += ours.fees + theirs.funding - theirs.insured
      margin += venue.initialMargin(i) + max(0, -venue.unrealised(i))
      if !isEaten(i) { #expect(venue.figure("unrealised", of: i) == venue.unrealised(i), "\(comment)") }
    }
    let asset = venue.instruments[0].settlement
    #expect(paid == venue.engine.commissionPaid[asset]?.units ?? 0, "\(comment)")
    let row = venue.balance
    #expect(row.computed.units == venue.wallet, "\(comment)")
    #expect(state.assets.first { $0.asset == asset }?.computed == venue.wallet, "\(comment)")
    if prices.indices.contains(where: isEaten) { return }
    #expect(row.reserved.units == margin, "\(comment)")
    #expect(row.computed.units - row.reserved.units <= venue.spare, "\(comment)")
    // So the venue never refuses for want of margin what the gate lets through.
    #expect(!venue.refusals.contains(.insufficientBalance), "\(comment)")
  }

  /// A liquidation that took all that was displayed leaves the venue another mid than that of the market.
  private func isEaten(_ i: Int) -> Bool { venue.position(i).mark.ticks != prices[i] + 1 }
}
