// The exchange: orders of many accounts in many instruments, matched by price and time. A pure value: requests and
// times go in, events come out; no I/O, clock or randomness.

public import Market

/// An order-by-order (L3) exchange for spot and perpetual contracts.
///
/// Every request takes a time that is never less than the one before, and appends what followed from it to an outbox.
/// One caller at a time. Nothing is allocated once books, outbox and pool have met their largest size.
///
/// Two accounts are the exchange's own: `marketAccount`, in whose name a recorded or synthetic market trades (it has any
/// amount of everything and pays no fees), and `insuranceFund`. Both are in the sums of the balance sheet.
public struct Exchange: ~Copyable {
  public let configuration: ExchangeConfiguration
  let markets: UnsafeMutablePointer<ExchangeMarket>
  let marketCount: Int
  var pool: OrderPool
  var expiries: ExpiryHeap
  let tables: AccountTables
  let volumes: FeeVolume
  /// Whether fees are always zero.
  let isFree: Bool
  var trades: UInt64 = 0
  /// The time of the last request.
  public internal(set) var timeNs: Int64 = 0
  public let marketAccount: AccountIndex
  public let insuranceFund: AccountIndex

  public init(_ configuration: ExchangeConfiguration) throws(ExchangeProblem) {
    try configuration.check()
    self.configuration = configuration
    marketAccount = AccountIndex(configuration.accounts)
    insuranceFund = AccountIndex(configuration.accounts + 1)
    let accounts = Int(configuration.accounts) + 2
    marketCount = configuration.instruments.count
    markets = .allocate(capacity: marketCount)
    for (i, instrument) in configuration.instruments.enumerated() {
      guard let scale = ContractScale(instrument.definition) else {
        preconditionFailure("the configuration was checked")
      }
      (markets + i).initialize(to: ExchangeMarket(instrument, scale: scale))
    }
    pool = OrderPool(capacity: configuration.openOrderCapacity)
    expiries = ExpiryHeap(capacity: configuration.openOrderCapacity)
    tables = AccountTables(
      accounts: accounts, assets: configuration.assets.count, instruments: marketCount,
      tradeGroups: configuration.tradeGroups)
    volumes = FeeVolume(accounts: accounts)
    isFree = configuration.fees == .free
  }

  deinit {
    markets.deinitialize(count: marketCount)
    markets.deallocate()
  }

  @inline(always)
  func knows(_ account: AccountIndex) -> Bool { account.rawValue >= 0 && account.i < tables.accounts }

  @inline(always)
  func knows(_ instrument: InstrumentIndex) -> Bool { instrument.i < marketCount }

  // MARK: Requests

  /// Places an order: `accepted` or `refused`, then what it traded, then how it ended if it does not rest.
  ///
  /// - Returns: the order's identifier; `none` when it was refused. The order may be gone already.
  @discardableResult
  public mutating func place(_ entry: OrderEntry, timeNs: Int64, outbox: inout [ExchangeEvent]) -> OrderId {
    begin(timeNs, &outbox)
    do throws(ExchangeRefusal) {
      try check(entry)
    } catch {
      refuse(entry, error, &outbox)
      return .none
    }
    let slot = accept(entry, &outbox)
    let id = pool[slot].id
    if entry.type.isStop { wait(slot) } else { enter(slot, &outbox) }
    triggerStops(entry.instrument, &outbox)
    return id
  }

  /// Cancels an open order of an account: `canceled` or `refused`.
  public mutating func cancel(
    _ id: OrderId, account: AccountIndex, timeNs: Int64, outbox: inout [ExchangeEvent]
  ) {
    begin(timeNs, &outbox)
    guard let slot = pool.find(id), pool[slot].entry.account == account else {
      return refuse(id, account, .unknownOrder, &outbox)
    }
    guard markets[pool[slot].entry.instrument.i].state != .halted else {
      return refuse(id, account, .marketClosed, &outbox)
    }
    end(slot, .canceled, nil, &outbox)
  }

  /// Changes price, whole quantity (executed and prevented parts included), or both, of an order in the book.
  ///
  /// Less quantity at the same price keeps the place in the queue (order_amend_keep_priority.md). Anything else enters
  /// the book anew, behind what is there, and may trade at once (futures documents, "Modify Order"). `amended` or
  /// `refused` is told; a refused order stays as it was. Stop orders that wait cannot be amended.
  public mutating func amend(
    _ id: OrderId, account: AccountIndex, price: Price, quantity: Quantity, timeNs: Int64,
    outbox: inout [ExchangeEvent]
  ) {
    begin(timeNs, &outbox)
    guard let slot = pool.find(id), pool[slot].entry.account == account, !pool[slot].isPending else {
      return refuse(id, account, .unknownOrder, &outbox)
    }
    let instrument = pool[slot].entry.instrument
    do throws(ExchangeRefusal) {
      try amend(slot, price: price.ticks, quantity: quantity.lots, &outbox)
    } catch {
      return refuse(id, account, error, &outbox)
    }
    triggerStops(instrument, &outbox)
  }

  /// Changes what an instrument takes. Open orders stay.
  public mutating func setState(
    _ state: InstrumentState, of instrument: InstrumentIndex, timeNs: Int64, outbox: inout [ExchangeEvent]
  ) {
    begin(timeNs, &outbox)
    guard knows(instrument), markets[instrument.i].state != state else { return }
    markets[instrument.i].state = state
    var event = ExchangeEvent(.stateChanged, timeNs: timeNs)
    event.instrument = instrument
    event.state = state
    outbox.append(event)
  }

  /// Lets time pass: good-till-date orders whose time came expire.
  public mutating func advance(to timeNs: Int64, outbox: inout [ExchangeEvent]) { begin(timeNs, &outbox) }

  /// Every request begins with what the time brings.
  @inline(always)
  mutating func begin(_ timeNs: Int64, _ outbox: inout [ExchangeEvent]) {
    precondition(timeNs >= self.timeNs, "time does not go back")
    self.timeNs = timeNs
    while let slot = expiries.first, pool[slot].entry.expiryNs <= timeNs { expire(slot, .goodTilDate, &outbox) }
  }
}
