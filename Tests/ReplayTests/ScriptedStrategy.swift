// A strategy that does what it was told before: so that an engine and its reference decide the same.

import Market
import Simulation

enum ScriptedAction {
  case submit(id: UInt64, side: Side, ticks: Int64, lots: Int64, timeInForce: ReplayTimeInForce)
  /// If it can be cancelled by then.
  case cancel(id: UInt64)
}

struct ScriptedStrategy: ReplayStrategy {
  let intervalNs: Int64
  /// By wake.
  let actions: [[ScriptedAction]]
  private(set) var wake = 0
  private(set) var positions: [Int64] = []

  init(intervalNs: Int64, actions: [[ScriptedAction]]) {
    self.intervalNs = intervalNs
    self.actions = actions
  }

  mutating func wake(_ desk: inout ReplayDesk) {
    positions.append(desk.account.positionLots)
    defer { wake += 1 }
    guard wake < actions.count else { return }
    for action in actions[wake] {
      switch action {
      case .submit(let id, let side, let ticks, let lots, let timeInForce):
        desk.submit(
          id: id, side: side, price: Price(ticks: ticks), quantity: Quantity(lots: lots), timeInForce: timeInForce)
      case .cancel(let id):
        for place in 0..<desk.orderCount where desk[place].id == id && desk[place].isCancelable { desk.cancel(place) }
      }
    }
    desk.removeFinished()
  }
}
