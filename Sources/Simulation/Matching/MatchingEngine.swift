// The matching engine: a pure value. Inputs and times go in, events come out; no I/O, clock or randomness of its own.

import Market

/// Matches one account's orders against a recorded (or synthetic) market.
///
/// The recorded market does not react to our orders, so the rules err against us where it is silent:
/// * An aggressive order eats displayed levels from the best on; what it ate is remembered until the market changes the
///   level.
/// * A resting order has the displayed quantity at its price ahead of it. Recorded trades at its price and displayed
///   quantity that falls below the queue bring it forward; a trade fills it once nothing is ahead, and one through its
///   price fills it at once, never for more than was traded.
/// * A displayed quote that crosses a resting order would have met it: the resting order is filled at its own price, for
///   at most the displayed quantity.
/// * Among our own orders: price, then time. An order that reaches the price of an opposite order of the account expires
///   there (self-trade prevention EXPIRE_TAKER).
public struct MatchingEngine: Sendable {
  public let instruments: [Instrument]
  public let models: MatchingModels
  /// MAX_NUM_ORDERS of every instrument, as on Binance.
  public static let maximumOpenOrders = 200

  public internal(set) var markets: [RecordedMarket]
  /// Every order ever accepted; the identifier of an order is its index plus one.
  public internal(set) var orders: [VenueOrder] = []
  /// Every fill; its trade identifier is its index plus one.
  public internal(set) var fills: [VenueFill] = []
  /// The sum of the commissions paid, by asset.
  public internal(set) var commissionPaid: [ShortName: Amount] = [:]

  var preventedMatches: UInt64 = 0
  var ledger: Ledger
  var volume: TrailingVolume
  /// Nil for spot. The ledger's balances are its wallets.
  var margin: MarginAccount?
  /// The margin account's balances as they were told last.
  var toldBalances: [AssetBalance] = []
  var fundedUntilNs: Int64?
  /// Money moved without a trade so far.
  var transfers: UInt64 = 0
  /// Identifiers of the open orders, each instrument's by price and time.
  var bids: [[UInt64]]
  var asks: [[UInt64]]
  /// Where our own trades have pushed each market; nil for one that does not feel them.
  var pushes: [MarketPush?]
  let scales: [MoneyScale]
  /// Units of the base asset in a lot, for estimates.
  let lotSizes: [Double]

  /// - Returns: nil unless all instruments are spot, or all contracts with terms for each; and when tick, lot or their
  ///   product is finer than 10^-8 (spot) or their money than 64 bits hold (contracts).
  public init?(
    instruments: [Instrument], balances: [AssetBalance], models: MatchingModels = MatchingModels()
  ) {
    var scales: [MoneyScale] = []
    for (i, instrument) in instruments.enumerated() {
      guard Int(instrument.index.rawValue) == i, let scale = MoneyScale(instrument) ?? MoneyScale(contract: instrument)
      else { return nil }
      scales.append(scale)
    }
    self.instruments = instruments
    self.models = models
    self.scales = scales
    lotSizes = instruments.map(\.lot.approximate)
    let isSpot = instruments.allSatisfy { $0.kind == .spot }
    if isSpot {
      guard models.contracts.isEmpty else { return nil }
    } else {
      guard let account = MarginAccount(instruments, terms: models.contracts) else { return nil }
      margin = account
    }
    let feeAssets = [models.fees.asset?.asset].compactMap(\.self)
    ledger = Ledger(
      balances, assets: instruments.flatMap { isSpot ? [$0.base, $0.quote] : [$0.settlement] } + feeAssets)
    ledger.isMargin = !isSpot
    toldBalances = ledger.balances
    volume = TrailingVolume(before: models.fees.startingVolume)
    markets = instruments.map { _ in RecordedMarket() }
    pushes = instruments.indices.map { models.impact[$0].map { MarketPush(model: $0) } }
    bids = instruments.map { _ in [] }
    asks = instruments.map { _ in [] }
  }

  public var balances: [AssetBalance] { marginBalances }

  /// The open orders of an instrument, bids before asks, each by price and time.
  public func openOrders(_ instrument: InstrumentIndex) -> [VenueOrder] {
    let i = Int(instrument.rawValue)
    return i < instruments.count ? (bids[i] + asks[i]).map { order($0) } : []
  }

  /// - Returns: nil for an identifier that was never given out.
  public func find(orderId: UInt64) -> VenueOrder? {
    orderId >= 1 && orderId <= orders.count ? order(orderId) : nil
  }

  /// Takes one input.
  ///
  /// - Parameters:
  ///   - timeNs: when it happens; never less than the time before.
  ///   - outbox: what followed from it is appended here, in order.
  public mutating func apply(_ input: MatchingInput, timeNs: Int64, outbox: inout [VenueEvent]) {
    let toldBefore = outbox.count
    payFunding(until: timeNs, outbox: &outbox)
    switch input {
    case .market(let instrument, let message):
      apply(message, at: Int(instrument.rawValue), timeNs: timeNs, outbox: &outbox)
    case .suspend(let instrument):
      if Int(instrument.rawValue) < markets.count { markets[Int(instrument.rawValue)] = RecordedMarket() }
    case .place(let request):
      place(request, timeNs: timeNs, outbox: &outbox)
    case .test(let request):
      do throws(OrderRefusal) {
        _ = try plan(request, timeNs: timeNs)
        outbox.append(.accepted(VenueOrder(id: 0, request: request, createdNs: timeNs, updatedNs: timeNs)))
      } catch {
        outbox.append(.refused(request, error))
      }
    case .cancel(let id):
      if let order = find(orderId: id), order.status.isOpen {
        close(id, .canceled, timeNs: timeNs)
        outbox.append(.canceled(self.order(id)))
      } else {
        outbox.append(.cancelRefused(orderId: id))
      }
    case .amend(let id, let quantity):
      do throws(OrderRefusal) {
        try amend(id, to: quantity, timeNs: timeNs)
        outbox.append(.amended(order(id)))
      } catch {
        outbox.append(.amendRefused(orderId: id, error))
      }
    case .cancelAll(let instrument):
      for order in openOrders(instrument) {
        close(order.id, .canceled, timeNs: timeNs)
        outbox.append(.canceled(self.order(order.id)))
      }
    }
    markContracts(timeNs: timeNs, outbox: &outbox)
    let changed = margin == nil ? ledger.takeChanged() : outbox.count > toldBefore ? takeChangedMargins() : []
    if !changed.isEmpty { outbox.append(.balances(changed)) }
  }

  func order(_ id: UInt64) -> VenueOrder { orders[Int(id) - 1] }

  /// Open orders of one side, by price and time.
  func resting(_ instrument: Int, _ side: Side) -> [UInt64] { side == .buy ? bids[instrument] : asks[instrument] }

  /// Books a fill: quantities, money and commission. The order's funds are locked.
  mutating func fill(
    _ id: UInt64, _ quantity: Quantity, at price: Price, isMaker: Bool, source: FillSource, timeNs: Int64,
    outbox: inout [VenueEvent]
  ) {
    let request = order(id).request
    let instrument = instruments[Int(request.instrument.rawValue)]
    let scale = scales[Int(request.instrument.rawValue)]
    guard let notional = scale.notional(price, quantity) else {
      preconditionFailure("the order's whole notional was checked when it was placed")
    }
    let receivedAsset: ShortName
    let received: Amount
    if margin != nil {
      settleContract(Int(request.instrument.rawValue), request.side, price, quantity, worth: notional)
      // The fee of a contract is of its value, in its settlement asset.
      (receivedAsset, received) = (instrument.settlement, notional)
    } else {
      (receivedAsset, received) = exchange(request, quantity, notional, scale, instrument)
    }
    let fee =
      source == .insuranceFund
      ? (asset: receivedAsset, amount: Amount.zero, tier: 0)
      : charge(quantity, worth: notional, (receivedAsset, received), isMaker: isMaker, timeNs: timeNs)

    let index = Int(id) - 1
    orders[index].executed.lots += quantity.lots
    orders[index].quoteExecuted.units += notional.units
    orders[index].updatedNs = timeNs
    orders[index].status = orders[index].remaining == .zero ? .filled : .partiallyFilled
    if orders[index].status == .filled { removeFromBook(id) }
    let fill = VenueFill(
      tradeId: UInt64(fills.count) + 1, orderId: id, instrument: request.instrument, side: request.side,
      isMaker: isMaker, price: price, quantity: quantity, notional: notional, commission: fee.amount,
      feeTier: fee.tier, commissionAsset: fee.asset, timeNs: timeNs, source: source)
    fills.append(fill)
    outbox.append(.filled(orders[index], fill))
  }

  /// Exchanges the two assets of a spot trade.
  ///
  /// - Returns: what the order receives.
  private mutating func exchange(
    _ request: PlaceOrder, _ quantity: Quantity, _ notional: Amount, _ scale: MoneyScale, _ instrument: Instrument
  ) -> (ShortName, Amount) {
    let base = scale.baseAmount(quantity)
    let (paid, received) = request.side == .buy ? (notional, base) : (base, notional)
    let (paidAsset, receivedAsset) =
      request.side == .buy ? (instrument.quote, instrument.base) : (instrument.base, instrument.quote)
    if request.side == .buy, request.type != .market, let locked = scale.notional(request.price, quantity) {
      // Bought for less than its limit: the difference is free again.
      ledger.lock(paidAsset, Amount(units: notional.units - locked.units))
    }
    ledger.debitLocked(paidAsset, paid)
    ledger.credit(receivedAsset, received)
    return (receivedAsset, received)
  }

  /// Ends an open order: frees what it still locks and takes it off the book.
  mutating func close(_ id: UInt64, _ status: OrderStatus, timeNs: Int64) {
    let open = order(id)
    let (asset, amount) = reserve(open.request, quantity: open.remaining)
    ledger.lock(asset, Amount(units: -amount.units))
    orders[Int(id) - 1].status = status
    orders[Int(id) - 1].updatedNs = timeNs
    removeFromBook(id)
  }

  /// What an order locks for `quantity` of it. (A market order's funds are locked fill by fill.)
  /// Contracts lock nothing: their margin is checked when they are placed.
  func reserve(_ request: PlaceOrder, quantity: Quantity) -> (ShortName, Amount) {
    let i = Int(request.instrument.rawValue)
    if margin != nil { return (instruments[i].settlement, .zero) }
    if request.side == .sell { return (instruments[i].base, scales[i].baseAmount(quantity)) }
    let amount = request.type == .market ? .zero : scales[i].notional(request.price, quantity)
    guard let amount else { preconditionFailure("the order's whole notional was checked when it was placed") }
    return (instruments[i].quote, amount)
  }

  private mutating func removeFromBook(_ id: UInt64) {
    let request = order(id).request
    let i = Int(request.instrument.rawValue)
    if request.side == .buy { bids[i].removeAll { $0 == id } } else { asks[i].removeAll { $0 == id } }
  }
}
