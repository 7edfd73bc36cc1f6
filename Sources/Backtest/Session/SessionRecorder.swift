// What a backtest's session tells its recorder: touches, trades, fills, and each order's life, seen from both ends.

import Market
import Risk
import Simulation

/// Turns what passes through a session into the calls of a `ResultRecorder`, in the order in which it happens. One
/// thread.
public final class SessionRecorder {
  /// Nil once the result is made.
  private var recorder: ResultRecorder?
  /// The terms of orders that have not ended at the venue.
  private var open: [ClientOrderIdentifier: ApprovedOrderRecord] = [:]
  /// The number of the last fill that was told, by venue.
  private var lastTrades: [UInt64]
  /// Best bid and ask as last told, by instrument.
  private var touches: [(bid: Price, ask: Price)]

  public init(_ recorder: ResultRecorder) {
    self.recorder = recorder
    let venues = recorder.instruments.map { Int($0.venue.rawValue) + 1 }.max() ?? 0
    lastTrades = Array(repeating: 0, count: venues)
    touches = recorder.instruments.map { _ in (Price(ticks: 0), Price(ticks: 0)) }
  }

  /// Makes the result; what happens afterwards is not recorded.
  func end(refusals: [RefusalCount], timeNs: Int64) -> BacktestResult {
    guard let recorder else { preconditionFailure("a session is finished once") }
    self.recorder = nil
    recorder.refusals = refusals
    return recorder.end(timeNs: timeNs)
  }

  /// The market moved at the venue.
  ///
  /// - Parameter touch: of the recording: a position is not worth more because its buying moved the quotes.
  func moved(
    _ message: MarketMessage, _ instrument: InstrumentIndex, _ touch: (bid: Price?, ask: Price?), timeNs: Int64
  ) {
    if case .trade(let trade, _, _) = message {
      recorder?.marketTrade(instrument, price: trade.price, quantity: trade.quantity, timeNs: timeNs)
    }
    let i = Int(instrument.rawValue)
    let (bid, ask) = (touch.bid ?? Price(ticks: 0), touch.ask ?? Price(ticks: 0))
    guard bid != touches[i].bid || ask != touches[i].ask else { return }
    touches[i] = (bid, ask)
    recorder?.touch(instrument, bid: bid, ask: ask, timeNs: timeNs)
  }

  /// The bot decided on an order.
  func placed(_ terms: ApprovedOrderRecord, timeNs: Int64) {
    open[terms.clientOrder] = terms
    tell(.placed, terms, timeNs: timeNs)
  }

  /// The bot asked the venue for something.
  func asked(_ request: GatewayRequest, timeNs: Int64) {
    switch request.kind {
    case .cancel:
      if let terms = open[request.clientOrder] { tell(.cancelRequested, terms, timeNs: timeNs) }
    case .cancelAll:
      let meant = open.values.filter { $0.instrument == request.instrument }
      for terms in meant.sorted(by: { $0.clientOrder.rawValue < $1.clientOrder.rawValue }) {
        tell(.cancelRequested, terms, timeNs: timeNs)
      }
    case .queryStatus, .queryBalances, .queryOpenOrders, .queryTrades: break
    }
  }

  /// A request reached the venue.
  func arrived(_ request: VenueRequest, timeNs: Int64) {
    if case .order(let terms) = request, terms.action == .place { tell(.arrived, terms, timeNs: timeNs) }
  }

  /// The venue said something, or the gateway in its stead: at the time at which it happened.
  ///
  /// - Parameter feeTier: of a fill.
  func happened(_ report: ExecutionReport, feeTier: UInt8 = 0, timeNs: Int64) {
    switch report.kind {
    // Lists tell again what was told.
    case .fill where report.trade > lastTrades[Int(report.venue.rawValue)]:
      lastTrades[Int(report.venue.rawValue)] = report.trade
      recorder?.fill(BacktestFill(report, feeTier: feeTier, timeNs: timeNs))
    case .funding: recorder?.funding(report.instrument, report.amount, timeNs: timeNs)
    case .insurance: recorder?.insurance(report.instrument, report.amount, timeNs: timeNs)
    default: break
    }
    guard let terms = open[report.clientOrder] else { return }
    switch report.kind {
    case .fill where report.orderState == .filled: end(.filled, terms, timeNs: timeNs)
    case .canceled: end(.canceled, terms, timeNs: timeNs)
    case .expired: end(.expired, terms, timeNs: timeNs)
    case .rejected, .notSent: end(.rejected, terms, timeNs: timeNs)
    case .amended, .acknowledged, .cancelRejected, .unknown, .status, .balance, .sessionUp, .sessionDown,
      .openOrdersListed, .tradesListed, .listFailed, .amendRejected, .prevented, .funding, .insurance, .fill:
      break
    }
  }

  /// The bot learned of something. An order may have ended at the venue by then, but its acknowledgement is news.
  func heard(_ report: ExecutionReport, timeNs: Int64) {
    guard report.kind == .acknowledged else { return }
    let limit = open[report.clientOrder]?.price ?? Price(ticks: 0)
    recorder?.order(
      OrderEvent(
        .acknowledged, timeNs: timeNs, instrument: report.instrument, order: report.clientOrder, side: report.side,
        price: limit, quantity: open[report.clientOrder]?.quantity ?? .zero))
  }

  private func end(_ kind: OrderEventKind, _ terms: ApprovedOrderRecord, timeNs: Int64) {
    open[terms.clientOrder] = nil
    tell(kind, terms, timeNs: timeNs)
  }

  private func tell(_ kind: OrderEventKind, _ terms: ApprovedOrderRecord, timeNs: Int64) {
    recorder?.order(
      OrderEvent(
        kind, timeNs: timeNs, instrument: terms.instrument, order: terms.clientOrder, side: terms.side,
        price: terms.type == .market ? Price(ticks: 0) : terms.price, quantity: terms.quantity))
  }
}

extension BacktestFill {
  /// The fill of a venue's report.
  init(_ report: ExecutionReport, feeTier: UInt8, timeNs: Int64) {
    self.init(
      timeNs: timeNs, instrument: report.instrument, order: report.clientOrder, side: report.side,
      isMaker: report.isMaker, feeTier: feeTier, price: report.price, quantity: report.quantity,
      notional: report.quoteAmount,
      fee: report.amount, feeAsset: report.asset)
  }
}
