// What happened before: all orders and all trades of an account, as web-socket-api.md describes "Account order history"
// and "Account trade history".

import Market
import Simulation

/// The page that a history request asks for.
private struct HistoryPage {
  private static let dayMs: UInt64 = 86_400_000
  private static let defaultLimit: UInt64 = 500
  private static let maximumLimit: UInt64 = 1_000

  var limit: Int
  var from: UInt64?
  var startMs: UInt64?
  var endMs: UInt64?

  /// - Parameter fromName: the parameter that names the first identifier wanted.
  init(_ parameters: Parameters, fromName: String) throws(APIError) {
    limit = Int(min(try parameters.unsigned("limit") ?? Self.defaultLimit, Self.maximumLimit))
    from = try parameters.unsigned(fromName)
    startMs = try parameters.unsigned("startTime")
    endMs = try parameters.unsigned("endTime")
    if from != nil, startMs != nil || endMs != nil { throw .illegalCombination }
    if let startMs, let endMs, endMs > startMs, endMs - startMs > Self.dayMs { throw .tooManyHours }
  }

  func holds(timeNs: Int64) -> Bool {
    let ms = UInt64(timeNs / 1_000_000)
    return ms >= startMs ?? 0 && ms <= endMs ?? .max
  }

  /// The oldest ones where a beginning is named, the youngest ones otherwise; ascending either way.
  func cut<Element>(_ all: [Element]) -> ArraySlice<Element> {
    from != nil || startMs != nil ? all.prefix(limit) : all.suffix(limit)
  }
}

extension Exchange {
  func allOrdersText(_ parameters: Parameters) throws(APIError) -> String {
    let instrument = try requireInstrument(parameters).index
    let page = try HistoryPage(parameters, fromName: "orderId")
    let found = engine.orders.filter {
      $0.request.instrument == instrument && $0.id >= page.from ?? 0 && page.holds(timeNs: $0.createdNs)
    }
    return "[" + page.cut(found).map { named($0).queriedText }.joined(separator: ",") + "]"
  }

  func myTradesText(_ parameters: Parameters) throws(APIError) -> String {
    let instrument = try requireInstrument(parameters)
    let page = try HistoryPage(parameters, fromName: "fromId")
    let order = try parameters.unsigned("orderId")
    let found = engine.fills.filter {
      $0.instrument == instrument.index && $0.tradeId >= page.from ?? 0 && $0.orderId == order ?? $0.orderId
        && page.holds(timeNs: $0.timeNs)
    }
    let (symbol, scale) = (instrument.symbol.text, scale(instrument))
    return "[" + page.cut(found).map { tradeText($0, symbol: symbol, scale: scale) }.joined(separator: ",") + "]"
  }
}
