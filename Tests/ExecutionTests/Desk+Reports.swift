// What the venue of these tests says: reports with the fields that each kind has.

import Market
import Risk

extension Desk {
  static func fill(
    _ order: ClientOrderIdentifier, _ side: Side, trade: UInt64, _ ticks: Int64, _ lots: Int64, _ fee: Int64,
    _ feeAsset: String
  ) -> ExecutionReport {
    var report = message(.fill, order)
    report.side = side
    report.trade = trade
    report.price = Price(ticks: ticks)
    report.quantity = Quantity(lots: lots)
    report.quoteAmount = Amount(units: ticks * lots * 10)
    report.amount = Amount(units: fee)
    report.asset = ShortName(feeAsset)!
    return report
  }

  static func message(
    _ kind: ReportKind, _ order: ClientOrderIdentifier, reason: ReportReason = .none
  ) -> ExecutionReport {
    var report = ExecutionReport(
      kind: kind, venue: VenueIndex(0), clientOrder: order, receiveTimeNs: 0, cause: 2)
    report.reason = reason
    report.venueOrder = order.rawValue  // a venue's own number: any that is the order's alone
    return report
  }

  static func amendment(_ order: ClientOrderIdentifier, lots: Int64) -> ExecutionReport {
    var report = message(.amended, order)
    report.quantity = Quantity(lots: lots)
    return report
  }

  static func status(_ order: ClientOrderIdentifier, _ state: VenueOrderState, lots: Int64, value: Int64)
    -> ExecutionReport
  {
    var report = message(.status, order)
    report.orderState = state
    report.cumulativeQuantity = Quantity(lots: lots)
    report.quoteAmount = Amount(units: value)
    return report
  }

  /// The end of a list of so many.
  static func end(_ kind: ReportKind, of request: GatewayRequest, _ count: Int) -> ExecutionReport {
    var end = message(kind, .none)
    end.instrument = request.instrument
    end.trade = UInt64(count)
    return end
  }
}
