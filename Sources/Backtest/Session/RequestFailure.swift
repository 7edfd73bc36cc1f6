// What a gateway tells of a request that came to nothing, as the live gateway tells it.

import Market
import Risk

/// How a request failed.
enum RequestFailure {
  /// It never left.
  case notSent
  /// The venue answered with an error.
  case refused
  /// Its connection was lost before its answer came.
  case lost
}

extension VenueRequest {
  /// The report of a failure; nil where the live gateway says nothing: about balances, and account-wide cancels that were
  /// lost (`BinanceOrderSession`).
  func report(
    _ failure: RequestFailure, _ reason: ReportReason, code: Int32 = 0, venue: VenueIndex, timeNs: Int64
  ) -> ExecutionReport? {
    guard let kind = kind(failure) else { return nil }
    var report: ExecutionReport
    switch self {
    case .order(let terms):
      report = ExecutionReport(
        kind: kind, venue: venue, account: terms.account, instrument: terms.instrument, clientOrder: terms.clientOrder,
        receiveTimeNs: timeNs, cause: terms.cause)
      report.definitionVersion = terms.definitionVersion
      report.side = terms.side
    case .request(let request):
      report = ExecutionReport(
        kind: kind, venue: venue, instrument: request.instrument, clientOrder: request.clientOrder,
        receiveTimeNs: timeNs, cause: request.cause)
    }
    report.reason = reason
    report.venueCode = code
    return report
  }

  private func kind(_ failure: RequestFailure) -> ReportKind? {
    switch (self, failure) {
    case (.order, .lost): return .unknown
    case (.order(let terms), .notSent): return terms.action == .amend ? .amendRejected : .notSent
    case (.order(let terms), .refused): return terms.action == .amend ? .amendRejected : .rejected
    case (.request(let request), _):
      switch request.kind {
      case .cancel: return failure == .lost ? .unknown : .cancelRejected
      case .cancelAll: return failure == .lost ? nil : .cancelRejected
      case .queryStatus: return .unknown
      case .queryOpenOrders, .queryTrades: return .listFailed
      case .queryBalances: return nil
      }
    }
  }
}
