// A Binance market data feed without its sockets: what came in, what follows for the books. One thread.
//
// Two connections carry the same streams; of each message the first copy counts. The feed proves the sequence of each
// instrument's diffs against a REST snapshot (binance-spot-api-docs, web-socket-streams.md, "How to manage a local order
// book correctly") and publishes normalised events.

public import Market
public import Pipeline

/// The core of the feed stage: sans I/O and deterministic, so that a replay of its inputs repeats every output.
///
/// While an instrument's book is void nothing of it is published, trades included: a consumer never sees data that it
/// could mistake for a whole. The first event of a break is `streamBroken`, the last one is `snapshot`.
public struct BinanceFeed: ~Copyable {
  private let place = InPlace()
  /// How many connections there can be at once. Their numbers are their channels' in the feed's records.
  public static var connectionLimit: Int { 2 }
  /// The REST channel's number in the feed's records.
  public static var requestChannel: UInt8 { 2 }
  /// The part of a record ring that one message may take, so that its record, and what follows from it, find room.
  public static var frameShare: Int { 8 }

  public let configuration: Configuration
  public var records: RecordProducer
  /// The largest message that can be recorded; the connection is closed on a larger one.
  public let frameLimitBytes: Int
  public let instrumentCount: Int

  let counters: BinanceFeedCounters
  /// Unmanaged, so that no call of it counts references; released with the feed.
  let snapshots: Unmanaged<SnapshotPool>
  var outputs: MarketOutputs
  var decoder: BinanceMarketDecoder
  let streams: UnsafeMutablePointer<BinanceStream>
  let connections: UnsafeMutablePointer<FeedConnection>
  let subscription: UnsafeRawBufferPointer

  /// Of all connections: they share the venue's clock, and the best path of any of them is the measure.
  var lagFloor = RollingMinimum(windowNs: 60_000_000_000)
  var budget = SnapshotBudget()
  /// The stream whose snapshot is under way, -1 without one.
  var requested = -1
  /// All connections were lost since that request was made: its answer is older than the diffs to come.
  var requestIsObsolete = false
  /// A buffer taken ahead, so that a response always finds one; -1 while all are on their way to the books.
  var heldSnapshot = -1
  /// The earliest moment at which something is due besides the silence of a connection.
  var dueNs = Int64.max
  /// Messages handed to each channel so far: what a `sendRefused` record names.
  var sends = SIMD4<UInt32>(repeating: 0)

  /// - Parameters:
  ///   - instruments: what the connections carry, each with the shard that trades it.
  ///   - outputs: one ring for each shard, all connected.
  ///   - snapshots: buffers of `BinanceLimits.levelsPerSnapshotSide` levels, used by this feed only.
  ///   - records: a ring of at least 1 MiB: a snapshot's body takes up to its `frameShare`.
  public init(
    _ configuration: Configuration, instruments: [(Instrument, shard: Int)], outputs: consuming MarketOutputs,
    snapshots: SnapshotPool, records: consuming RecordProducer, counters: BinanceFeedCounters
  ) {
    precondition(outputs.isComplete, "a shard without a ring")
    precondition(instruments.allSatisfy { $0.shard >= 0 && $0.shard < outputs.shardCount }, "an unknown shard")
    precondition(instruments.count * 3 <= 1024, "Binance allows 1024 streams a connection")
    precondition(records.capacityBytes >= 1 << 20, "a feed's record ring holds whole snapshots")
    precondition((1...BinanceFeed.connectionLimit).contains(configuration.connections), "one connection or two")
    precondition(configuration.gapWaitNs > 0 && configuration.deliveryLimitNs > 0, "a wait takes time")
    self.configuration = configuration
    self.outputs = outputs
    self.snapshots = Unmanaged.passRetained(snapshots)
    self.counters = counters
    frameLimitBytes = records.capacityBytes / BinanceFeed.frameShare
    self.records = records
    instrumentCount = instruments.count
    decoder = BinanceMarketDecoder(BinanceInstruments(instruments.map(\.0)))
    streams = .allocate(capacity: instruments.count)
    for (i, (instrument, shard)) in instruments.enumerated() {
      (streams + i).initialize(to: BinanceStream(instrument, shard: shard))
    }
    connections = .allocate(capacity: BinanceFeed.connectionLimit)
    for i in 0..<BinanceFeed.connectionLimit {
      (connections + i).initialize(to: FeedConnection(instrumentCount: instruments.count))
      connections[i].phase = i < configuration.connections ? .connecting : .idle
    }
    subscription = RawText.make(BinanceFeed.subscribeMessage(instruments.map(\.0.symbol.text), configuration.encoding))
  }

  deinit {
    streams.deinitialize(count: instrumentCount)
    streams.deallocate()
    connections.deinitialize(count: BinanceFeed.connectionLimit)
    connections.deallocate()
    subscription.deallocate()
    snapshots.release()
  }

  /// The number that the answer to a subscription carries.
  static var subscriptionIdentifier: Int64 { 1 }

  /// `SUBSCRIBE` to the fastest diffs, best prices and trades of every symbol; stream names are lower case.
  static func subscribeMessage(_ symbols: [String], _ encoding: BinanceEncoding) -> String {
    let streams =
      switch encoding {
      case .json: ["depth@100ms", "bookTicker", "trade"]
      case .sbe: ["depth", "bestBidAsk", "trade"]
      }
    let names = symbols.flatMap { symbol in streams.map { "\(symbol.lowercased())@\($0)" } }
    return #"{"method":"SUBSCRIBE","params":["# + names.map { "\"\($0)\"" }.joined(separator: ",")
      + #"],"id":\#(subscriptionIdentifier)}"#
  }

  /// Whether the instrument's book is synchronised. For tests and status.
  public func isLive(_ position: Int) -> Bool {
    precondition(position >= 0 && position < instrumentCount)
    return streams[position].phase == .live
  }

  /// Whether every stream of the connection has been proven to deliver. For tests and status.
  public func isCarrying(_ connection: Int) -> Bool {
    precondition(connection == 0 || connection == 1)
    return connections[connection].carries
  }
}

// MARK: - What the stage asks

extension BinanceFeed {
  /// Whether the connection's channel is to connect from the start.
  public func isWanted(_ connection: Int) -> Bool {
    precondition(connection == 0 || connection == 1)
    return connections[connection].phase != .idle
  }

  /// Whether one more input can be recorded with all that follows from it; a stage polls no channel otherwise.
  @_noLocks @inline(never)
  public mutating func hasRoom() -> Bool {
    if heldSnapshot < 0 { heldSnapshot = snapshots._withUnsafeGuaranteedRef { $0.acquire() } ?? -1 }
    let isRoom = records.hasRoom(payloadBytes: frameLimitBytes)
    if !isRoom || (requested >= 0 && heldSnapshot < 0) { counters.stalls.add() }
    return isRoom
  }

  /// Whether a response is awaited and there is a buffer to read it into.
  @_noLocks @inline(never)
  public func awaitsResponse() -> Bool { requested >= 0 && heldSnapshot >= 0 }

  /// Whether `runTimers` has something to do.
  @_noLocks @inline(never)
  public mutating func isDue(nowNs: Int64) -> Bool {
    if nowNs >= dueNs || isSilent(0, nowNs) || isSilent(1, nowNs) { return true }
    for shard in 0..<outputs.shardCount where outputs.faults(shard).pointee.available() > 0 { return true }
    return false
  }

  /// A message to send now on the connection, if there is one; `sent` follows.
  @_noLocks @inline(never)
  public func messageToSend(_ connection: Int) -> UnsafeRawBufferPointer? {
    precondition(connection == 0 || connection == 1)
    return connections[connection].subscriptionIsDue ? subscription : nil
  }

  /// What is to be done with the connection's channel; told once.
  @_noLocks @inline(never)
  public mutating func takeCommand(_ connection: Int) -> ConnectionCommand {
    precondition(connection == 0 || connection == 1)
    let command = connections[connection].command
    connections[connection].command = .none
    return command
  }
}

// MARK: - Inputs

extension BinanceFeed {
  /// Time has passed (silence, age, holes nobody closed, snapshot retries, events owed to a full ring), or a reader has
  /// given up a book.
  @_noLocks @inline(never)
  public mutating func runTimers(_ input: StepInput) {
    var consumed = SIMD4<UInt32>(repeating: 0)
    for shard in 0..<outputs.shardCount {
      consumed[shard] = UInt32(truncatingIfNeeded: outputs.faults(shard).pointee.available())
    }
    let step = StepRecord(input, consumed: consumed)
    let record = records.append(type: RecordType.step.rawValue, cause: 0, timeNs: input.nowNs, step)
    let cause = record?.rawValue ?? 0
    for shard in 0..<outputs.shardCount { takeFaults(shard, Int(consumed[shard]), input.nowNs, cause: cause) }
    for connection in 0..<BinanceFeed.connectionLimit { judge(connection, input.nowNs, cause: cause) }
    for position in 0..<instrumentCount {
      payOwed(position, input.nowNs, cause: cause)
      settle(position, input.nowNs, cause: cause)
    }
    completeHandover()
    updateDue()
  }

  /// One message of a connection.
  ///
  /// - Precondition: not larger than `frameLimitBytes`.
  @_noLocks @inline(never)
  public mutating func received(
    _ connection: Int, _ text: UnsafeRawBufferPointer, receiveTsc: UInt64, nowNs: Int64
  ) {
    precondition(connection == 0 || connection == 1)
    let frame = FrameRecord(
      channel: UInt8(truncatingIfNeeded: connection), byteCount: UInt32(truncatingIfNeeded: text.count),
      receiveTsc: receiveTsc)
    let record = records.append(type: RecordType.frame.rawValue, cause: 0, timeNs: nowNs, frame, raw: text)
    let stamp = ReceiveStamp(timeNs: nowNs, tsc: receiveTsc, cause: record?.rawValue ?? 0)
    counters.messages.add()
    guard connections[connection].isOpen else { return }
    connections[connection].lastMessageNs = nowNs
    let error = configuration.encoding == .json ? decoder.decode(text) : decoder.decodeSBE(text)
    guard error == .none else { return refuse(error, stamp) }
    switch decoder.message.kind {
    case .depth: handleDepth(connection, stamp)
    case .bookTicker: handleTicker(connection, stamp)
    case .trade:
      // The first one may have shown the connection to be stale: nothing of it is used then.
      repeat { handleTrade(connection, stamp) } while connections[connection].isOpen && decoder.nextTrade()
    case .reply: subscribed(connection, stamp)
    case .replyError: refuseControl(connection, stamp)
    case .serverShutdown:
      counters.serverShutdowns.add()
      retire(connection)
    case .other: counters.otherMessages.add()
    }
    completeHandover()
  }

  /// The stage handed `messageToSend` to the channel.
  @_noLocks @inline(never)
  public mutating func sent(_ connection: Int, accepted: Bool, nowNs: Int64) {
    precondition(connection == 0 || connection == 1)
    connections[connection].subscriptionIsDue = false
    let channel = UInt8(truncatingIfNeeded: connection)
    guard accepted else {
      let record = recordRefusal(channel, nowNs)
      return abandon(connection, .disconnected, nowNs, cause: record)
    }
    recordSent(channel, subscription, nowNs)
  }
}

/// When a frame came, and its record.
struct ReceiveStamp: BitwiseCopyable {
  let timeNs: Int64
  let tsc: UInt64
  let cause: UInt64
}
