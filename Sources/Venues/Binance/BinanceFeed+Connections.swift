// The life of a feed's connections: opened, proven, given up, replaced before they end. Make before break: a connection
// that is to go carries on until the other has been proven to deliver every stream.

internal import Market
public import Pipeline

// MARK: - What channels tell

extension BinanceFeed {
  /// The connection's channel is open: the subscription is due.
  @_noLocks @inline(never)
  public mutating func opened(_ connection: Int, nowNs: Int64) {
    precondition(connection == 0 || connection == 1)
    _ = recordChannel(UInt8(truncatingIfNeeded: connection), ChannelEvent.opened.rawValue, .none, nowNs)
    counters.connects.add()
    connections[connection].open(
      nowNs, retireNs: later(nowNs, by: lifetimeNs(connection)),
      proofNs: later(nowNs, by: configuration.deliveryLimitNs))
    updateDue()
  }

  /// The connection's channel is closed.
  @_noLocks @inline(never)
  public mutating func closed(_ connection: Int, _ reason: CloseReason, nowNs: Int64) {
    precondition(connection == 0 || connection == 1)
    let channel = UInt8(truncatingIfNeeded: connection)
    let record = recordChannel(channel, ChannelEvent.closed.rawValue, reason, nowNs)
    counters.closed.count(reason)
    if reason == .messageTooLarge { counters.oversized.add() }
    if connections[connection].phase.rawValue >= FeedConnectionPhase.subscribing.rawValue { counters.disconnects.add() }
    let isReplaced =
      configuration.connections == 1 && connections[connection].isRetiring
      && connections[1 &- connection].phase != .idle
    if isReplaced { connections[connection].command = .shut }
    connections[connection].reset(to: isReplaced ? .idle : .connecting)
    followLoss(.disconnected, nowNs, cause: record)
  }

  /// The second connection of a pair ends its first life at half the age, so that the two never grow old together.
  private func lifetimeNs(_ connection: Int) -> Int64 {
    let isFirstOfSecond = connection == 1 && configuration.connections == 2 && connections[1].openedNs == 0
    return isFirstOfSecond ? configuration.connectionMaximumAgeNs / 2 : configuration.connectionMaximumAgeNs
  }
}

// MARK: - Proof

extension BinanceFeed {
  /// The answer to a subscription: it has to be the answer to ours.
  mutating func subscribed(_ connection: Int, _ stamp: ReceiveStamp) {
    guard decoder.message.requestIdentifier == BinanceFeed.subscriptionIdentifier else {
      return refuseControl(connection, stamp)
    }
    guard connections[connection].phase == .subscribing else { return }
    connections[connection].phase = .proving
    checkProof(connection)
    requestSnapshots(stamp.timeNs)
  }

  mutating func refuseControl(_ connection: Int, _ stamp: ReceiveStamp) {
    counters.controlErrors.add()
    abandon(connection, .disconnected, stamp.timeNs, cause: stamp.cause)
  }

  /// One more stream of the connection has delivered its first message.
  mutating func noteDelivery(_ connection: Int) {
    connections[connection].delivering &+= 1
    checkProof(connection)
  }

  private mutating func checkProof(_ connection: Int) {
    guard connections[connection].phase == .proving, connections[connection].delivering == 3 &* instrumentCount else {
      return
    }
    connections[connection].phase = .carrying
    connections[connection].proofNs = .max
    updateDue()
  }

  /// The bound for the proof is over: streams that have been quiet everywhere are no failure.
  ///
  /// Depth of every instrument must have come. A ticker or trade is missed when the other connection has brought one in
  /// the meantime.
  private func hasDeliveredEnough(_ connection: Int) -> Bool {
    guard connections[connection].phase != .subscribing else { return false }
    let sinceNs = connections[connection].openedNs
    for position in 0..<instrumentCount where streams[position].phase != .halted {
      let own = connections[connection].arrivals[position]
      let other = connections[1 &- connection].arrivals[position]
      if own.lastUpdate == 0 { return false }
      if own.tickerNs == .min, other.tickerNs > sinceNs { return false }
      if own.tradeNs == .min, other.tradeNs > sinceNs { return false }
    }
    return true
  }

  /// What time has made of a connection: silent, without proof, or old.
  mutating func judge(_ connection: Int, _ nowNs: Int64, cause: UInt64) {
    if isSilent(connection, nowNs) {
      counters.silences.add()
      return abandon(connection, .silent, nowNs, cause: cause)
    }
    if nowNs >= connections[connection].proofNs {
      connections[connection].proofNs = .max
      guard hasDeliveredEnough(connection) else {
        counters.undelivered.add()
        return abandon(connection, .silent, nowNs, cause: cause)
      }
      connections[connection].phase = .carrying
    }
    if nowNs >= connections[connection].retireNs { retire(connection) }
  }

  /// Whether nothing of the market has come for too long. What only answers pings carries no market.
  func isSilent(_ connection: Int, _ nowNs: Int64) -> Bool {
    connections[connection].isOpen && nowNs &- connections[connection].lastMessageNs > configuration.silenceLimitNs
  }
}

// MARK: - Giving up and handing over

extension BinanceFeed {
  /// The connection is not trusted any more: it is closed and opened again, and the other one carries alone.
  mutating func abandon(_ connection: Int, _ reason: StreamReason, _ nowNs: Int64, cause: UInt64) {
    guard connections[connection].isOpen else { return }
    connections[connection].close(.reopen)
    followLoss(reason, nowNs, cause: cause)
  }

  /// What the loss of a connection means for the books: those that no other one carries are void.
  private mutating func followLoss(_ reason: StreamReason, _ nowNs: Int64, cause: UInt64) {
    for position in 0..<instrumentCount where !isCarried(position) {
      breakStream(position, reason, nowNs, cause: cause)
    }
    if !hasOpenConnection { forgetSequences() }
    for position in 0..<instrumentCount { settle(position, nowNs, cause: cause) }
    replaceRetiring()
    completeHandover()
    updateDue()
  }

  /// Nothing continues what was: ids, and what is kept, begin anew with the next connection.
  private mutating func forgetSequences() {
    requestIsObsolete = requested >= 0
    for position in 0..<instrumentCount {
      streams[position].pending.removeAll()
      streams[position].trades.removeAll()
      streams[position].lastTrade = 0
      streams[position].lastTicker = 0
      streams[position].snapshotDueNs = .max
    }
  }

  var hasOpenConnection: Bool { connections[0].isOpen || connections[1].isOpen }

  /// Whether a connection delivers the instrument's diffs.
  private func isCarried(_ position: Int) -> Bool {
    for connection in 0..<BinanceFeed.connectionLimit
    where connections[connection].isOpen && connections[connection].arrivals[position].lastUpdate > 0 {
      return true
    }
    return false
  }

  /// The connection is to be replaced: it is about to be closed by the venue, or old.
  mutating func retire(_ connection: Int) {
    guard connections[connection].isOpen, !connections[connection].isRetiring else { return }
    connections[connection].isRetiring = true
    connections[connection].retireNs = .max
    replaceRetiring()
    updateDue()
  }

  /// Opens the idle slot for a connection that is to go.
  private mutating func replaceRetiring() {
    for connection in 0..<BinanceFeed.connectionLimit
    where connections[connection].isRetiring && connections[connection].isOpen
      && connections[1 &- connection].phase == .idle
    {
      connections[1 &- connection].phase = .connecting
      connections[1 &- connection].command = .open
    }
  }

  /// Closes a retiring connection once the other one carries everything and nothing waits for a message of it; of two
  /// that retire at once the second follows when the first is back.
  mutating func completeHandover() {
    for connection in 0..<BinanceFeed.connectionLimit
    where connections[connection].isRetiring && connections[connection].isOpen
      && connections[1 &- connection].carries && nothingIsHeld
    {
      counters.handovers.add()
      connections[connection].close(configuration.connections == 1 ? .shut : .reopen)
      return updateDue()
    }
  }

  private var nothingIsHeld: Bool {
    for position in 0..<instrumentCount where streams[position].phase == .live {
      if streams[position].pending.count > 0 || streams[position].trades.count > 0 { return false }
    }
    return true
  }
}
