// What the orders of a Hawkes market do to its book: prices, sizes, and the rows that tell of them.

import Market

/// The book of a Hawkes market with the distributions that its orders draw from.
struct BookFlow: ~Copyable {
  private(set) var book = FlatBook()
  /// The number of the last trade.
  var trades: UInt64 = 0

  /// Whether the touch is never depleted, as the price has moves of its own.
  private let isTouchKept: Bool
  private let refillFollows: Double
  private let refillCloses: Double
  private let cancelsWholeTouch: Double
  private let cancelsWholeDeep: Double
  private let marketLots: QuantileDraws
  private let touchLots: QuantileDraws
  private let deepLots: QuantileDraws
  private let deepTicks: QuantileDraws
  private let cancelRanks: QuantileDraws
  /// The side whose best level went last.
  private var depleted = Side.buy

  /// Levels that an order may sweep: the bound of a message's rows. What is left of it expires.
  private static var longestSweep: Int { 32 }
  /// A side keeps so many levels; the last lot of one that would be fewer is replaced by a new order.
  private static var fewestLevels: Int { 2 }
  /// Bids stay above this: a random walk without end must not reach a price of 0.
  private static var floorTicks: Int64 { 20_000 }
  private static var seededLevels: Int { 60 }

  init(_ parameters: HawkesParameters, _ random: inout SplitMix64) {
    isTouchKept = parameters.signal != nil
    refillFollows = parameters.refillFollows
    refillCloses = parameters.refillCloses
    cancelsWholeTouch = parameters.cancelsWholeTouch
    cancelsWholeDeep = parameters.cancelsWholeDeep
    marketLots = QuantileDraws(parameters.marketLots)
    touchLots = QuantileDraws(parameters.touchLots)
    deepLots = QuantileDraws(parameters.deepLots)
    deepTicks = QuantileDraws(parameters.deepTicks)
    cancelRanks = QuantileDraws(parameters.cancelRanks)
    for side in Side.allCases {
      let best = Price(ticks: parameters.startTicks + (side == .buy ? 0 : 1))
      book.insert(BookLevel(price: best, quantity: Quantity(lots: touchLots.draw(&random))), side, at: 0)
      for i in 1...Self.seededLevels {
        let price = Price(ticks: best.ticks - side.sign * (Int64(i) + deepTicks.draw(&random)))
        let depth = book.depth(side, of: price)
        if depth < book.count(side), book.level(side, depth).price == price { continue }
        book.insert(BookLevel(price: price, quantity: Quantity(lots: deepLots.draw(&random))), side, at: depth)
      }
    }
  }

  // MARK: Orders

  /// A market order of `taker`, through as many levels as it is large.
  @inline(always)
  mutating func market(_ taker: Side, _ writer: inout RowWriter, _ random: inout SplitMix64) {
    market(taker, lots: marketLots.draw(&random), &writer, &random)
  }

  /// The same for an order of a given size.
  @inline(always)
  mutating func market(_ taker: Side, lots: Int64, _ writer: inout RowWriter, _ random: inout SplitMix64) {
    let side = taker.opposite
    var lots = lots
    let levels = isTouchKept ? 1 : max(1, min(Self.longestSweep, book.count(side) &- Self.fewestLevels))
    var taken = 0
    // Trades first, then the levels they changed, as venues tell it.
    while taken < levels, lots > 0 {
      let level = book.level(side, taken)
      let part = min(lots, level.quantity.lots)
      trade(taker, level.price, part, &writer)
      lots &-= part
      if part < level.quantity.lots {
        clear(side, taken, &writer, &random)
        set(side, 0, level.quantity.lots &- part, &writer)
        return
      }
      taken &+= 1
    }
    clear(side, taken, &writer, &random)
  }

  @inline(always)
  mutating func limitTouch(_ side: Side, _ writer: inout RowWriter, _ random: inout SplitMix64) {
    set(side, 0, book.best(side).quantity.lots &+ touchLots.draw(&random), &writer)
  }

  @inline(always)
  mutating func limitDeep(_ side: Side, _ writer: inout RowWriter, _ random: inout SplitMix64) {
    let price = Price(ticks: book.best(side).price.ticks &- side.sign &* deepTicks.draw(&random))
    add(side, price, deepLots.draw(&random), &writer)
  }

  @inline(always)
  mutating func cancelDeep(_ side: Side, _ writer: inout RowWriter, _ random: inout SplitMix64) {
    cancel(side, depth: min(Int(cancelRanks.draw(&random)), book.count(side) &- 1), &writer, &random)
  }

  /// A cancel in one level: of all of it, or of a uniform part.
  @inline(always)
  mutating func cancel(_ side: Side, depth: Int, _ writer: inout RowWriter, _ random: inout SplitMix64) {
    let lots = book.level(side, depth).quantity.lots
    let takesAll = random.unit() <= (depth == 0 ? cancelsWholeTouch : cancelsWholeDeep)
    let rest = takesAll ? 0 : Int64(random.unit() * Double(lots))
    if rest > 0 {
      set(side, depth, min(rest, lots &- 1), &writer)
    } else if depth == 0 {
      clear(side, 1, &writer, &random)
    } else {
      drop(side, depth, &writer, &random)
    }
  }

  /// A limit order inside a spread that is wider than a tick.
  mutating func refill(_ writer: inout RowWriter, _ random: inout SplitMix64) {
    let side = random.unit() <= refillFollows ? depleted.opposite : depleted
    let gap = book.spreadTicks
    let closes = random.unit() <= refillCloses
    let ticks = closes ? gap &- 1 : 1 &+ Int64(random.unit() * Double(gap &- 2))
    let price = Price(ticks: book.best(side).price.ticks &+ side.sign &* ticks)
    add(side, price, touchLots.draw(&random), &writer)
  }

  /// A move of the reference price by one tick: a market order takes the whole touch of one side, and the other side
  /// follows with a new best level. The spread stays one tick.
  mutating func move(_ direction: Side, _ writer: inout RowWriter, _ random: inout SplitMix64) {
    let direction = book.best(.buy).price.ticks <= Self.floorTicks ? .buy : direction
    let side = direction.opposite
    let gone = book.best(side)
    trade(direction, gone.price, gone.quantity.lots, &writer)
    drop(side, 0, &writer, &random, isReplaced: false)
    let next = Price(ticks: gone.price.ticks &+ direction.sign)
    if book.best(side).price != next { add(side, next, touchLots.draw(&random), &writer) }
    while book.count(side) < Self.fewestLevels { limitDeep(side, &writer, &random) }
    add(direction, gone.price, touchLots.draw(&random), &writer)
  }

  // MARK: Levels

  @inline(always)
  private mutating func trade(_ taker: Side, _ price: Price, _ lots: Int64, _ writer: inout RowWriter) {
    trades &+= 1
    writer.row(.trade, taker, price, lots: lots, number: trades)
  }

  @inline(always)
  private mutating func set(_ side: Side, _ depth: Int, _ lots: Int64, _ writer: inout RowWriter) {
    book.set(side, depth, lots: lots)
    writer.level(side, book.level(side, depth).price, lots: lots)
  }

  /// Takes the best `levels` away.
  @inline(always)
  private mutating func clear(
    _ side: Side, _ levels: Int, _ writer: inout RowWriter, _ random: inout SplitMix64
  ) {
    guard levels > 0 else { return }
    depleted = side
    for _ in 0..<levels { drop(side, 0, &writer, &random) }
  }

  /// Removes a level, or puts a new order in its place where the side needs it.
  @inline(always)
  private mutating func drop(
    _ side: Side, _ depth: Int, _ writer: inout RowWriter, _ random: inout SplitMix64, isReplaced: Bool = true
  ) {
    if isReplaced, isNeeded(side, depth) {
      set(side, depth, touchLots.draw(&random), &writer)
    } else {
      writer.level(side, book.level(side, depth).price, lots: 0)
      book.remove(side, depth)
    }
  }

  /// Whether a level must not go without another order in its place.
  @inline(always)
  private func isNeeded(_ side: Side, _ depth: Int) -> Bool {
    book.count(side) <= Self.fewestLevels
      || (depth == 0 && (isTouchKept || (side == .buy && book.best(.buy).price.ticks <= Self.floorTicks)))
  }

  @inline(always)
  private mutating func add(_ side: Side, _ price: Price, _ lots: Int64, _ writer: inout RowWriter) {
    let depth = book.depth(side, of: price)
    if depth < book.count(side), book.level(side, depth).price == price {
      set(side, depth, book.level(side, depth).quantity.lots &+ lots, &writer)
      return
    }
    if book.count(side) == FlatBook.capacity {
      writer.level(side, book.level(side, FlatBook.capacity &- 1).price, lots: 0)
      book.removeWorst(side)
    }
    // Behind the worst level of a full side it takes that level's place.
    let place = min(depth, book.count(side))
    book.insert(BookLevel(price: price, quantity: Quantity(lots: lots)), side, at: place)
    writer.level(side, price, lots: lots)
  }
}
