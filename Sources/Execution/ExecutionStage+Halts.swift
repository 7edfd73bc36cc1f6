// Execution: halts and cancels by scope, and the time from the decision to the last confirmation.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Nothing new in the scope, and what is open in it is cancelled by the lane that overtakes all others.
  ///
  /// A scoped halt raised the halt word by one and names the new value, which is armed from now on. Any other distance
  /// means that somebody else raised it too: then it stays foreign, and the halt word's check halts everything.
  mutating func halt(_ command: Command) {
    gate.trading.halted.set(command, true)
    if command.scope != .all && command.haltEpoch == gate.trading.armedEpoch &+ 1 {
      gate.trading.armedEpoch = command.haltEpoch
    }
    tradingChanged(by: command)
    let open = openOrders(of: command)
    cancel(command, isEmergency: true)
    follow(command, openOrders: open)
  }

  /// The halt word and the stop flag, once the commands that explain a raised word have been taken.
  mutating func handleWords() {
    if gate.trading.isForeign(input.haltEpoch) && !gate.trading.halted.isEverything {
      counters.trading.foreignHalts.add()
      halt(ownCommand(.halt, origin: .guardProcess, cause: 0))
    }
    let isStopping = input.flags.contains(.stopping)
    if isStopping && !self.isStopping {
      for i in 0..<instrumentCount { cancelEverything(in: i, cause: 0, isEmergency: false) }
    }
    self.isStopping = isStopping
  }

  /// Stops trading an instrument and cancels what is open in it: the venue contradicted itself.
  mutating func halt(_ instrument: Int, cause: UInt64) {
    let command = ownCommand(.halt, scope: .instrument, instrument: instrument, cause: cause)
    guard !gate.trading.halted.contains(command) else { return }
    counters.instrumentHalts.add()
    halt(command)
  }

  /// Cancels what is open in a scope: one request for each whole instrument, or order by order for a strategy.
  mutating func cancel(_ command: Command, isEmergency: Bool) {
    for i in 0..<instrumentCount {
      if covers(command, i) {
        cancelEverything(in: i, cause: command.cause, isEmergency: isEmergency)
      } else if command.scope == .strategy {
        var next = orders.first(i)
        while let order = next {
          if order.pointee.strategy == command.strategy {
            want(cancelOf: order, cause: command.cause, originTsc: 0, isEmergency: isEmergency)
          }
          next = orders.following(order)
        }
      }
    }
  }

  /// Whether a scope holds the whole of an instrument.
  func covers(_ command: Command, _ instrument: Int) -> Bool {
    switch command.scope {
    case .all: true
    case .venue: instruments[instrument].definition.venue.rawValue == command.venue.rawValue
    case .instrument: Int(command.instrument.rawValue) == instrument
    case .strategy: false
    }
  }

  /// Orders of a scope that may still fill. Unknown ones count, and so do those whose cancel is not confirmed.
  ///
  /// - Parameter isCanceling: only those that are being cancelled, so that orders placed since do not count.
  @_noLocks
  func openOrders(of command: Command, isCanceling: Bool = false) -> UInt32 {
    var count: UInt32 = 0
    for i in 0..<instrumentCount where command.scope == .strategy || covers(command, i) {
      var next = orders.first(i)
      while let order = next {
        let isIn = command.scope != .strategy || order.pointee.strategy == command.strategy
        if isIn && (!isCanceling || order.pointee.isCancelWanted) { count &+= 1 }
        next = orders.following(order)
      }
    }
    return count
  }

  /// Waits for the end of a command. Beyond what can be waited for it is in force all the same.
  mutating func follow(_ command: Command, openOrders: UInt32) {
    let isFollowed = underWay.add(CommandUnderWay(command: command, openOrders: openOrders))
    if !isFollowed { counters.trading.unfollowedCommands.add() }
  }

  /// Tells the end of each command that has come to it with this step.
  @_noLocks
  mutating func tellEnds() {
    var i = 0
    var waiting: UInt32 = 0
    while i < underWay.count {
      let entry = underWay.entries[i]
      let open = openOrders(of: entry.command, isCanceling: true)
      let isFlatten = entry.command.kind == .flatten
      if open > 0 || (isFlatten && isFlattening(in: entry.command)) {
        if !isFlatten { waiting = max(waiting, open) }
        i &+= 1
        continue
      }
      let durationNs = input.nowNs &- entry.command.timeNs
      if entry.hasFailed {
        answer(entry.command, .abandoned, .notFlat, openOrders: entry.openOrders, durationNs: durationNs)
      } else {
        answer(entry.command, .completed, openOrders: entry.openOrders, durationNs: durationNs)
        if !isFlatten { counters.trading.haltTime.record(durationNs) }
      }
      underWay.remove(i)
    }
    counters.trading.haltsUnderWay.set(Int64(waiting))
  }
}
