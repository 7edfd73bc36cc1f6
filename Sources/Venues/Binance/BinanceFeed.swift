// A Binance market data feed without its sockets: what came in, what follows for the books. One thread.
//
// It subscribes, proves the sequence of each instrument's diffs against a REST snapshot (binance-spot-api-docs,
// web-socket-streams.md, "How to manage a local order book correctly"), and publishes normalised events.

public import Market
public import Pipeline

/// The core of the feed stage: sans I/O and deterministic, so that a replay of its inputs repeats every output.
///
/// While an instrument's book is void nothing of it is published, trades included: a consumer never sees data that it
/// could mistake for a whole. The first event of a break is `streamBroken`, the last one is `snapshot`.
public struct BinanceFeed: ~Copyable {
  /// Waits and bounds of one connection, in nanoseconds of the session's clock.
  public struct Configuration: Sendable {
    public var venue: VenueIndex
    /// Connected and nothing received for this long: the streams are void and the connection is closed.
    public var silenceLimitNs: Int64 = 5_000_000_000
    /// The delay before a snapshot is asked for again; doubled with each attempt up to `snapshotRetryLimitNs`.
    /// A depth request of 5000 levels weighs 250 of the 6000 a minute that Binance allows an address.
    public var snapshotRetryNs: Int64 = 1_000_000_000
    public var snapshotRetryLimitNs: Int64 = 30_000_000_000
    /// The delay after HTTP 429 or 418: limits of weight are counted by the minute.
    public var rateLimitedRetryNs: Int64 = 60_000_000_000
    /// The delay before a full ring is tried again.
    public var ringRetryNs: Int64 = 1_000_000

    public init(venue: VenueIndex) { self.venue = venue }
  }

  /// Channel numbers in the feed's records.
  public static var streamChannel: UInt8 { 0 }
  public static var requestChannel: UInt8 { 1 }
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
  let subscription: UnsafeRawBufferPointer

  var isConnected = false
  var subscriptionIsDue = false
  var closeIsDue = false
  var lastMessageNs: Int64 = 0
  /// The stream whose snapshot is under way, -1 without one.
  var requested = -1
  /// The connection was lost since that request was made: its answer is older than the diffs to come.
  var requestIsObsolete = false
  /// A buffer taken ahead, so that a response always finds one; -1 while all are on their way to the books.
  var heldSnapshot = -1
  /// The earliest `snapshotDueNs`, or retry of a full ring.
  var dueNs = Int64.max
  /// Messages handed to each channel so far: what a `sendRefused` record names.
  var sends = SIMD2<UInt32>(repeating: 0)

  /// - Parameters:
  ///   - instruments: what this connection carries, each with the shard that trades it.
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
    subscription = RawText.make(BinanceFeed.subscribeMessage(instruments.map(\.0.symbol.text)))
  }

  deinit {
    streams.deinitialize(count: instrumentCount)
    streams.deallocate()
    subscription.deallocate()
    snapshots.release()
  }

  /// `SUBSCRIBE` to depth@100ms, bookTicker and trade of every symbol; stream names are lower case.
  static func subscribeMessage(_ symbols: [String]) -> String {
    let names = symbols.map { $0.lowercased() }.flatMap { ["\($0)@depth@100ms", "\($0)@bookTicker", "\($0)@trade"] }
    return #"{"method":"SUBSCRIBE","params":["# + names.map { "\"\($0)\"" }.joined(separator: ",") + #"],"id":1}"#
  }

  /// Whether the instrument's book is synchronised. For tests and status.
  public func isLive(_ position: Int) -> Bool {
    precondition(position >= 0 && position < instrumentCount)
    return streams[position].phase == .live
  }
}

// MARK: - What the stage asks

extension BinanceFeed {
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
  public func isDue(nowNs: Int64) -> Bool {
    nowNs >= dueNs || (isConnected && !closeIsDue && nowNs &- lastMessageNs > configuration.silenceLimitNs)
  }

  /// A message to send now, if there is one; `sent` follows.
  @_noLocks @inline(never)
  public func messageToSend() -> UnsafeRawBufferPointer? { subscriptionIsDue ? subscription : nil }

  /// Whether the connection is to be closed; asked once.
  @_noLocks @inline(never)
  public mutating func takeClose() -> Bool {
    defer { closeIsDue = false }
    return closeIsDue
  }
}

// MARK: - Inputs

extension BinanceFeed {
  /// Time has passed: silence, snapshot retries, events owed to a full ring.
  @_noLocks @inline(never)
  public mutating func runTimers(_ input: StepInput) {
    let step = StepRecord(input, consumed: SIMD4(repeating: 0))
    let record = records.append(type: RecordType.step.rawValue, cause: 0, timeNs: input.nowNs, step)
    let cause = record?.rawValue ?? 0
    if isConnected, input.nowNs &- lastMessageNs > configuration.silenceLimitNs {
      counters.silences.add()
      lastMessageNs = input.nowNs
      breakAll(.silent, input.nowNs, cause: cause)
      closeIsDue = true
    }
    for position in 0..<instrumentCount { payOwed(position, input.nowNs, cause: cause) }
    updateDue()
  }

  /// The stream channel is open: the subscription is due.
  @_noLocks @inline(never)
  public mutating func opened(nowNs: Int64) {
    _ = recordChannel(BinanceFeed.streamChannel, ChannelEvent.opened.rawValue, .none, nowNs)
    counters.connects.add()
    isConnected = true
    subscriptionIsDue = true
    lastMessageNs = nowNs
  }

  /// The stream channel is closed: every book is void until it is subscribed and synchronised again.
  @_noLocks @inline(never)
  public mutating func closed(_ reason: CloseReason, nowNs: Int64) {
    let record = recordChannel(BinanceFeed.streamChannel, ChannelEvent.closed.rawValue, reason, nowNs)
    counters.closed.count(reason)
    if reason == .messageTooLarge { counters.oversized.add() }
    if isConnected { counters.disconnects.add() }
    isConnected = false
    subscriptionIsDue = false
    requestIsObsolete = requested >= 0
    breakAll(.disconnected, nowNs, cause: record)
    for position in 0..<instrumentCount {
      streams[position].pending.removeAll()
      streams[position].lastTrade = 0
      streams[position].snapshotDueNs = .max
    }
    updateDue()
  }

  /// One message of the stream channel.
  ///
  /// - Precondition: not larger than `frameLimitBytes`.
  @_noLocks @inline(never)
  public mutating func received(_ text: UnsafeRawBufferPointer, receiveTsc: UInt64, nowNs: Int64) {
    let frame = FrameRecord(
      channel: BinanceFeed.streamChannel, byteCount: UInt32(truncatingIfNeeded: text.count), receiveTsc: receiveTsc)
    let record = records.append(type: RecordType.frame.rawValue, cause: 0, timeNs: nowNs, frame, raw: text)
    let stamp = ReceiveStamp(timeNs: nowNs, tsc: receiveTsc, cause: record?.rawValue ?? 0)
    counters.messages.add()
    lastMessageNs = nowNs
    let error = decoder.decode(text)
    guard error == .none else { return refuse(error, stamp) }
    switch decoder.message.kind {
    case .depth: handleDepth(stamp)
    case .bookTicker: handleTicker(stamp)
    case .trade: handleTrade(stamp)
    case .reply: requestSnapshots(nowNs)
    case .replyError:
      counters.controlErrors.add()
      closeIsDue = true
    case .serverShutdown:
      counters.serverShutdowns.add()
      breakAll(.serverShutdown, nowNs, cause: stamp.cause)
      closeIsDue = true
    case .other: break
    }
  }

  /// The stage handed `messageToSend` to the channel.
  @_noLocks @inline(never)
  public mutating func sent(accepted: Bool, nowNs: Int64) {
    subscriptionIsDue = false
    guard accepted else {
      recordRefusal(BinanceFeed.streamChannel, nowNs)
      closeIsDue = true
      return
    }
    recordSent(BinanceFeed.streamChannel, subscription, nowNs)
  }
}

/// When a frame came, and its record.
struct ReceiveStamp: BitwiseCopyable {
  let timeNs: Int64
  let tsc: UInt64
  let cause: UInt64
}
