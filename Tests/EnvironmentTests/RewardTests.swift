import CEnvironment
import Environment
import Market
import Simulation
import Testing

/// Episodes whose rewards are computed by hand. Prices are around 100,000 ticks: a bp is ten ticks.
@Suite final class RewardTests {
  private let rows = UnsafeMutablePointer<TapeRow>.allocate(capacity: ScriptedMarket.rowsPerMessage)

  deinit { rows.deallocate() }

  private func room(
    _ config: apus_environment_config, _ messages: [ScriptedMessage]
  ) throws -> Room<ScriptedMarket> {
    let rules = try EnvironmentConfiguration(config).rules
    return Room(ScriptedMarket(messages), rules: rules, random: SplitMix64(seed: 1), rows: rows)
  }

  @Test func tradeEarnsTheChangeOfEquity() throws {
    let config = apus_environment_config.scripted(.trade) {
      $0.taker_fee_ppm = 100
      $0.inventory_penalty_bps = 0.5
    }
    var room = try room(
      config,
      [
        ScriptedMessage(bid: 99_999, ask: 100_001), ScriptedMessage(bid: 100_009, ask: 100_011),
        ScriptedMessage(bid: 100_009, ask: 100_011), ScriptedMessage(bid: 100_004, ask: 100_006),
      ])
    // Buys 10 at 100,001, fee 100.001 lot-ticks; the mid goes to 100,010: 90 - 100.001 of 10 * 100,000, less the penalty.
    var outcome = room.step(Int32(2), rows: rows)
    #expect(abs(outcome.reward - (-0.10001 - 0.5)) < 1e-6)
    // Stays: nothing but the penalty.
    outcome = room.step(Int32(2), rows: rows)
    #expect(outcome.reward == -0.5)
    // Sells all and 10 more at 100,009, fee 200.018; mid 100,005: position of -10 gains 40, the one before lost 10.
    outcome = room.step(Int32(0), rows: rows)
    #expect(abs(outcome.reward - (-1.70018 - 0.5)) < 1e-6)
    #expect(room.account.inventoryLots == -10 && room.account.fees == 300_019_000)
    outcome = room.step(Int32(0), rows: rows)
    #expect(outcome.isTruncated && !outcome.isTerminated)
    // The step after the end begins another episode.
    outcome = room.step(Int32(2), rows: rows)
    #expect(outcome == StepOutcome() && room.account.inventoryLots == 0)
  }

  @Test func anOrderArrivesAfterItsLatency() throws {
    let config = apus_environment_config.scripted(.trade) {
      $0.events_per_step = 2
      $0.latency_events = 1
    }
    var room = try room(
      config,
      [
        ScriptedMessage(bid: 99_999, ask: 100_001), ScriptedMessage(bid: 100_019, ask: 100_021),
        ScriptedMessage(bid: 99_999, ask: 100_001),
      ])
    // Decided at 100,001, bought at 100,021, marked at 100,000.
    #expect(abs(room.step(Int32(2), rows: rows).reward + 2.1) < 1e-6)
  }

  @Test func executePaysTheShortfall() throws {
    let config = apus_environment_config.scripted(.execute) { $0.taker_fee_ppm = 100 }
    let messages = [
      ScriptedMessage(bid: 99_999, ask: 100_001, lots: 4), ScriptedMessage(bid: 100_009, ask: 100_011, lots: 4),
    ]
    var room = try room(config, messages)
    var total: Float = 0
    var outcome = room.step(Float(0.25), rows: rows)  // 3 of 10 lots, rounded up
    total += outcome.reward
    let isBuy = room.account.inventoryLots == 3
    #expect(isBuy || room.account.inventoryLots == -3)
    for share in [0, 0] as [Float] {
      outcome = room.step(share, rows: rows)
      #expect(outcome == StepOutcome())
    }
    // The last step takes the rest, in as many orders as that needs.
    outcome = room.step(Float(0), rows: rows)
    total += outcome.reward
    #expect(outcome.isTerminated && !outcome.isTruncated && abs(room.account.inventoryLots) == 10)
    // Shortfall in lot-ticks against 100,000: buying 3 * 1 + 7 * 11, selling 3 * 1 - 7 * 9; a bp is 100 lot-ticks.
    let shortfall: Float = isBuy ? 80 : -60
    let notional: Float = isBuy ? 1_000_080 : 1_000_060
    #expect(abs(total + (shortfall + 1e-4 * notional) / 100) < 1e-5)
  }

  @Test func quotesEarnTheSpreadInTheirTurn() throws {
    let config = apus_environment_config.scripted(.quote) {
      $0.maker_fee_ppm = -10
      $0.taker_fee_ppm = 20
    }
    var room = try room(
      config,
      [
        ScriptedMessage(bid: 99_999, ask: 100_001, lots: 8),
        // 10 sold into our bid's level: 8 were ahead of us.
        ScriptedMessage(bid: 99_999, ask: 100_001, rows: [.scripted(.trade, .sell, 99_999, 10)]),
        // Bought through our ask.
        ScriptedMessage(bid: 100_001, ask: 100_003, rows: [.scripted(.trade, .buy, 100_002, 3)]),
      ])
    var outcome = room.step(Int32(1), Int32(1), rows: rows)
    #expect(room.account.inventoryLots == 2 && room.bid.lots == 3 && room.bid.aheadLots == 0)
    // 2 bought a tick below the mid, and a rebate of a hundred-thousandth of 199,998.
    #expect(abs(outcome.reward - 0.0399998) < 1e-6)
    outcome = room.step(Int32(1), Int32(1), rows: rows)
    // 3 sold at 100,001 where the mid is now 100,002; the 2 gained 2 each; a rebate of 3.00003.
    #expect(room.account.inventoryLots == -1 && room.ask.lots == 2)
    #expect(abs(outcome.reward - (4 - 3 + 3.00003) / 100) < 1e-6)
    // The step cancels both sides.
    outcome = room.step(Int32(0), Int32(0), rows: rows)
    #expect(room.bid.lots == 0 && room.ask.lots == 0)
  }

  @Test func quotesAreBoundedAndPostOnly() throws {
    let config = apus_environment_config.scripted(.quote) {
      $0.maximum_lots = 6
      $0.latency_events = 1
    }
    let crossing = ScriptedMessage(bid: 99_990, ask: 99_999)
    var room = try room(
      config,
      [
        ScriptedMessage(bid: 99_999, ask: 100_001), crossing,
        ScriptedMessage(bid: 99_990, ask: 99_999, rows: [.scripted(.trade, .sell, 99_980, 100)]),
      ])
    // The ask came to 99,999 before the bid for 99,999 did.
    _ = room.step(Int32(1), Int32(0), rows: rows)
    #expect(room.bid.lots == 0)
    _ = room.step(Int32(1), Int32(0), rows: rows)
    #expect(room.bid.lots == 5 && room.bid.price.ticks == 99_990)
    // The trade through fills it whole; the next may be for one more lot only.
    _ = room.step(Int32(2), Int32(0), rows: rows)
    #expect(room.account.inventoryLots == 5 && room.bid.lots == 1 && room.bid.price.ticks == 99_989)
  }
}
