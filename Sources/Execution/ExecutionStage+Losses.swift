// Execution: profit and loss of the day, and the halt when too much of it is lost.

import Market
import Pipeline
import Risk

/// The days of the session's clock, in UTC.
enum SessionDay {
  static var lengthNs: Int64 { 86_400_000_000_000 }

  /// Whole days since 1970.
  static func number(_ timeNs: Int64) -> Int64 { timeNs / lengthNs }
}

extension ExecutionStage {
  /// Begins a day: what was won or lost before it counts no more. Called before anything of the new day is handled, so
  /// that its first touch counts to it.
  mutating func rollDay() {
    guard input.nowNs >= nextDayNs else { return }
    let today = SessionDay.number(input.nowNs)
    nextDayNs = (today &+ 1) &* SessionDay.lengthNs
    for i in 0..<instrumentCount where instruments[i].daily.day != today {
      instruments[i].daily.day = today
      instruments[i].daily.realised = instruments[i].position.realised
      instruments[i].daily.fees = instruments[i].position.fees
      instruments[i].daily.unrealised = instruments[i].unrealised
      instruments[i].areFiguresDue = true
      recordPosition(i, cause: 0)
    }
    areLossesDue = true
    if gate.trading.isLossUsedUp && gate.trading.lossDay != today {
      gate.trading.lossDay = TradingState.noDay
      tradingChanged(by: ownCommand(.resume, cause: 0))
    }
  }

  /// Values what moved in this step, and halts everything when a quote asset has lost its day's limit.
  @_noLocks
  mutating func watchLosses() {
    for i in 0..<instrumentCount where instruments[i].areFiguresDue {
      instruments[i].areFiguresDue = false
      areLossesDue = true
      let state = instruments + i
      let before = state.pointee.dayProfit
      state.pointee.revalue()
      dayProfits[state.pointee.lossGroup] &+= state.pointee.dayProfit &- before
      counters.positions[i].set(state.pointee.position.lots)
      counters.realised[i].set(state.pointee.position.realised)
      counters.fees[i].set(state.pointee.position.fees)
      counters.unrealised[i].set(state.pointee.unrealised)
      counters.trading.dayProfits[i].set(dayProfits[state.pointee.lossGroup])
    }
    guard areLossesDue else { return }
    areLossesDue = false
    for i in 0..<instrumentCount where 0 &- dayProfits[i] >= maximumDailyLoss { useUpLoss(0 &- dayProfits[i]) }
  }

  private mutating func useUpLoss(_ loss: Int64) {
    guard !gate.trading.isLossUsedUp else { return }
    gate.trading.lossDay = SessionDay.number(input.nowNs)
    counters.trading.lossHalts.add()
    halt(ownCommand(.halt, value: loss, cause: 0))
  }
}
