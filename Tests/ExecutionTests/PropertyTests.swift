// Thousands of order lives, told shuffled, repeated and late, must end where the slow model ends: to the last unit.

import Execution
import Market
import Pipeline
import Risk
import Support
import Testing

@Suite struct PropertyTests {
  /// Fewer lives in debug, where a step costs a hundred times as much.
  #if DEBUG
    static let lives = 600
  #else
    static let lives = 5000
  #endif

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func everyLifeEndsAsTheVenueSaysAndEveryUnitIsThere(_ seed: UInt64) throws {
    let session = try ShuffledSession(seed: seed)
    session.run(lives: Self.lives)
    let (desk, venue) = (session.desk, session.venue)
    #expect(desk.stage.openOrders == 0, "seed \(seed)")
    #expect(desk.sent.count == Self.lives, "seed \(seed)")
    #expect(desk.count("position.BTCUSDT.lots") == venue.positionLots, "seed \(seed)")
    for name in ["reports.contradiction", "fills.over", "instrument_halts", "reports.malformed", "reports.orphan"] {
      #expect(desk.count(name) == 0, "\(name), seed \(seed)")
    }
    #expect(desk.count("fills.duplicate") > Self.lives / 20, "seed \(seed)")
    #expect(desk.count("orders.unknown") > Self.lives / 20, "seed \(seed)")

    desk.pass(3_000_000_000)
    #expect(desk.count("balances.mismatch") == 0, "seed \(seed)")
    session.tellBalances()
    let balances = desk.records(.balance, BalanceRecord.self).suffix(session.initial.count)
    for balance in balances {
      #expect(balance.computed.units == balance.venueFree.units, "\(balance.asset.text), seed \(seed)")
      #expect(balance.reserved.units == 0, "\(balance.asset.text), seed \(seed)")
    }
  }

  /// Flat at the end, what was realised is what was sold less what was bought: nothing is lost in rounding.
  @Test(arguments: 11...14 as ClosedRange<UInt64>)
  func profitIsCashOnceFlat(_ seed: UInt64) throws {
    let session = try ShuffledSession(seed: seed)
    session.run(lives: 300)
    let desk = session.desk
    let held = session.venue.positionLots
    var cash = session.venue.lives.values.reduce(0 as Int64) { $0 - $1.side.sign * $1.value }
    if held != 0 {
      // The session has stopped: somebody else closes the position on the same account.
      desk.push(
        Desk.fill(
          ClientOrderIdentifier(bootEpoch: 4, sequence: 1), held > 0 ? .sell : .buy, trade: 1 << 40, 6_000_000,
          abs(held), 0, "USDT"))
      desk.step()
      cash += held * 6_000_000 * 10
    }
    #expect(desk.count("position.BTCUSDT.lots") == 0)
    #expect(desk.count("position.BTCUSDT.realised") == cash, "seed \(seed)")
    #expect(desk.count("position.BTCUSDT.unrealised") == 0)
  }

  @Test func theSameInputsWriteTheSameRecords() throws {
    let first = try ShuffledSession(seed: 77)
    let second = try ShuffledSession(seed: 77)
    let other = try ShuffledSession(seed: 78)
    for session in [first, second, other] { session.run(lives: 200) }
    #expect(first.desk.journal.count > 1000)
    #expect(first.desk.journal == second.desk.journal)
    #expect(first.desk.journal != other.desk.journal)
  }
}

/// Places random orders and tells their lives in random order, with repetitions, unknown outcomes and lost sessions.
final class ShuffledSession {
  let desk: Desk
  var venue = VenueModel()
  let initial: [(String, Int64)] = [
    ("BTC", 1_000 * Amount.unitsPerCoin), ("USDT", 50_000_000 * Amount.unitsPerCoin), ("BNB", 10 * Amount.unitsPerCoin),
  ]
  private var random: SeededRandom
  /// Messages under way. Delivered from its first `window` places at random.
  private var underWay: [ExecutionReport] = []
  private static let window = 48

  init(seed: UInt64) throws {
    random = SeededRandom(seed)
    desk = try Desk()
    desk.listing = { [unowned self] in answer($0) }
    desk.report(.sessionUp)
    for (asset, free) in initial { desk.report(balanceOf: asset, free: free) }
    desk.reconcile()
  }

  /// Lists come when they are asked for, whatever else is under way.
  private func answer(_ request: GatewayRequest) -> [ExecutionReport] {
    guard request.kind == .queryBalances else { return venue.list(request) }
    return initial.map { asset, free in
      var report = Desk.message(.balance, .none)
      report.asset = ShortName(asset)!
      report.amount = Amount(units: free + venue.change(of: asset))
      return report
    }
  }

  /// Fewer messages arise in a turn than are delivered, so that the queue stays short beside the order table.
  func run(lives: Int) {
    var placed = 0
    while placed < lives {
      desk.nowNs += 1_000_000
      desk.touch()
      if Bool.random(using: &random) && desk.isGreen {
        place()
        placed += 1
      }
      deliver(.random(in: 2...8, using: &random))
      turn()
      if Int.random(in: 0..<400, using: &random) == 0 { loseSession() }
      if Int.random(in: 0..<50, using: &random) == 0 { desk.cancelAll() }
    }
    desk.flags = .stopping
    repeat {
      desk.nowNs += 1_000_000
      deliver(8)
      turn()
    } while !underWay.isEmpty
    tellBalances()
    while desk.stage.openOrders > 0 || !underWay.isEmpty {
      desk.nowNs += 20_000_000
      deliver(8)
      turn()
    }
  }

  /// The venue's last word: with a wrong unit anywhere it would differ, and settle as a mismatch.
  func tellBalances() {
    for (asset, free) in initial { desk.report(balanceOf: asset, free: free + venue.change(of: asset)) }
    desk.step()
  }

  /// Buys rest below the touch and sells above it, so no order trades with another one of ours.
  private func place() {
    let side: Side = Bool.random(using: &random) ? .buy : .sell
    let away = Int64.random(in: 1000...20_000, using: &random)
    desk.place(side, 6_000_000 - side.sign * away, .random(in: 1...5000, using: &random))
  }

  private func deliver(_ count: Int) {
    for _ in 0..<min(count, underWay.count) {
      let message = underWay.remove(at: .random(in: 0..<min(underWay.count, Self.window), using: &random))
      desk.push(message)
      if Int.random(in: 0..<4, using: &random) == 0 { underWay.append(message) }  // told again, later
    }
  }

  /// A step, and what the venue makes of what came out of it.
  private func turn() {
    let (sentBefore, askedBefore) = (desk.sent.count, desk.asked.count)
    desk.step()
    for order in desk.sent[sentBefore...] {
      var messages = venue.accept(order, random: &random)
      let life = venue.lives[order.clientOrder]
      if life?.ending != .notSent && Int.random(in: 0..<5, using: &random) == 0 {
        messages.append(Desk.message(.unknown, order.clientOrder, reason: .replyTimeout))
      }
      underWay += messages
    }
    for request in desk.asked[askedBefore...] {
      switch request.kind {
      case .cancel: underWay.append(venue.cancel(request.clientOrder))
      case .cancelAll: underWay += venue.cancelAll()
      case .queryStatus: underWay.append(venue.status(request.clientOrder))
      case .queryBalances, .queryOpenOrders, .queryTrades: break  // answered at once
      }
    }
  }

  private func loseSession() {
    desk.report(.sessionDown)
    desk.step()
    desk.report(.sessionUp)
    turn()
  }
}
