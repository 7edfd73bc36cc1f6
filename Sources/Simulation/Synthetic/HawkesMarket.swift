// A SYNTHETIC market: Hawkes order flow into a book of its own, seeded, without end, coming out as tape rows.

public import Market

/// A market of which every message is made up from a seed: the same parameters and seed give the same rows in every build.
/// Times, kinds and directions of the orders are a Hawkes process (`HawkesProcess`); `BookFlow` decides at which price and
/// how much. docs/synthetic-markets.md has the model, its sources and what it misses.
///
/// Nothing is allocated once it is made. Not thread-safe.
public struct HawkesMarket: ~Copyable {
  /// Rows of the largest message: the least that a buffer for `next` must hold.
  public static var rowsPerMessage: Int { RowWriter.capacity }

  /// The venue's time of the last message, in nanoseconds since 1970.
  public private(set) var timeNs: Int64 = SyntheticMarket.startNs
  /// Messages so far, the snapshot among them: the `number` of the last message's level rows.
  public private(set) var messages: UInt64 = 0

  private let feedLatencyNs: Int64
  private let movesPerSecond: Double
  private let flipsPerSecond: Double
  private let refillPerSecond: Double
  private let signalParameters: SignalParameters?
  private var process: HawkesProcess
  private var signal: HiddenSignal
  private var random: SplitMix64
  private var flow: BookFlow

  /// Lets book and intensities find their own shape before the first message, the snapshot.
  private static var warmUpEvents: Int { 20_000 }

  /// - Throws: why the parameters make no market.
  public init(_ parameters: HawkesParameters, seed: UInt64) throws(ParameterError) {
    try parameters.validate()
    feedLatencyNs = parameters.feedLatencyNs
    signalParameters = parameters.signal
    movesPerSecond = parameters.signal?.movesPerSecond ?? 0
    flipsPerSecond = parameters.signal?.flipsPerSecond ?? 0
    refillPerSecond = parameters.refillPerSecond
    process = HawkesProcess(parameters)
    signal = HiddenSignal(parameters.signal)
    random = SplitMix64(seed: seed)
    flow = BookFlow(parameters, &random)
    let scratch = UnsafeMutablePointer<TapeRow>.allocate(capacity: RowWriter.capacity)
    defer { scratch.deallocate() }
    for _ in 0..<Self.warmUpEvents { _ = event(into: scratch) }
    timeNs = SyntheticMarket.startNs
    flow.trades = 0
    messages = 0
  }

  /// Best bid and ask as of the last message; there is always one.
  public var bestBid: BookLevel { flow.book.best(.buy) }
  public var bestAsk: BookLevel { flow.book.best(.sell) }

  /// What is displayed at a price; 0 where there is no level.
  public func displayedLots(_ side: Side, at price: Price) -> Int64 {
    let depth = flow.book.depth(side, of: price)
    guard depth < flow.book.count(side) else { return 0 }
    let level = flow.book.level(side, depth)
    return level.price == price ? level.quantity.lots : 0
  }

  /// Writes the next message: a snapshot first, then one for each event of the order flow (its trades, then the levels
  /// that changed).
  ///
  /// - Parameter rows: memory for at least `rowsPerMessage` rows.
  /// - Returns: how many rows it has, at least one; the last one `endsMessage`.
  public mutating func next(into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    messages &+= 1
    guard messages > 1 else {
      var writer = RowWriter(rows, exchangeTimeNs: timeNs, localTimeNs: timeNs &+ feedLatencyNs, number: messages)
      writer.snapshot(flow.book)
      return writer.count
    }
    return event(into: rows)
  }

  /// Lets somebody else's market order trade against this book, now: what it takes is gone until the flow replaces it, and
  /// it excites the flow as any market order does.
  ///
  /// - Parameter rows: memory for at least `rowsPerMessage` rows.
  /// - Returns: how many rows its message has, trades first; they may be for fewer lots than `lots`, the rest has expired.
  /// - Precondition: `lots` is above 0, and the snapshot has been read.
  public mutating func take(_ taker: Side, lots: Int64, into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    precondition(lots > 0 && messages > 0)
    messages &+= 1
    timeNs &+= 1  // no two messages of one nanosecond
    var writer = RowWriter(rows, exchangeTimeNs: timeNs, localTimeNs: timeNs &+ feedLatencyNs, number: messages)
    flow.market(taker, lots: lots, &writer, &random)
    process.excite(2 &* FlowKind.market.rawValue &+ (taker == .buy ? 0 : 1))
    writer.end()
    return writer.count
  }

  /// Writes whole messages until the next might not fit.
  ///
  /// - Precondition: `rows` holds at least `rowsPerMessage`.
  /// - Returns: how many rows there are.
  public mutating func fill(_ rows: UnsafeMutableBufferPointer<TapeRow>) -> Int {
    guard let base = rows.baseAddress else { return 0 }
    var count = 0
    while rows.count &- count >= Self.rowsPerMessage { count &+= next(into: base + count) }
    return count
  }

  // MARK: The planted signal

  /// E[mid-price in `seconds` from now, minus the mid-price now | all messages so far], in ticks: moves per second times
  /// strength times filter times `SignalParameters.memory`. No forecast has a smaller mean squared error. 0 where no signal
  /// is planted; a market whose price moves through its queues is then forecastable by their state, which this is not.
  public func bestForecast(seconds: Double) -> Double {
    guard let planted = signalParameters else { return 0 }
    return planted.movesPerSecond * planted.strength * signal.filter * planted.memory(seconds: seconds)
  }

  /// The hidden state, +1 or -1, and what everybody can know of it, from -1 to 1.
  public var hiddenState: Double { signal.state }
  public var filteredState: Double { signal.filter }

  // MARK: Events

  /// Lets the next event that shows happen.
  @inline(never)
  private mutating func event(into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    while true {
      // A spread of one tick and a spread that is wider have constant rates of their own; both hold until the next event.
      let refill = signalParameters == nil && flow.book.spreadTicks > 1 ? refillPerSecond : 0
      let constant = process.baselineTotal + refill + movesPerSecond + flipsPerSecond
      let wait = process.wait(constantRate: constant, &random)
      timeNs &+= Int64(wait.seconds * 1e9) &+ 1  // no two messages of one nanosecond
      process.advance(seconds: wait.seconds)
      signal.advance(seconds: wait.seconds)
      var writer = RowWriter(rows, exchangeTimeNs: timeNs, localTimeNs: timeNs &+ feedLatencyNs, number: messages)
      if wait.origin == HawkesProcess.constant {
        var choice = random.unit() * constant - process.baselineTotal
        if choice > 0 {
          choice -= refill
          if choice <= 0 {
            flow.refill(&writer, &random)
          } else if choice <= movesPerSecond {
            flow.move(signal.side(up: 1, down: 1, &random), &writer, &random)
          } else {
            signal.flip()
            continue
          }
          writer.end()
          return writer.count
        }
      }
      order(origin: wait.origin, &writer)
      writer.end()
      return writer.count
    }
  }

  /// An event of the Hawkes process: its pair from its origin, its direction from both intensities and the hidden state.
  @inline(always)
  private mutating func order(origin: Int, _ writer: inout RowWriter) {
    let pair = process.pair(origin: origin, &random)
    let presses = signal.side(
      up: process.intensity(2 &* pair), down: process.intensity(2 &* pair &+ 1), &random)
    process.excite(2 &* pair &+ (presses == .buy ? 0 : 1))
    switch pair {
    case FlowKind.market.rawValue: flow.market(presses, &writer, &random)
    case FlowKind.limitTouch.rawValue: flow.limitTouch(presses, &writer, &random)
    case FlowKind.limitDeep.rawValue: flow.limitDeep(presses, &writer, &random)
    case FlowKind.cancelTouch.rawValue: flow.cancel(presses.opposite, depth: 0, &writer, &random)
    default: flow.cancelDeep(presses.opposite, &writer, &random)
    }
  }
}
