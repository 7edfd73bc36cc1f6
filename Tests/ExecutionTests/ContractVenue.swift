// The matching engine as the venue of an execution stage: its events are the reports, at once and in order.

import Execution
import Market
import Pipeline
import Risk
import Simulation

/// Two contracts that settle in one wallet. The engine's books are what the stage sees.
final class ContractVenue {
  static let coin = Amount.unitsPerCoin
  static let fundingIntervalNs: Int64 = 1_000_000_000
  static let margin = MarginTable(
    [MarginTier(notionalCap: Amount(units: .max), initialRate: 1_000_000, maintenanceRate: 1_000_000)],
    liquidationFeeRate: 300_000)!

  let desk: Desk
  private(set) var engine: MatchingEngine
  let instruments: [Instrument]
  let leverage: Int64
  /// By the engine's numbers; a liquidation has no name.
  private var names: [UInt64: ClientOrderIdentifier] = [:]
  private var sentBefore = 0
  private var askedBefore = 0
  private var updateId: UInt64 = 0
  /// What was refused by the venue that the gate let through.
  private(set) var refusals: [OrderRefusal] = []
  private(set) var liquidations = 0
  private(set) var transfers: [VenueTransfer] = []

  /// - Parameter walletUnits: of the settlement asset.
  init(
    _ kind: ContractKind, walletUnits: Int64, leverage: Int64 = 10, fundingRate: Int64 = 0, takerRate: Int64 = 0,
    maximumDailyLoss: Amount? = nil
  ) throws {
    let instruments = [Desk.contract(kind), Desk.contract(kind, index: 1)]
    self.instruments = instruments
    self.leverage = leverage
    let terms = ContractTerms(
      margin: Self.margin.limited(toLeverage: leverage)!,
      funding: fundingRate == 0 ? nil : .constant(rate: fundingRate, intervalNs: Self.fundingIntervalNs))
    engine = MatchingEngine(
      instruments: instruments,
      balances: [AssetBalance(asset: instruments[0].settlement, free: Amount(units: walletUnits))],
      models: MatchingModels(fees: FeeTerms(maker: -takerRate / 3, taker: takerRate), contracts: [terms, terms]))!
    desk = try Desk(instruments: instruments) { configuration in
      for i in instruments.indices {
        configuration.limits[i]?.leverage = leverage
        configuration.limits[i]?.feeReserveBasisPoints = 0
      }
      configuration.maximumDailyLoss = maximumDailyLoss
    }
    for i in instruments.indices { book(i, 600_000) }
    desk.report(.sessionUp)
    tell(engine.balances)
    desk.reconcile()
    turn()
  }

  var settlement: String { instruments[0].settlement.text }
  var wallet: Int64 { engine.balances[0].free.units + engine.balances[0].locked.units }

  /// Shows a book of a level a side, two ticks apart, to venue and stage.
  func book(_ i: Int, _ bid: Int64, lots: Int64 = 1_000_000) {
    updateId += 1
    func level(_ ticks: Int64) -> [PriceQuantity] {
      [PriceQuantity(price: Price(ticks: ticks), quantity: Quantity(lots: lots))]
    }
    apply(.market(instruments[i].index, .snapshot(bids: level(bid), asks: level(bid + 2), updateId: updateId)))
    desk.touch(bid: bid, ask: bid + 2, of: i)
  }

  /// A step of the stage, and what the venue makes of what came out of it, until nothing does.
  func turn() {
    repeat {
      let work = desk.step()
      for order in desk.sent[sentBefore...] { place(order) }
      for request in desk.asked[askedBefore...] { answer(request) }
      let isQuiet = work == 0 && sentBefore == desk.sent.count && askedBefore == desk.asked.count
      (sentBefore, askedBefore) = (desk.sent.count, desk.asked.count)
      if isQuiet { return }
    } while true
  }

  /// Places an order and sees it through.
  @discardableResult
  func place(
    _ side: Side, _ lots: Int64, at ticks: Int64, _ timeInForce: TimeInForce = .goodTilCanceled, of i: Int = 0,
    reduceOnly: Bool = false
  ) -> RefusalReason? {
    let before = desk.sent.count
    desk.place(side, ticks, lots, timeInForce, of: i, reduceOnly: reduceOnly)
    turn()
    let refusal = desk.news.last { $0.kind == .refused }
    return desk.sent.count > before ? nil : refusal.flatMap { RefusalReason(rawValue: $0.reasonCode) }
  }

  private func place(_ order: ApprovedOrderRecord) {
    apply(
      .place(
        PlaceOrder(
          instrument: order.instrument, side: order.side, type: order.type, timeInForce: order.timeInForce,
          price: order.price, quantity: order.quantity)), name: order.clientOrder)
  }

  private func answer(_ request: GatewayRequest) {
    switch request.kind {
    case .cancel:
      guard let id = names.first(where: { $0.value == request.clientOrder })?.key else { return }
      apply(.cancel(orderId: id))
    case .cancelAll: apply(.cancelAll(request.instrument))
    case .queryStatus:
      let id = names.first { $0.value == request.clientOrder }?.key
      guard let id, let order = engine.find(orderId: id) else { return }
      var status = report(.status, order)
      status.orderState = order.status.isOpen ? .new : order.status == .filled ? .filled : .canceled
      status.quantity = order.request.quantity
      status.quoteAmount = order.quoteExecuted
      desk.push(status)
    case .queryBalances, .queryOpenOrders, .queryTrades: break  // answered by the desk
    }
  }

  private func apply(_ input: MatchingInput, name: ClientOrderIdentifier = .none) {
    var events: [VenueEvent] = []
    engine.apply(input, timeNs: desk.nowNs, outbox: &events)
    for event in events {
      switch event {
      case .accepted(let order):
        names[order.id] = name
        tell(.acknowledged, order)
      case .filled(let order, let fill):
        var report = report(.fill, order)
        report.trade = fill.tradeId
        report.price = fill.price
        report.quantity = fill.quantity
        report.quoteAmount = fill.notional
        report.amount = fill.commission
        report.asset = fill.commissionAsset
        report.isMaker = fill.isMaker
        desk.push(report)
      case .canceled(let order): tell(.canceled, order)
      case .expired(let order, _), .prevented(let order, _): tell(.expired, order)
      case .liquidating: liquidations += 1
      case .transferred(let transfer):
        transfers.append(transfer)
        desk.push(Self.report(transfer))
      case .balances(let balances): tell(balances)
      case .refused(_, let reason):
        refusals.append(reason)
        desk.report(.rejected, name)
      case .amended, .amendRefused, .cancelRefused: break
      }
    }
  }

  private func tell(_ kind: ReportKind, _ order: VenueOrder) { desk.push(report(kind, order)) }

  private func tell(_ balances: [Simulation.AssetBalance]) {
    for balance in balances {
      desk.report(balanceOf: balance.asset.text, free: balance.free.units, locked: balance.locked.units)
    }
  }

  private func report(_ kind: ReportKind, _ order: VenueOrder) -> ExecutionReport {
    var report = Desk.message(kind, names[order.id] ?? .none)
    report.instrument = order.request.instrument
    report.venueOrder = order.id
    report.side = order.request.side
    report.cumulativeQuantity = order.executed
    return report
  }

  private static func report(_ transfer: VenueTransfer) -> ExecutionReport {
    payment(
      transfer.kind == .funding ? .funding : .insurance, number: transfer.number, of: transfer.instrument,
      transfer.asset.text, transfer.amount.units)
  }

  static func payment(
    _ kind: ReportKind, number: UInt64, of instrument: InstrumentIndex, _ asset: String, _ units: Int64
  ) -> ExecutionReport {
    var report = Desk.message(kind, .none)
    report.instrument = instrument
    report.trade = number
    report.asset = ShortName(asset)!
    report.amount = Amount(units: units)
    return report
  }
}

extension ContractVenue {
  func position(_ i: Int) -> MatchingEngine.ContractPosition { engine.position(instruments[i].index)! }

  /// By the definitions, with nothing of the stage: the value of signed lots at the mark, in the sign of costs.
  private func value(_ i: Int, _ lots: Int64) -> Int64 {
    let worth = notional(position(i).mark, Quantity(lots: abs(lots)), instruments[i].denomination, rounding: .down)!
      .units
    return (lots > 0) != (instruments[i].kind == .inverse) ? worth : -worth
  }

  func unrealised(_ i: Int) -> Int64 { position(i).lots == 0 ? 0 : value(i, position(i).lots) - position(i).cost }

  func initialMargin(_ i: Int) -> Int64 {
    let open = engine.openOrders(instruments[i].index)
    func lots(_ side: Side) -> Int64 {
      open.filter { $0.request.side == side }.reduce(0) { $0 + $1.remaining.lots }
    }
    let worst = max(abs(position(i).lots + lots(.buy)), abs(position(i).lots - lots(.sell)))
    return worst == 0 ? 0 : engine.models.contracts[i].margin.initial(Amount(units: abs(value(i, worst)))).units
  }

  /// What the venue would lend a new order: wallet and unrealised profit without margin in use, at most the wallet.
  var spare: Int64 {
    min(wallet, instruments.indices.reduce(wallet) { $0 + unrealised($1) - initialMargin($1) })
  }
}
