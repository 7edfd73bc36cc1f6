// The strategy's side of a replay: the book as it was received, the own orders as they are known, the account.

public import Market

/// What a strategy sees and does when it wakes. Everything here is at local time. Belongs to one replay.
public struct ReplayDesk: ~Copyable {
  public internal(set) var timeNs: Int64 = 0
  public private(set) var account: ReplayAccount
  public let scale: ReplayScale
  var book: ReplayBook
  /// What the strategy sent since it woke.
  var outbox = Fifo<ReplayOrder>()

  private let lowestTicks: Int64
  private var orders: UnsafeMutablePointer<ReplayOrder>
  private var capacity = 64
  public private(set) var orderCount = 0
  /// How many orders were sent since the beginning.
  public private(set) var submitted = 0

  init(_ market: any ReplayMarket, fees: ReplayFees) {
    scale = ReplayScale(market.instrument)
    account = ReplayAccount(fees: fees, scale: scale)
    book = ReplayBook(market)
    lowestTicks = market.lowestTicks
    orders = .allocate(capacity: capacity)
  }

  deinit { orders.deallocate() }

  /// Nil when there is none.
  @inline(__always)
  public var bestBid: Price? {
    book.bestBid == ReplayBook.noBid ? nil : Price(ticks: lowestTicks &+ Int64(book.bestBid))
  }

  @inline(__always)
  public var bestAsk: Price? {
    book.bestAsk == ReplayBook.noAsk ? nil : Price(ticks: lowestTicks &+ Int64(book.bestAsk))
  }

  /// The own orders by place, in no particular order.
  @inline(__always)
  public subscript(_ place: Int) -> ReplayOrder {
    precondition(place >= 0 && place < orderCount)
    return orders[place]
  }

  /// Sends an order.
  ///
  /// - Precondition: no order that is known here has the same id.
  public mutating func submit(
    id: UInt64, side: Side, price: Price, quantity: Quantity, timeInForce: ReplayTimeInForce
  ) {
    assert(place(of: id) == nil, "the id is in use")
    if orderCount == capacity { grow() }
    let order = ReplayOrder(
      id: id, side: side, price: price, quantity: quantity, timeInForce: timeInForce, localTimeNs: timeNs)
    orders[orderCount] = order
    orderCount &+= 1
    submitted &+= 1
    outbox.append(order)
  }

  /// Asks for the end of the order at `place`, which must be cancelable.
  public mutating func cancel(_ place: Int) {
    precondition(place >= 0 && place < orderCount && orders[place].isCancelable)
    orders[place].request = .cancel
    orders[place].localTimeNs = timeNs
    outbox.append(orders[place])
  }

  /// Forgets the orders that are over.
  public mutating func removeFinished() {
    var kept = 0
    for i in 0..<orderCount where !orders[i].isOver {
      if kept != i { orders[kept] = orders[i] }
      kept &+= 1
    }
    orderCount = kept
  }

  /// Takes in an answer of the exchange.
  mutating func receive(_ answer: ReplayOrder) {
    if answer.request != .rejected, answer.status == .filled || answer.status == .partlyFilled { account.apply(answer) }
    guard let place = place(of: answer.id) else { return }
    guard answer.request == .rejected else {
      let sentNs = orders[place].localTimeNs
      orders[place] = answer
      orders[place].localTimeNs = sentNs
      return
    }
    // A late refusal of an earlier request says nothing about the present one.
    guard answer.localTimeNs == orders[place].localTimeNs else { return }
    if orders[place].request == .new { orders[place].status = .expired }
    orders[place].request = .none
  }

  private func place(of id: UInt64) -> Int? {
    for i in 0..<orderCount where orders[i].id == id { return i }
    return nil
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<ReplayOrder>.allocate(capacity: 2 * capacity)
    larger.initialize(from: orders, count: orderCount)
    orders.deallocate()
    orders = larger
    capacity *= 2
  }
}

/// A strategy of a replay: plain on purpose, so that it can be written word for word for another engine.
public protocol ReplayStrategy {
  /// How long it sleeps, in nanoseconds.
  var intervalNs: Int64 { get }

  /// Called when everything at or before the wake time has happened.
  mutating func wake(_ desk: inout ReplayDesk)
}
