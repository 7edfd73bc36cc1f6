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
    fromMs: Int64, toMs: Int64, offsetMs: Int64 = 0, others: Int = 0, _ change: (inout RateLimits) -> Void
  ) throws -> HandPlayed {
    var limits = RateLimits()
    change(&limits)
    let conduct = VenueConduct(
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

  @Test("an address whose weight others have used up is kept away until the next minute")
  func tooMuchWeight() throws {
    let market = try Self.played(fromMs: 30_000, toMs: 60_000, others: 1_200) { $0.weightPerMinute = 600 }
    let refusals = try #require(market.session.venues[0].rateRefusals)
    #expect(refusals.count > 0 && refusals.bans == 0)
    // Half of the others' weight fills the minute: from there on nothing passes until the next one.
    let accepted = Self.acceptedMs(market)
    #expect(!accepted.contains { (30_000..<60_000).contains($0) } && accepted.contains { $0 >= 60_000 })
  }

  @Test("who is refused and is banned for it stays away for two minutes, then for four")
  func banned() throws {
    let market = try Self.played(fromMs: 30_000, toMs: 600_000, others: 1_200) {
      $0.weightPerMinute = 600
      $0.refusalsBeforeBan = 0
    }
    let refusals = try #require(market.session.venues[0].rateRefusals)
    // Others have filled the minute when the session first asks again, 30 s after its start, and whenever a ban ends: the
    // third of two, four and eight minutes outlasts the session.
    #expect(refusals.bans == 3)
    #expect(refusals.count - refusals.bans <= 3, "what was under way when a ban began, and nothing after its answer")
    #expect(Self.acceptedMs(market).isEmpty)
  }
}
