// A SYNTHETIC market by order: random traders in an `Exchange`, and what a recorder would have written of them.

import Market
import Simulation
import Support

/// What a trader asks for at a time. Orders are named by the place of their request.
struct AgentRequest {
  enum Kind {
    case limit(Side, ticks: Int64, lots: Int64)
    /// Never more than the other side has.
    case market(Side, lots: Int64)
    case cancel(Int)
    /// To what shall be left of it.
    case amend(Int, ticks: Int64, lots: Int64)
  }

  var timeNs: Int64
  var kind: Kind
}

/// Traders about a wandering price, all of them in the market's name; records every change of a single order.
struct AgentMarket: ~Copyable {
  private(set) var requests: [AgentRequest] = []
  private(set) var rows: [TapeRow] = []
  private var exchange: Exchange
  private var random: SeededRandom
  private var timeNs: Int64 = 1_000_000
  private var middle: Int64 = 10_000
  private var ids: [OrderId] = []
  private var outbox: [ExchangeEvent] = []
  private let lotSize: Int64

  /// - Parameter lotSize: quantities are multiples of it.
  init(seed: UInt64, requests count: Int, lotSize: Int64) throws {
    exchange = try AgentExchange.make()
    random = SeededRandom(seed)
    self.lotSize = lotSize
    for _ in 0..<count { step() }
  }

  var tape: Tape { get throws { try Tape(instrument: testInstrument, rows: rows) } }

  private mutating func below(_ bound: Int64) -> Int64 { Int64.random(in: 0..<bound, using: &random) }

  private mutating func step() {
    timeNs += below(5) * 100
    if below(30) == 0 { middle += below(7) - 3 }
    var request = AgentRequest(timeNs: timeNs, kind: next())
    if case .market(let side, let lots) = request.kind {
      let depth = depth(side.opposite)
      guard depth > 0 else { return }
      request.kind = .market(side, lots: min(lots, depth))
    }
    outbox.removeAll(keepingCapacity: true)
    let id = AgentExchange.perform(request, ids, &exchange, &outbox)
    requests.append(request)
    ids.append(id)
    record()
  }

  private mutating func next() -> AgentRequest.Kind {
    let side: Side = below(2) == 0 ? .buy : .sell
    let lots = lotSize * (1 + below(6))
    let ticks = middle - side.sign * (below(12) - 2)
    switch below(10) {
    case 0..<5: return .limit(side, ticks: ticks, lots: lots)
    case 5, 6: return .market(side, lots: lots)
    case 7 where !ids.isEmpty: return .amend(Int(below(Int64(ids.count))), ticks: ticks, lots: lots)
    default: return ids.isEmpty ? .limit(side, ticks: ticks, lots: lots) : .cancel(Int(below(Int64(ids.count))))
    }
  }

  private func depth(_ side: Side) -> Int64 {
    var (sum, level): (Int64, BookLevel?) = (0, exchange.best(AgentExchange.instrument, side))
    while let at = level, at != .none {
      sum += at.quantity.lots
      level = exchange.level(AgentExchange.instrument, side, behind: at.price)
    }
    return sum
  }

  /// The rows of the last request: executions of makers, then what the taker's rest became.
  private mutating func record() {
    let start = rows.count
    var incoming: OrderId?
    let trades = outbox.contains { $0.kind == .filled }
    for event in outbox {
      switch event.kind {
      case .accepted: incoming = event.id
      case .amended where event.keptPriority: add(.orderChanged, event.id, event.side, event.price, event.remaining)
      case .amended where !trades: add(.orderChanged, event.id, event.side, event.price, event.remaining)
      case .amended:
        add(.orderRemoved, event.id, event.side, event.price, .zero)
        incoming = event.id
      case .filled where event.isMaker: add(.orderExecuted, event.id, event.side, event.price, event.quantity)
      case .canceled: add(.orderRemoved, event.id, event.side, event.price, .zero)
      default: break
      }
    }
    if let id = incoming, let open = exchange.find(id) {
      add(.orderAdded, id, open.entry.side, open.entry.price, open.remaining)
    }
    if rows.count > start { rows[rows.count - 1].endsMessage = true }
  }

  private mutating func add(_ kind: TapeRowKind, _ id: OrderId, _ side: Side, _ price: Price, _ lots: Quantity) {
    rows.append(
      TapeRow(
        kind: kind, side: side, exchangeTimeNs: timeNs, localTimeNs: timeNs + 150, price: price, quantity: lots,
        number: id.ordinal, endsMessage: false))
  }
}

/// The exchange of the traders, with one account that is ours.
enum AgentExchange {
  static let instrument = InstrumentIndex(0)
  static let ours = AccountIndex(0)

  static func make() throws -> Exchange {
    let name = try ShortName("TEST").orFail()
    let definition = Instrument(
      index: instrument, venue: VenueIndex(0), kind: .spot, symbol: name, base: name, quote: name, settlement: name,
      tick: DecimalStep(mantissa: 1, exponent: -2), lot: DecimalStep(mantissa: 1, exponent: -3), multiplier: 1,
      minimumPrice: Price(ticks: 1), maximumPrice: Price(ticks: 100_000), minimumQuantity: Quantity(lots: 1),
      maximumQuantity: Quantity(lots: 1_000_000), minimumNotional: .zero, maximumNotional: Amount(units: .max))
    var exchange = try Exchange(
      ExchangeConfiguration(
        accounts: 1, assets: [name, name],
        instruments: [
          ExchangeInstrument(definition, base: AssetIndex(0), quote: AssetIndex(1), maximumOpenOrders: 10_000)
        ]))
    for asset in [AssetIndex(0), AssetIndex(1)] {
      exchange.deposit(Amount(units: 1_000_000_000_000_000), of: asset, to: ours)
    }
    return exchange
  }

  /// - Parameter more: lots beyond those that an order asks for.
  /// - Returns: the order's identifier; none where there is no new order.
  static func perform(
    _ request: AgentRequest, more: Int64 = 0, _ ids: [OrderId], _ exchange: inout Exchange,
    _ outbox: inout [ExchangeEvent]
  ) -> OrderId {
    let market = exchange.marketAccount
    switch request.kind {
    case .limit(let side, let ticks, let lots):
      let entry = OrderEntry(
        account: market, instrument: instrument, side: side, price: Price(ticks: ticks),
        quantity: Quantity(lots: lots + more))
      return exchange.place(entry, timeNs: request.timeNs, outbox: &outbox)
    case .market(let side, let lots):
      let entry = OrderEntry(
        account: market, instrument: instrument, side: side, type: .market, quantity: Quantity(lots: lots + more))
      return exchange.place(entry, timeNs: request.timeNs, outbox: &outbox)
    case .cancel(let place):
      exchange.cancel(ids[place], account: market, timeNs: request.timeNs, outbox: &outbox)
    case .amend(let place, let ticks, let lots):
      let executed = exchange.find(ids[place]).map { $0.entry.quantity.lots - $0.remaining.lots } ?? 0
      exchange.amend(
        ids[place], account: market, price: Price(ticks: ticks), quantity: Quantity(lots: executed + lots + more),
        timeNs: request.timeNs, outbox: &outbox)
    }
    return .none
  }
}

extension Optional {
  struct Missing: Error {}

  func orFail() throws -> Wrapped {
    guard let self else { throw Missing() }
    return self
  }
}
