// The `exchangeInfo` reply: the instruments' trading rules as Binance's filters.

import Market
import Simulation

/// - Parameters:
///   - limits: the definitions of the rate limits, JSON.
///   - time: now, in the client's unit.
func exchangeInfoText(_ instruments: [Instrument], limits: String, time: Int64) -> String {
  #"{"timezone":"UTC","serverTime":\#(time),"rateLimits":\#(limits),"exchangeFilters":[],"#
    + #""symbols":[\#(instruments.compactMap(symbolText).joined(separator: ","))]}"#
}

private func symbolText(_ instrument: Instrument) -> String? {
  guard let scale = MoneyScale(instrument) else { return nil }
  let (symbol, base, quote) = (instrument.symbol.text, instrument.base.text, instrument.quote.text)
  let tick = scale.text(Price(ticks: 1))
  let lot = scale.text(Quantity(lots: 1))
  let filters = [
    #"{"filterType":"PRICE_FILTER","minPrice":"\#(scale.text(instrument.minimumPrice))","#
      + #""maxPrice":"\#(scale.text(instrument.maximumPrice))","tickSize":"\#(tick)"}"#,
    #"{"filterType":"LOT_SIZE","minQty":"\#(scale.text(instrument.minimumQuantity))","#
      + #""maxQty":"\#(scale.text(instrument.maximumQuantity))","stepSize":"\#(lot)"}"#,
    #"{"filterType":"NOTIONAL","minNotional":"\#(CoinText.text(instrument.minimumNotional.units))","#
      + #""applyMinToMarket":true,"maxNotional":"\#(CoinText.text(instrument.maximumNotional.units))","#
      + #""applyMaxToMarket":true,"avgPriceMins":0}"#,
    #"{"filterType":"MAX_NUM_ORDERS","maxNumOrders":\#(MatchingEngine.maximumOpenOrders)}"#,
  ]
  return #"{"symbol":"\#(symbol)","status":"TRADING","baseAsset":"\#(base)","baseAssetPrecision":8,"#
    + #""quoteAsset":"\#(quote)","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,"#
    + #""quoteCommissionPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":false,"#
    + #""ocoAllowed":false,"otoAllowed":false,"quoteOrderQtyMarketAllowed":false,"allowTrailingStop":false,"#
    + #""cancelReplaceAllowed":false,"amendAllowed":true,"isSpotTradingAllowed":true,"#
    + #""isMarginTradingAllowed":false,"filters":[\#(filters.joined(separator: ","))],"permissions":[],"#
    + #""permissionSets":[["SPOT"]],"defaultSelfTradePreventionMode":"EXPIRE_TAKER","#
    + #""allowedSelfTradePreventionModes":["EXPIRE_TAKER"]}"#
}
