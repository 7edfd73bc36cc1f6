// A SYNTHETIC market: queues around a reference price whose order flow reacts to their sizes.

public import Market

/// Model I of Huang, Lehalle and Rosenbaum, "Simulating and analyzing order book data: the queue-reactive model" (JASA 110,
/// 2015), with the moving reference price of their model III.
///
/// Queue i of a side stands i - 1/2 ticks from the reference price and holds units of one size. Each is a birth-death process:
/// limit orders add a unit, cancels take one, at rates by its size; market orders take one from the best queue of a side. When
/// a queue next to the reference price empties, the reference price follows by a tick with probability `follows`, and then
/// the whole book is drawn anew from the queues' invariant laws with probability `redraws`. Between events all rates are
/// constant, so that the simulation is exact (Gillespie 1977). A side's last unit stays.
///
/// The same parameters and seed give the same rows in every build. Nothing is allocated once it is made. Not thread-safe.
public struct QueueReactiveMarket: ~Copyable {
  /// Rows of the largest message: the least that a buffer for `next` must hold.
  public static var rowsPerMessage: Int { RowWriter.capacity }

  public private(set) var timeNs: Int64 = SyntheticMarket.startNs
  /// Messages so far, the snapshot among them: the `number` of the last message's level rows.
  public private(set) var messages: UInt64 = 0

  private let rates: QueueRates
  private let feedLatencyNs: Int64
  private let unitLots: Int64
  private let follows: Double
  private let redraws: Double
  private var random: SplitMix64
  /// Units of each queue, bids first, from the touch outward.
  private let units: UnsafeMutablePointer<Int>
  /// Lots of each queue's first unit that an order of `take` has taken: below a unit, 0 where the queue is empty.
  private let missing: UnsafeMutablePointer<Int64>
  /// The price of the first bid queue: the reference price stands half a tick above it.
  private var baseTicks: Int64
  private var trades: UInt64 = 0

  /// The reference price stays above this: a random walk without end must not reach a price of 0.
  private static var floorTicks: Int64 { 20_000 }

  /// - Throws: why the parameters make no market.
  public init(_ parameters: QueueReactiveParameters, seed: UInt64) throws(ParameterError) {
    try parameters.validate()
    rates = QueueRates(parameters)
    feedLatencyNs = parameters.feedLatencyNs
    unitLots = parameters.unitLots
    follows = parameters.follows
    redraws = parameters.redraws
    baseTicks = parameters.startTicks
    random = SplitMix64(seed: seed)
    units = .allocate(capacity: 2 * rates.queues)
    units.initialize(repeating: 0, count: 2 * rates.queues)
    missing = .allocate(capacity: 2 * rates.queues)
    missing.initialize(repeating: 0, count: 2 * rates.queues)
    drawBook()
  }

  deinit {
    units.deallocate()
    missing.deallocate()
  }

  /// Best bid and ask as of the last message; there is always one.
  public var bestBid: BookLevel { level(place(.buy, best(.buy))) }
  public var bestAsk: BookLevel { level(place(.sell, best(.sell))) }

  /// What is displayed at a price; 0 where there is no level.
  public func displayedLots(_ side: Side, at price: Price) -> Int64 {
    let i = side == .buy ? baseTicks &- price.ticks : price.ticks &- baseTicks &- 1
    return i >= 0 && i < rates.queues ? displayed(place(side, Int(i))) : 0
  }

  /// Writes the next message: a snapshot first, then one for each event (its trade, then the levels that changed).
  ///
  /// - Parameter rows: memory for at least `rowsPerMessage` rows.
  /// - Returns: how many rows it has, at least one; the last one `endsMessage`.
  public mutating func next(into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    messages &+= 1
    if messages > 1 { return event(into: rows) }
    var writer = RowWriter(rows, exchangeTimeNs: timeNs, localTimeNs: timeNs &+ feedLatencyNs, number: messages)
    writer.row(.clear, .buy, Price(ticks: 0), lots: 0, number: messages)
    writer.row(.clear, .sell, Price(ticks: 0), lots: 0, number: messages)
    for queue in 0..<2 * rates.queues where units[queue] > 0 {
      writer.row(.snapshotLevel, side(queue), price(queue), lots: displayed(queue), number: messages)
    }
    writer.end()
    return writer.count
  }

  /// Lets somebody else's market order trade against this book, now: what it takes is gone until the flow brings new orders,
  /// and the rates of the queues are those of the smaller ones. A unit that is taken in part stays one to the rates.
  ///
  /// - Parameter rows: memory for at least `rowsPerMessage` rows.
  /// - Returns: how many rows its message has, trades first; they may be for fewer lots than `lots`, the rest has expired.
  /// - Precondition: `lots` is above 0, and the snapshot has been read.
  public mutating func take(_ taker: Side, lots: Int64, into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    precondition(lots > 0 && messages > 0)
    messages &+= 1
    timeNs &+= 1  // no two messages of one nanosecond
    var writer = RowWriter(rows, exchangeTimeNs: timeNs, localTimeNs: timeNs &+ feedLatencyNs, number: messages)
    let side = taker.opposite
    var rest = lots
    for i in 0..<rates.queues where rest > 0 {
      let part = min(rest, displayed(place(side, i)))
      if part > 0 { trade(place(side, i), lots: part, &writer) }
      rest &-= part
    }
    rest = lots &- rest
    let hadFirst = units[place(side, 0)] > 0
    for i in 0..<rates.queues where rest > 0 {
      let queue = place(side, i)
      let part = min(rest, displayed(queue))
      rest &-= part
      if part > 0 { shorten(queue, by: part, &writer) }
    }
    keep(side, &writer)
    if hadFirst, units[place(side, 0)] == 0 { follow(place(side, 0), &writer) }
    writer.end()
    return writer.count
  }

  /// Units of a queue, 0 being next to the reference price.
  public func units(_ side: Side, _ queue: Int) -> Int { units[place(side, queue)] }

  // MARK: Events

  private mutating func event(into rows: UnsafeMutablePointer<TapeRow>) -> Int {
    var total = 0.0
    for queue in 0..<2 * rates.queues { total += rate(queue) }
    timeNs &+= Int64(-random.logUnit() / total * 1e9) &+ 1  // no two messages of one nanosecond
    var writer = RowWriter(rows, exchangeTimeNs: timeNs, localTimeNs: timeNs &+ feedLatencyNs, number: messages)
    var choice = random.unit() * total
    var queue = 0
    while queue < 2 &* rates.queues &- 1, choice > rate(queue) {
      choice -= rate(queue)
      queue &+= 1
    }
    let size = units[queue]
    let limit = rates.limit(index(queue), size)
    if choice <= limit || size == 0 {
      set(queue, size &+ 1, &writer)
    } else {
      if choice > limit + rates.cancel(index(queue), size) {
        trade(queue, lots: min(unitLots, displayed(queue)), &writer)
      }
      remove(queue, &writer)
    }
    writer.end()
    return writer.count
  }

  /// The rate of everything that can happen to a queue.
  @inline(always)
  private func rate(_ queue: Int) -> Double {
    let size = units[queue]
    let own = rates.limit(index(queue), size) + rates.cancel(index(queue), size)
    return isBest(queue) ? own + rates.market(size) : own
  }

  private mutating func trade(_ queue: Int, lots: Int64, _ writer: inout RowWriter) {
    trades &+= 1
    writer.row(.trade, side(queue).opposite, price(queue), lots: lots, number: trades)
  }

  /// Takes a unit away; a side's last one is replaced at once.
  private mutating func remove(_ queue: Int, _ writer: inout RowWriter) {
    let isLast =
      units[queue] == 1 && isBest(queue)
      && (index(queue) &+ 1..<rates.queues).allSatisfy {
        units[place(side(queue), $0)] == 0
      }
    if isLast { missing[queue] = 0 }
    set(queue, isLast ? 1 : units[queue] &- 1, &writer)
    if units[queue] == 0, index(queue) == 0 { follow(queue, &writer) }
  }

  /// Takes lots off the front of a queue.
  private mutating func shorten(_ queue: Int, by lots: Int64, _ writer: inout RowWriter) {
    let rest = displayed(queue) &- lots
    let size = Int((rest &+ unitLots &- 1) / unitLots)
    missing[queue] = Int64(size) &* unitLots &- rest
    set(queue, size, &writer)
  }

  /// A queue next to the reference price is empty: the price may follow.
  private mutating func follow(_ queue: Int, _ writer: inout RowWriter) {
    guard random.unit() <= follows else { return }
    guard side(queue) == .sell || baseTicks > Self.floorTicks else { return }
    move(side(queue) == .sell ? 1 : -1, &writer)
  }

  // MARK: The reference price

  /// Moves the reference price by a tick toward the side whose first queue is empty.
  private mutating func move(_ ticks: Int64, _ writer: inout RowWriter) {
    let near: Side = ticks > 0 ? .sell : .buy
    let last = rates.queues &- 1
    // The queue that falls out on the far side, and the one that comes into sight on the near one.
    set(place(near.opposite, last), 0, &writer)
    baseTicks &+= ticks
    for i in stride(from: last, to: 0, by: -1) { copy(place(near.opposite, i &- 1), to: place(near.opposite, i)) }
    for i in 0..<last { copy(place(near, i &+ 1), to: place(near, i)) }
    clear(place(near.opposite, 0))
    clear(place(near, last))
    set(place(near, last), rates.draw(last, &random), &writer)
    if random.unit() <= redraws {
      for queue in 0..<2 &* rates.queues {
        missing[queue] = 0
        set(queue, rates.draw(index(queue), &random), &writer)
      }
    }
    keep(.buy, &writer)
    keep(.sell, &writer)
  }

  private mutating func drawBook() {
    for queue in 0..<2 * rates.queues { units[queue] = rates.draw(index(queue), &random) }
    if best(.buy) == rates.queues { units[place(.buy, 0)] = 1 }
    if best(.sell) == rates.queues { units[place(.sell, 0)] = 1 }
  }

  /// A side never stays empty.
  private mutating func keep(_ side: Side, _ writer: inout RowWriter) {
    if best(side) == rates.queues { set(place(side, 0), 1, &writer) }
  }

  // MARK: Queues

  @inline(always)
  private func displayed(_ queue: Int) -> Int64 { Int64(units[queue]) &* unitLots &- missing[queue] }

  @inline(always)
  private func level(_ queue: Int) -> BookLevel {
    BookLevel(price: price(queue), quantity: Quantity(lots: displayed(queue)))
  }

  @inline(always)
  private func clear(_ queue: Int) { (units[queue], missing[queue]) = (0, 0) }

  @inline(always)
  private func copy(_ from: Int, to: Int) { (units[to], missing[to]) = (units[from], missing[from]) }

  @inline(always)
  private func place(_ side: Side, _ i: Int) -> Int { side == .buy ? i : rates.queues &+ i }
  @inline(always)
  private func side(_ queue: Int) -> Side { queue < rates.queues ? .buy : .sell }
  @inline(always)
  private func index(_ queue: Int) -> Int { queue < rates.queues ? queue : queue &- rates.queues }

  @inline(always)
  private func price(_ queue: Int) -> Price {
    Price(ticks: queue < rates.queues ? baseTicks &- Int64(queue) : baseTicks &+ 1 &+ Int64(index(queue)))
  }

  /// The first queue of a side that is not empty; the number of queues when all are.
  @inline(always)
  private func best(_ side: Side) -> Int {
    var i = 0
    while i < rates.queues, units[place(side, i)] == 0 { i &+= 1 }
    return i
  }

  @inline(always)
  private func isBest(_ queue: Int) -> Bool { units[queue] > 0 && best(side(queue)) == index(queue) }

  /// Sets a queue and tells of it where it is another size.
  @inline(always)
  private mutating func set(_ queue: Int, _ size: Int, _ writer: inout RowWriter) {
    if units[queue] == size, size == 0 { return }
    units[queue] = size
    if size == 0 { missing[queue] = 0 }
    writer.level(side(queue), price(queue), lots: displayed(queue))
  }
}

/// The tables of a queue-reactive market in memory of their own: no reference counting where rates are looked up.
private struct QueueRates: ~Copyable {
  let queues: Int
  private let sizes: Int
  private let limits: UnsafeMutablePointer<Double>
  private let cancels: UnsafeMutablePointer<Double>
  private let markets: UnsafeMutablePointer<Double>
  /// The invariant laws, summed up.
  private let laws: UnsafeMutablePointer<Double>

  init(_ parameters: QueueReactiveParameters) {
    queues = parameters.limitPerSecond.count
    sizes = parameters.marketPerSecond.count
    func table(_ numbers: [Double]) -> UnsafeMutablePointer<Double> {
      let memory = UnsafeMutablePointer<Double>.allocate(capacity: numbers.count)
      memory.initialize(from: numbers, count: numbers.count)
      return memory
    }
    limits = table(parameters.limitPerSecond.flatMap { $0 })
    cancels = table(parameters.cancelPerSecond.flatMap { $0 })
    markets = table(parameters.marketPerSecond)
    laws = table(
      parameters.limitPerSecond.indices.flatMap { i in
        var sum = 0.0
        return parameters.invariantLaw(queue: i).map {
          sum += $0
          return sum
        }
      })
  }

  deinit {
    limits.deallocate()
    cancels.deallocate()
    markets.deallocate()
    laws.deallocate()
  }

  @inline(always) func limit(_ i: Int, _ size: Int) -> Double { limits[i &* sizes &+ size] }
  @inline(always) func cancel(_ i: Int, _ size: Int) -> Double { cancels[i &* sizes &+ size] }
  @inline(always) func market(_ size: Int) -> Double { markets[size] }

  /// Draws the size of queue `i` from its invariant law.
  func draw(_ i: Int, _ random: inout SplitMix64) -> Int {
    let share = random.unit()
    var size = 0
    while size < sizes &- 1, laws[i &* sizes &+ size] < share { size &+= 1 }
    return size
  }
}
