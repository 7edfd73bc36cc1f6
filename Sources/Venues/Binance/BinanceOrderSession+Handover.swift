// How an order session passes from one connection to the next without a moment in which it has none.
//
// Source: binance-spot-api-docs, web-socket-api.md, "General API Information" (a connection is valid for 24 hours), and
// user-data-stream.md (`serverShutdown`). Both connections receive the account's events while they overlap; execution
// takes each fill once by its trade id, and telling it of an order twice changes nothing.

internal import Market
internal import Pipeline

extension BinanceOrderSession {
  static func other(_ connection: Int) -> Int { 1 &- connection }

  /// Connects a successor of the active connection, unless one is under way; after a pause of the venue, or after the
  /// end of the other connection, where there is one.
  mutating func beginHandover(_ nowNs: Int64) {
    connections[active].handoverDueNs = .max
    let successor = Self.other(active)
    connections[active].awaitsPredecessor = connections[successor].phase == .draining
    guard connections[active].phase == .up, !connections[successor].isWanted else { return }
    connections[successor].isWanted = true
    connections[successor].command = .open
    holdBack(successor, nowNs)
    counters.handovers.add()
  }

  /// The venue will close that connection: a successor is connected while it still serves. One that does not serve yet
  /// begins anew.
  mutating func announceShutdown(_ connection: Int, _ nowNs: Int64) {
    if connection == active, phase == .up {
      beginHandover(nowNs)
    } else {
      restart(connection)
    }
  }

  /// The connection is logged on, subscribed and has the balances: from now on requests go out on it.
  ///
  /// - Returns: whether the session was down before.
  mutating func establish(_ connection: Int) -> Bool {
    connections[connection].phase = .up
    guard connection != active else { return true }
    let old = active
    active = connection
    connections[old].phase = .draining
    connections[old].due = .none
    connections[old].handoverDueNs = .max
    shutIfDrained(old)
    return false
  }

  /// A connection that was taken over from is closed when nothing is under way on it.
  mutating func shutIfDrained(_ connection: Int) {
    guard connections[connection].phase == .draining, connections[connection].underWay == 0 else { return }
    shut(connection)
  }

  /// A connection is lost. Where a successor is under way it goes on alone; else the channel connects again by itself.
  mutating func abandon(_ connection: Int) {
    let successor = Self.other(connection)
    if connection == active, connections[successor].isWanted, connections[successor].phase != .draining {
      active = successor
      shut(connection)
    } else if connections[connection].phase == .draining {
      shut(connection)
    }
    connections[connection].phase = .closed
    connections[connection].due = .none
    connections[connection].handoverDueNs = .max
    connections[connection].awaitsPredecessor = false
  }

  /// A connection is not sought during a pause: connecting weighs, too, and a ban is what followed the last request
  /// that came too early.
  mutating func holdBack(_ connection: Int, _ nowNs: Int64) {
    let venueMs = clock.milliseconds(nowNs)
    guard connections[connection].isWanted, budget.isPaused(venueMs: venueMs) else { return }
    connections[connection].command = .shut
    resumeDueNs = clock.sessionNs(milliseconds: budget.nextMs(venueMs: venueMs))
  }

  /// The pause is over: what was held back connects.
  mutating func reconnect() {
    for connection in 0..<2 where connections[connection].isWanted && connections[connection].phase == .closed {
      connections[connection].command = .open
    }
  }

  /// Begins a connection anew that cannot go on; an established one keeps what it has.
  mutating func restart(_ connection: Int) {
    if !connections[connection].phase.isEstablished { connections[connection].command = .reopen }
  }

  private mutating func shut(_ connection: Int) {
    connections[connection].phase = .closed
    connections[connection].isWanted = false
    connections[connection].command = .shut
  }
}
