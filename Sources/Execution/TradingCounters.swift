// Counters and gauges of what may be traded, of commands and of the session's own checks. Written by execution only.

import Market
import Pipeline
import Risk

/// Part of `ExecutionCounters`, all named `execution.*`.
struct TradingCounters: ~Copyable {
  // Gauges, 1 or 0 but for the scopes, the halt word and the ramp.
  private let armed: Counter
  private let haltEpoch: Counter
  private let halted: ScopeGauges
  private let paused: ScopeGauges
  private let reduceOnly: ScopeGauges
  private let lossUsedUp: Counter
  private let rampPercent: Counter
  // Commands.
  let accepted: Counter
  let refused: Counter
  /// Commands whose end could not be waited for: too many were under way.
  let unfollowedCommands: Counter
  /// Raised halt words that no command explained.
  let foreignHalts: Counter
  /// The most orders that a halt under way still waits for.
  let haltsUnderWay: Counter
  /// From the decision to the confirmation of the last order of the scope.
  let haltTime: LatencyHistogram
  /// Instruments that are being flattened.
  let flattening: Counter
  // The session's own checks.
  let lossHalts: Counter
  let positionBreaches: Counter
  let rejectPauses: Counter
  /// By instrument: profit and loss of the day in the asset that its profit is counted in.
  let dayProfits: UnsafeMutablePointer<Counter>

  init(instruments: [Instrument], _ named: (String) -> Counter, haltTime: LatencyHistogram) {
    armed = named("trading.armed")
    haltEpoch = named("trading.halt_epoch")
    halted = ScopeGauges("trading.halted", named)
    paused = ScopeGauges("trading.paused", named)
    reduceOnly = ScopeGauges("trading.reduce_only", named)
    lossUsedUp = named("trading.loss_used_up")
    rampPercent = named("trading.ramp_percent")
    accepted = named("commands.accepted")
    refused = named("commands.refused")
    unfollowedCommands = named("commands.unfollowed")
    foreignHalts = named("halts.foreign")
    haltsUnderWay = named("halts.open_orders")
    self.haltTime = haltTime
    flattening = named("flattening")
    lossHalts = named("halts.daily_loss")
    positionBreaches = named("positions.beyond_limit")
    rejectPauses = named("pauses.rejects")
    dayProfits = .allocate(capacity: max(1, instruments.count))
    for (i, instrument) in instruments.enumerated() {
      (dayProfits + i).initialize(to: named("day_profit.\(instrument.moved.quote.text)"))
    }
  }

  deinit { dayProfits.deallocate() }

  @inline(always)
  func show(_ state: TradingState, rampPercent percent: Int64) {
    armed.set(state.isArmed ? 1 : 0)
    haltEpoch.set(Int64(state.armedEpoch))
    halted.show(state.halted)
    paused.show(state.paused)
    reduceOnly.show(state.reducing)
    lossUsedUp.set(state.isLossUsedUp ? 1 : 0)
    rampPercent.set(percent)
  }
}
