// Rate limits of a backtest's venue: what the bot's own budget holds back, what the venue refuses, and bans.

import Backtest
import Bot
import Market
import Simulation
import Strategy
import Testing

@Suite("Rate limits in backtests")
struct BacktestLimitsTests {
  /// Asks for a bid on every book from a time on, and for the cancellation of all of them on every fourth.
  struct Poster: TradingStrategy {
    let fromNs: Int64
    let heard: HeardUpdates
    private var books = 0

    init(fromMs: Int64, heard: HeardUpdates) {
      fromNs = HandPlayed.startNs + fromMs * 1_000_000
      self.heard = heard
    }

    mutating func onBook(_ context: inout TradingContext) {
      guard context.nowNs >= fromNs else { return }
      books += 1
      if books % 4 == 0 {
        context.cancelAll()
      } else {
        _ = context.place(.buy, at: context.bestBid.price, Quantity(lots: 1_000))
      }
    }

    mutating func onReport(_ update: OrderUpdate, _ context: inout TradingContext) { heard.all.append(update) }
  }

  private static func played(
    fromMs: Int64, toMs: Int64, offsetMs: Int64 = 0, others: Int = 0, outages: [Range<Int64>] = [],
    _ change: (inout RateLimits) -> Void
  ) throws -> HandPlayed {
    var limits = RateLimits()
    change(&limits)
    let down = outages.map {
      HandPlayed.startNs + $0.lowerBound * 1_000_000..<HandPlayed.startNs + $0.upperBound * 1_000_000
    }
    let conduct = VenueConduct(
      orderOutages: down,
      clock: VenueClockRule(
        startNs: HandPlayed.startNs, offsetNs: offsetMs * 1_000_000, receiveWindowNs: 5_000_000_000),
      limits: LimitTerms(limits, othersWeightPerMinute: others))
    let delays = LinkDelays(
      feed: .constant(1_000_000), order: .constant(1_000_000), response: .constant(1_000_000), decisionNs: 0)
    var market = try HandPlayed(delays: delays, conduct: conduct) { Poster(fromMs: fromMs, heard: $0) }
    try market.pass(toMs: toMs)
    return market
  }

  /// When the venue accepted orders, in milliseconds of its clock from a minute's begin, 20 s before the session's.
  private static func acceptedMs(_ market: HandPlayed, offsetMs: Int64 = 0) -> [Int64] {
    market.session.venues[0].desk.engine.orders.map {
      ($0.createdNs - HandPlayed.startNs) / 1_000_000 + 20_000 + offsetMs
    }
  }

  @Test("limits that do not bind change nothing")
  func unbound() throws {
    let free = try runBacktest(backtestConfiguration(syntheticBacktest))
    let limited = try runBacktest(backtestConfiguration(syntheticBacktest + "\n  venue: {limits: {}}"))
    for (limited, free) in zip(limited.ends, free.ends) {
      #expect(limited.result == free.result && limited.decisions == free.decisions)
      #expect(limited.rateRefusals.map(\.count) == [0] && free.rateRefusals.isEmpty)
    }
  }

  @Test("the bot's budget keeps to the limit of orders, so that the venue refuses none")
  func ownBudget() throws {
    let market = try Self.played(fromMs: 5_000, toMs: 60_000) { $0.ordersPerTenSeconds = 5 }
    let accepted = Dictionary(grouping: Self.acceptedMs(market)) { $0 / 10_000 }.mapValues(\.count)
    #expect(accepted == [2: 5, 3: 5, 4: 5, 5: 5, 6: 5, 7: 5])
    #expect(market.session.venues[0].rateRefusals?.count == 0)
    let limited = market.heard.all.filter { $0.kind == .rejected && $0.reasonCode == ReportReason.rateLimited.rawValue }
    #expect(!limited.isEmpty)
  }

  @Test("a venue that counts by another clock refuses orders, and cancels pass")
  func tooManyOrders() throws {
    // Five at the end of the bot's ten seconds and five at the beginning of the next: ten within the venue's.
    let market = try Self.played(fromMs: 9_000, toMs: 30_000, offsetMs: 3_000) { $0.ordersPerTenSeconds = 5 }
    let accepted = Dictionary(grouping: Self.acceptedMs(market, offsetMs: 3_000)) { $0 / 10_000 }.mapValues(\.count)
    #expect(accepted.values.allSatisfy { $0 <= 5 } && accepted[3] == 5)
    let refusals = try #require(market.session.venues[0].rateRefusals)
    #expect(refusals.count > 0 && refusals.bans == 0)
    #expect(market.session.venues[0].desk.engine.orders.allSatisfy { $0.status == .canceled })
  }

  /// Others use 5,000 of 3,000: 1,667 when the session starts, and all that is left soon after 30 s. An order that leaves
  /// then by the count of the last answer is refused.
  private static func crowded(toMs: Int64, refusalsBeforeBan: Int) throws -> HandPlayed {
    try played(fromMs: 1_000, toMs: toMs, others: 5_000) {
      $0.weightPerMinute = 3_000
      $0.refusalsBeforeBan = refusalsBeforeBan
    }
  }

  /// When the gateway held back orders for a reason, in milliseconds as above.
  private static func heldBackMs(_ market: HandPlayed, _ reason: ReportReason) -> [Int64] {
    market.heard.all.filter { $0.kind == .rejected && $0.reasonCode == reason.rawValue }.map {
      ($0.timeNs - HandPlayed.startNs) / 1_000_000 + 20_000
    }
  }

  @Test("an address whose weight others have used up is kept away until the next minute")
  func tooMuchWeight() throws {
    let market = try Self.crowded(toMs: 60_000, refusalsBeforeBan: 10)
    let refusals = try #require(market.session.venues[0].rateRefusals)
    #expect(refusals.count > 0 && refusals.bans == 0)
    let accepted = Self.acceptedMs(market)
    #expect(accepted.contains { $0 < 30_000 } && accepted.contains { $0 >= 60_000 })
    #expect(!accepted.contains { (31_100..<60_000).contains($0) })
    let paused = Self.heldBackMs(market, .backingOff)
    #expect(!paused.isEmpty && paused.allSatisfy { (31_000..<60_000).contains($0) })
  }

  @Test("who is refused and is banned for it sends nothing for two minutes, and goes on")
  func banned() throws {
    let market = try Self.crowded(toMs: 600_000, refusalsBeforeBan: 0)
    #expect(market.session.venues[0].rateRefusals.map { [$0.count, $0.bans] } == [1, 1])
    let accepted = Self.acceptedMs(market)
    #expect(accepted.contains { $0 < 30_000 } && accepted.contains { $0 >= 151_000 })
    #expect(!accepted.contains { (31_100..<151_000).contains($0) })
    let paused = Self.heldBackMs(market, .backingOff)
    #expect(paused.contains { $0 > 60_000 } && paused.allSatisfy { (31_000...151_100).contains($0) })
    let again = try Self.crowded(toMs: 600_000, refusalsBeforeBan: 0)
    #expect(again.session.decisions == market.session.decisions)
  }

  @Test("who is refused again when a ban ends is banned for twice as long")
  func longerBans() throws {
    // At 20 s of a minute, when the session starts and whenever a ban of its feed ends, others have left no room for a
    // snapshot: the third of two, four and eight minutes outlasts the session.
    let market = try Self.played(fromMs: 1_000, toMs: 600_000, others: 1_200) {
      $0.weightPerMinute = 600
      $0.refusalsBeforeBan = 0
    }
    #expect(market.session.venues[0].rateRefusals?.bans == 3)
  }

  @Test("a snapshot that was refused is asked for again when the ban is over")
  func bannedFeed() throws {
    // At 20 s of a minute others have used 333: with connecting (47) and a snapshot (250) that is 10 too many.
    let market = try Self.played(fromMs: 1_000, toMs: 240_000, others: 1_000) {
      $0.weightPerMinute = 620
      $0.refusalsBeforeBan = 0
    }
    #expect(market.session.venues[0].rateRefusals?.bans == 1)
    // The book is there after two minutes; the budget of orders has room again in the minute after that.
    let accepted = Self.acceptedMs(market)
    #expect(!accepted.isEmpty && accepted.allSatisfy { $0 >= 180_000 })
  }

  @Test("a session does not come up while the venue refuses its connecting")
  func refusedSession() throws {
    // Down from 25 to 30 s of the minute; by then others and the session have used all but a few of 1,500.
    let market = try Self.played(fromMs: 11_000, toMs: 60_000, others: 2_700, outages: [5_000..<10_000]) {
      $0.weightPerMinute = 1_500
    }
    #expect(market.session.venues[0].rateRefusals?.count == 1)
    #expect(try #require(Self.acceptedMs(market).first) >= 60_000)
    // A gateway whose session was up would have held orders back by the counts.
    #expect((Self.heldBackMs(market, .rateLimited) + Self.heldBackMs(market, .backingOff)).allSatisfy { $0 >= 60_000 })
  }

  @Test("a session that waits for its limits does not come up while it is down")
  func heldInAnOutage() throws {
    // As above; the minute ends at 40 s of the session, in the middle of a second outage.
    let market = try Self.played(
      fromMs: 11_000, toMs: 60_000, others: 2_700, outages: [5_000..<10_000, 38_000..<45_000]
    ) {
      $0.weightPerMinute = 1_500
    }
    let first = try #require(Self.acceptedMs(market).first)
    #expect((65_000..<66_000).contains(first), "at the end of the outage: \(first)")
  }
}
