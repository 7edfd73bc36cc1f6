// The exchange of a market by order: our orders stand in their exact places among the recorded ones.

import Market

/// Venue-like rules, those of `Exchange` and `OrderReplay` (docs/exchange.md):
/// * an order of ours joins the back of the queue, and each trade, cancel or change of an order before it moves it forward by
///   exactly that; what joins later stands behind it;
/// * orders are filled in parts, makers at their own price, takers at that of each maker;
/// * what ours have taken is gone until the market replaces it, and ours are displayed to the market's takers;
/// * where ours would trade with ours, the resting one expires (STP mode EXPIRE_MAKER).
///
/// Prices may lie between half the lowest and twice the highest of the tape, as far as a book of 2^30 ticks goes; an order
/// elsewhere expires. Money is counted at the desk alone: here a contract without margin refuses nobody.
struct OrderVenue: ReplayVenue, ~Copyable {
  /// An order of ours in the book.
  private struct Standing {
    var order: ReplayOrder
    var id: OrderId
  }

  private(set) var fills: [ReplayFill] = []
  private var exchange: Exchange
  private var recorded: OrderReplay
  private var events: [ExchangeEvent] = []
  private var answers = Fifo<ReplayOrder>()
  /// Few: they are walked, not searched.
  private var standing: [Standing] = []

  private static var instrument: InstrumentIndex { InstrumentIndex(0) }
  private static var account: AccountIndex { AccountIndex(0) }
  /// Open orders, recorded and ours: memory is taken as they come.
  private static var openOrders: Int { 1 << 20 }

  /// - Throws: `TapeError` for prices that no book holds.
  init(_ market: any ReplayMarket) throws(TapeError) {
    let highest = market.lowestTicks + Int64(market.tickCount) - 1
    let lowest = max(1, market.lowestTicks / 2)
    let prices = lowest...max(lowest + 1, min(2 * highest, lowest + 1 << 30 - 1))
    do throws(ExchangeProblem) {
      exchange = try Exchange(Self.configuration(market.instrument, prices))
    } catch {
      throw TapeError(file: market.instrument.symbol.text, reason: "its prices end at \(highest) ticks: \(error)")
    }
    recorded = OrderReplay(Self.instrument)
    exchange.deposit(Amount(units: .max / 4), of: AssetIndex(1), to: Self.account)
    exchange.setMark(Price(ticks: lowest), of: Self.instrument, timeNs: 0, outbox: &events)
    fills.reserveCapacity(1 << 12)
  }

  /// A linear contract of which a tick times a lot is one unit, with quantities as large as 64 bits hold.
  private static func configuration(
    _ tape: TapeInstrument, _ prices: ClosedRange<Int64>
  ) -> ExchangeConfiguration {
    let (base, quote) = (AssetIndex(0), AssetIndex(1))
    let definition = Instrument(
      index: instrument, venue: VenueIndex(0), kind: .linear, symbol: tape.symbol, base: .empty, quote: .empty,
      settlement: .empty, tick: DecimalStep(mantissa: 1, exponent: -8), lot: DecimalStep(mantissa: 1, exponent: 0),
      multiplier: 1, minimumPrice: Price(ticks: prices.lowerBound), maximumPrice: Price(ticks: prices.upperBound),
      minimumQuantity: Quantity(lots: 1), maximumQuantity: Quantity(lots: .max / 4 / prices.upperBound),
      minimumNotional: .zero, maximumNotional: Amount(units: .max))
    let noMargin = MarginTable([
      MarginTier(notionalCap: Amount(units: .max), initialRate: 0, maintenanceRate: 0)
    ])
    return ExchangeConfiguration(
      accounts: 1, assets: [.empty, .empty],
      instruments: [
        ExchangeInstrument(definition, base: base, quote: quote, maximumOpenOrders: .max, margin: noMargin)
      ], openOrderCapacity: openOrders)
  }

  var unusableRows: UInt64 { recorded.unknownRows + recorded.refusedRows }
  var hasAnswer: Bool { answers.count > 0 }
  mutating func takeAnswer() -> ReplayOrder { answers.removeFirst() }

  mutating func apply(_ row: OrderRow) {
    events.removeAll(keepingCapacity: true)
    recorded.apply(row.row, to: &exchange, outbox: &events)
    tell()
  }

  mutating func receive(_ request: ReplayOrder, timeNs: Int64) {
    events.removeAll(keepingCapacity: true)
    var order = request
    order.exchangeTimeNs = timeNs
    switch request.request {
    case .new:
      order.request = .none
      place(order, timeNs)
    case .cancel:
      guard let id = standing.first(where: { $0.order.id == request.id })?.id else {
        order.request = .rejected
        return answers.append(order)
      }
      exchange.cancel(id, account: Self.account, timeNs: timeNs, outbox: &events)
      tell()
    case .none, .rejected: preconditionFailure("a request asks for something")
    }
  }

  private mutating func place(_ order: ReplayOrder, _ timeNs: Int64) {
    let entry = OrderEntry(
      account: Self.account, instrument: Self.instrument, side: order.side, lifetime: order.timeInForce.lifetime,
      selfTradePrevention: .expireMaker, postOnly: order.timeInForce == .postOnly, price: order.price,
      quantity: order.quantity, clientNumber: order.id)
    // It stands before it is placed, so that its own events find it.
    standing.append(Standing(order: order, id: .none))
    let id = exchange.place(entry, timeNs: timeNs, outbox: &events)
    tell()
    guard let i = standing.firstIndex(where: { $0.order.id == order.id }) else { return }
    standing[i].id = id
    guard standing[i].order.status == .sent else { return }
    standing[i].order.status = .open
    answers.append(standing[i].order)
  }

  /// Makes answers of what happened to our orders.
  private mutating func tell() {
    for event in events where event.account == Self.account {
      guard let i = standing.firstIndex(where: { $0.order.id == event.clientNumber }) else { continue }
      switch event.kind {
      case .filled:
        standing[i].order.fill(
          event.quantity, at: event.price, timeNs: event.timeNs, isMaker: event.isMaker)
        fills.append(standing[i].order.fill)
      case .canceled: standing[i].order.status = .canceled
      case .expired, .refused: standing[i].order.status = .expired
      default: continue
      }
      standing[i].order.exchangeTimeNs = event.timeNs
      answers.append(standing[i].order)
      if standing[i].order.isOver { standing.remove(at: i) }
    }
  }
}

extension ReplayTimeInForce {
  fileprivate var lifetime: OrderLifetime {
    switch self {
    case .goodTillCancel, .postOnly: .goodTilCanceled
    case .fillOrKill: .fillOrKill
    case .immediateOrCancel: .immediateOrCancel
    }
  }
}
