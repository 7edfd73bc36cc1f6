// An order session on Binance's WebSocket API without its socket: what came in, what is to be sent, what to report.
// One thread.
//
// Source: binance-spot-api-docs, web-socket-api.md ("Session Authentication", "Trading requests", "User Data Stream
// requests") and user-data-stream.md.

internal import CShims
public import Market
public import Pipeline

/// The core of the gateway stage: sans I/O and deterministic, so that a replay of its inputs repeats every output.
///
/// A fill is reported from the answer to the order and again from the user stream, whichever comes first, with the same
/// trade id: execution takes each once. Losing either message loses nothing.
public struct BinanceOrderSession: ~Copyable {
  private let place = InPlace()
  public struct Configuration: Sendable {
    public var venue: VenueIndex
    public var account: UInt8 = 0
    /// Log on once (`session.logon`) where the key may; false signs each request.
    public var logsOn = true
    /// How long after its stamp the venue still accepts a request (at most 60000).
    public var recvWindowMs: UInt64 = 5_000
    /// No answer for this long: the outcome is unknown. The venue's own matching timeout (-1007) is 10 s.
    public var replyTimeoutNs: Int64 = 11_000_000_000
    /// How old a connection gets before a successor takes over; the venue closes it after 24 hours.
    public var connectionAgeNs: Int64 = 84_600_000_000_000
    /// How often the venue's clock is asked for.
    public var clockIntervalNs: Int64 = 60_000_000_000
    /// Until the venue has told its own.
    public var limits = BinanceRateBudget.Limits()
    /// The mode that each order asks for; nil leaves it to the symbol's default.
    public var selfTradePrevention: BinanceSelfTradePrevention?

    public init(venue: VenueIndex) { self.venue = venue }
  }

  /// The most reports that one input can lead to: a list of `listLimit` and its end. Less are every request under way
  /// timing out at once, and a batch of refusals.
  public static var reportReserve: Int { 1_024 }
  /// Elements of a list of trades or open orders; a longer one is told as failed.
  static var listLimit: Int { GatewayRequest.tradesPerPage }
  /// Elements of one answer's array that are read: fills beyond them come with the user stream.
  static var elementLimit: Int { 256 }
  /// The part of a record ring that one message may take.
  public static var frameShare: Int { 8 }
  /// A page of 1000 trades, 340 bytes each where every figure is at its longest, in an eighth of the ring.
  public static var minimumRecordBytes: Int { 4 << 20 }
  /// The channels of the two connections, as records number them.
  public static var channelNumbers: ClosedRange<UInt8> { 0...1 }

  public let configuration: Configuration
  public var records: RecordProducer
  public let frameLimitBytes: Int

  let counters: BinanceGatewayCounters
  let nsPerCycle: Double
  /// What one input may add to the journal's ring: its frame and every report that can follow.
  let roomBytes: Int
  let amountStep = DecimalStep.amount
  let instruments: BinanceInstruments
  let errors = BinanceErrors()
  let signer: BinanceSigner
  let logsOn: Bool
  let apiKey: UnsafeRawBufferPointer
  /// Base and quote of every instrument: their balances are told even when they are zero.
  let assets: UnsafeMutableBufferPointer<ShortName>
  var reports: RingProducer<ExecutionReport>
  var writer = BinanceRequestWriter()
  var inFlight = InFlightRequests()
  var budget: BinanceRateBudget
  var clock = VenueClock()
  /// Two; `active` is the one that requests of execution go out on.
  let connections: UnsafeMutablePointer<BinanceOrderConnection>
  public internal(set) var active = 0
  var draft = BinanceDraft()
  var clockDueNs = Int64.max
  var timeoutDueNs = Int64.max
  /// When a pause of the venue is over, or the session's own request fits into the budget again.
  var resumeDueNs = Int64.max

  /// - Parameters:
  ///   - apiKey: letters and digits, as the venue gives it out.
  ///   - reports: to execution; at least twice `reportReserve` slots.
  ///   - records: a ring of at least `minimumRecordBytes`.
  ///   - nsPerCycle: of the time-stamp counter, for the latency histogram and nothing else.
  public init(
    _ configuration: Configuration, instruments: [Instrument], apiKey: String, signer: consuming BinanceSigner,
    reports: consuming RingProducer<ExecutionReport>, records: consuming RecordProducer,
    counters: BinanceGatewayCounters, nsPerCycle: Double
  ) {
    precondition(records.capacityBytes >= Self.minimumRecordBytes, "a page of trades has to fit into a message's share")
    precondition(reports.capacity >= 2 * Self.reportReserve, "the ring of reports is too small")
    precondition(
      apiKey.utf8.count <= 128 && apiKey.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c },
      "an API key is up to 128 printable characters")
    self.configuration = configuration
    self.instruments = BinanceInstruments(instruments)
    logsOn = configuration.logsOn && signer.canLogOn()
    self.signer = signer
    self.apiKey = RawText.make(apiKey)
    let names = Set(instruments.flatMap { [$0.base, $0.quote] }).sorted { $0.text < $1.text }
    precondition(names.count <= 64, "a session carries at most 64 assets")
    assets = .allocate(capacity: names.count)
    _ = assets.initialize(from: names)
    self.reports = reports
    frameLimitBytes = records.capacityBytes / Self.frameShare
    self.records = records
    self.counters = counters
    self.nsPerCycle = nsPerCycle
    let reportBytes = RecordHeader.byteCount + MemoryLayout<ExecutionReport>.size
    roomBytes = frameLimitBytes + Self.reportReserve * reportBytes
    budget = BinanceRateBudget(configuration.limits)
    connections = .allocate(capacity: 2)
    connections.initialize(repeating: BinanceOrderConnection(), count: 2)
    connections[active].isWanted = true
  }

  deinit {
    apiKey.deallocate()
    assets.deallocate()
    connections.deallocate()
  }

  /// Where the active connection stands.
  var phase: BinanceOrderPhase { connections[active].phase }

  /// Whether orders can be placed. For tests and status.
  public var isUp: Bool { phase == .up }

  /// The venue's limits as far as it told them. For tests and status.
  public var limits: BinanceRateBudget.Limits { budget.limits }
}

/// The request that was written last, until the channel took or refused it.
struct BinanceDraft: BitwiseCopyable {
  var request = InFlightRequest()
  var weight: Int64 = 1
  /// nil: it could not be written or signed.
  var text: UnsafeRawBufferPointer?
  // Of orders only.
  var lane = GatewayLane.orders
  var haltEpoch: UInt32 = 0
  var expiryNs: Int64 = 0
  var originTsc: UInt64 = 0
  /// A reason known before the text was written; `none` lets it pass to the checks before sending.
  var refusal = ReportReason.none
}

// MARK: - What the stage asks

extension BinanceOrderSession {
  /// Whether one more input can be recorded and reported with all that follows from it.
  @_noLocks @inline(never)
  public mutating func hasRoom() -> Bool {
    let isRoom = reports.free >= Self.reportReserve && records.hasRoom(payloadBytes: roomBytes)
    if !isRoom { counters.stalls.add() }
    return isRoom
  }

  /// Whether `beginStep` has timers to run.
  @_noLocks @inline(never)
  public func isDue(nowNs: Int64) -> Bool {
    nowNs >= timeoutDueNs || nowNs >= clockDueNs || nowNs >= resumeDueNs
      || nowNs >= connections[active].handoverDueNs
  }

  /// What is to be done with a connection's channel; told once.
  @_noLocks @inline(never)
  public mutating func takeCommand(_ connection: Int) -> ConnectionCommand {
    defer { connections[connection].command = .none }
    return connections[connection].command
  }
}
