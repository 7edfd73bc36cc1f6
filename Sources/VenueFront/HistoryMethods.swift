// What happened before: all orders and all trades of an account, as web-socket-api.md describes "Account order history"
// and "Account trade history".

import Market
import Simulation

/// The page that a history request asks for.
private struct HistoryPage {
  private static let dayNs: Int64 = 86_400_000_000_000
  private static let defaultLimit: UInt64 = 500
  private static let maximumLimit: UInt64 = 1_000

  var limit: Int
  var from: UInt64?
  var start: RequestTime?
  var end: RequestTime?

  /// - Parameter fromName: the parameter that names the first identifier wanted.
  init(_ parameters: Parameters, fromName: String) throws(APIError) {
    limit = Int(min(try parameters.unsigned("limit") ?? Self.defaultLimit, Self.maximumLimit))
    from = try parameters.unsigned(fromName)
    start = try parameters.time("startTime")
    end = try parameters.time("endTime")
    if from != nil, start != nil || end != nil { throw .illegalCombination }
    if let start, let end, end.ns - start.ns > Self.dayNs { throw .tooManyHours }
  }

  func holds(timeNs: Int64) -> Bool {
    if let start, timeNs < start.ns { return false }
    // Up to the end of the unit that it names.
    if let end, end.unit.roundedDown(timeNs) > end.ns { return false }
    return true
  }

  /// The oldest ones where a beginning is named, the youngest ones otherwise; ascending either way.
  func cut<Element>(_ all: [Element]) -> ArraySlice<Element> {
    from != nil || start != nil ? all.prefix(limit) : all.suffix(limit)
  }
}

extension Exchange {
  func allOrdersText(_ parameters: Parameters, _ unit: TimeUnit) throws(APIError) -> String {
    let instrument = try requireInstrument(parameters).index
    let page = try HistoryPage(parameters, fromName: "orderId")
    let found = engine.orders.filter {
      $0.request.instrument == instrument && $0.id >= page.from ?? 0 && page.holds(timeNs: $0.createdNs)
    }
    return "[" + page.cut(found).map { named($0, unit).queriedText }.joined(separator: ",") + "]"
  }

  func myTradesText(_ parameters: Parameters, _ unit: TimeUnit) throws(APIError) -> String {
    let instrument = try requireInstrument(parameters)
    let page = try HistoryPage(parameters, fromName: "fromId")
    let order = try parameters.unsigned("orderId")
    let found = engine.fills.filter {
      $0.instrument == instrument.index && $0.tradeId >= page.from ?? 0 && $0.orderId == order ?? $0.orderId
        && page.holds(timeNs: $0.timeNs)
    }
    let (symbol, scale) = (instrument.symbol.text, scale(instrument))
    return "["
      + page.cut(found).map { tradeText($0, symbol: symbol, scale: scale, unit) }.joined(separator: ",") + "]"
  }
}
