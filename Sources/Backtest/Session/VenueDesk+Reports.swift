// How the venue's desk says what happened and what there is: execution reports as a gateway makes them of the venue's texts.

import Market
import Simulation

extension VenueDesk {
  func report(
    _ kind: ReportKind, _ instrument: InstrumentIndex, _ name: ClientOrderIdentifier, cause: UInt64, timeNs: Int64
  ) -> ExecutionReport {
    let i = Int(local(instrument).rawValue)
    var report = ExecutionReport(
      kind: kind, venue: venue, instrument: instrument, clientOrder: name, receiveTimeNs: timeNs, cause: cause)
    report.venueTimeNs = timeNs
    if i < engine.instruments.count { report.definitionVersion = engine.instruments[i].definitionVersion }
    return report
  }

  /// What every description of an order carries.
  func report(_ kind: ReportKind, _ order: VenueOrder, cause: UInt64, timeNs: Int64) -> ExecutionReport {
    var report = report(kind, index(order.request.instrument), name(ofOrder: order.id), cause: cause, timeNs: timeNs)
    report.side = order.request.side
    report.venueOrder = order.id
    report.orderState = order.status.state
    report.cumulativeQuantity = order.executed
    return report
  }

  func append(_ event: VenueEvent, cause: UInt64, timeNs: Int64, to reports: inout [ExecutionReport]) {
    switch event {
    case .accepted(let order): reports.append(report(.acknowledged, order, cause: cause, timeNs: timeNs))
    case .filled(let order, let fill):
      var report = report(.fill, order, cause: cause, timeNs: timeNs)
      report.fill(fill)
      reports.append(report)
    case .canceled(let order): reports.append(report(.canceled, order, cause: cause, timeNs: timeNs))
    case .expired(let order, _): reports.append(report(.expired, order, cause: cause, timeNs: timeNs))
    case .prevented(let order, let prevention):
      var report = report(.prevented, order, cause: cause, timeNs: timeNs)
      report.reason = .selfTradePrevented
      report.quantity = prevention.quantity
      report.counterOrder = prevention.counterOrderId
      reports.append(report)
      report.kind = .expired
      report.quantity = .zero
      report.counterOrder = 0
      reports.append(report)
    case .amended(let order):
      var report = report(.amended, order, cause: cause, timeNs: timeNs)
      report.quantity = order.request.quantity
      reports.append(report)
    case .balances(let balances):
      for balance in balances { append(balance, cause: cause, timeNs: timeNs, to: &reports) }
    case .transferred(let transfer):
      let kind: ReportKind = transfer.kind == .funding ? .funding : .insurance
      var report = report(kind, index(transfer.instrument), .none, cause: cause, timeNs: timeNs)
      report.trade = transfer.number
      report.asset = transfer.asset
      report.amount = transfer.amount
      reports.append(report)
    case .liquidating: break  // told by its fills
    case .refused, .cancelRefused, .amendRefused: break  // answered where the request is known
    }
  }

  private func append(_ balance: AssetBalance, cause: UInt64, timeNs: Int64, to reports: inout [ExecutionReport]) {
    var report = report(.balance, index(InstrumentIndex(0)), .none, cause: cause, timeNs: timeNs)
    report.asset = balance.asset
    report.amount = balance.free
    report.lockedAmount = balance.locked
    reports.append(report)
  }

  /// The account: every asset of it (web-socket-api.md, "Account information").
  public func tellBalances(cause: UInt64, timeNs: Int64, reports: inout [ExecutionReport]) {
    for balance in engine.balances { append(balance, cause: cause, timeNs: timeNs, to: &reports) }
  }

  /// "Query order": one that never arrived, or was refused, is not known.
  func tellStatus(_ request: GatewayRequest, timeNs: Int64, reports: inout [ExecutionReport]) {
    guard let id = number(of: request.clientOrder), let order = engine.find(orderId: id) else {
      var report = report(.status, request.instrument, request.clientOrder, cause: request.cause, timeNs: timeNs)
      report.orderState = .notFound
      report.reason = .unknownOrder
      report.venueCode = -2013
      return reports.append(report)
    }
    reports.append(status(of: order, cause: request.cause, timeNs: timeNs))
  }

  private func status(of order: VenueOrder, cause: UInt64, timeNs: Int64) -> ExecutionReport {
    var report = report(.status, order, cause: cause, timeNs: timeNs)
    report.price = order.request.type == .market ? Price(ticks: 0) : order.request.price
    report.quantity = order.request.quantity
    report.quoteAmount = order.quoteExecuted
    return report
  }

  /// "Current open orders", oldest first.
  func tellOpenOrders(_ request: GatewayRequest, timeNs: Int64, reports: inout [ExecutionReport]) {
    let open = engine.openOrders(local(request.instrument)).sorted { $0.id < $1.id }
    for order in open { reports.append(status(of: order, cause: request.cause, timeNs: timeNs)) }
    endList(.openOrdersListed, request, open.count, timeNs, &reports)
  }

  /// "Account trade history": a page from a trade on, or the latest one.
  func tellTrades(_ request: GatewayRequest, timeNs: Int64, reports: inout [ExecutionReport]) {
    let instrument = local(request.instrument)
    var page: [VenueFill] = []
    if request.fromTrade == 0 {
      for fill in engine.fills.reversed() where fill.instrument == instrument {
        page.append(fill)
        if page.count == GatewayRequest.tradesPerPage { break }
      }
      page.reverse()
    } else {
      // A trade's number is its place in the list plus one.
      let first = min(engine.fills.count, Int(clamping: request.fromTrade - 1))
      for fill in engine.fills[first...] where fill.instrument == instrument {
        page.append(fill)
        if page.count == GatewayRequest.tradesPerPage { break }
      }
    }
    for fill in page {
      // A list of trades does not name orders: they are found by the venue's number.
      var report = report(.fill, request.instrument, .none, cause: request.cause, timeNs: timeNs)
      report.side = fill.side
      report.venueOrder = fill.orderId
      report.venueTimeNs = fill.timeNs
      report.fill(fill)
      reports.append(report)
    }
    endList(.tradesListed, request, page.count, timeNs, &reports)
  }

  private func endList(
    _ kind: ReportKind, _ request: GatewayRequest, _ count: Int, _ timeNs: Int64, _ reports: inout [ExecutionReport]
  ) {
    var end = report(kind, request.instrument, .none, cause: request.cause, timeNs: timeNs)
    end.trade = UInt64(count)
    reports.append(end)
  }
}

extension ExecutionReport {
  /// What a fill adds to the description of its order.
  fileprivate mutating func fill(_ fill: VenueFill) {
    isMaker = fill.isMaker
    trade = fill.tradeId
    price = fill.price
    quantity = fill.quantity
    quoteAmount = fill.notional
    amount = fill.commission
    asset = fill.commissionAsset
  }
}

extension OrderStatus {
  var state: VenueOrderState {
    switch self {
    case .new: .new
    case .partiallyFilled: .partiallyFilled
    case .filled: .filled
    case .canceled: .canceled
    case .expired, .expiredInMatch: .expired
    }
  }
}
