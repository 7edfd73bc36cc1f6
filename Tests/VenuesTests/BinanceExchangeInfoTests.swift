import Foundation
import Market
import Testing
import Venues

/// Trading rules from exchangeInfo, and the names of what is missing.
struct BinanceExchangeInfoTests {
  private static let filters =
    #"{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},"#
    + #"{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},"#
    + #"{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000"}"#

  private func body(_ filters: String = Self.filters, status: String = "TRADING") -> [UInt8] {
    Array(
      (#"{"timezone":"UTC","rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},"#
        + #"{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":12000}],"symbols":[{"#
        + #""symbol":"ETHBTC","status":"BREAK"},{"symbol":"BTCUSDT","status":"\#(status)","baseAsset":"BTC","#
        + #""quoteAsset":"USDT","filters":[\#(filters)]}]}"#).utf8)
  }

  private func read(_ body: [UInt8], _ symbols: [String] = ["BTCUSDT"]) throws(ExchangeInfoError) -> [Instrument] {
    try BinanceExchangeInfo.instruments(body, symbols: symbols, venue: VenueIndex(2), firstIndex: 4)
  }

  @Test func rulesBecomeTicksAndLots() throws {
    let instrument = try #require(try read(body()).first)
    #expect(instrument.index == InstrumentIndex(4) && instrument.venue == VenueIndex(2))
    #expect(instrument.symbol.text == "BTCUSDT" && instrument.base.text == "BTC" && instrument.quote.text == "USDT")
    #expect(instrument.tick == DecimalStep(mantissa: 1, exponent: -2))
    #expect(instrument.lot == DecimalStep(mantissa: 1, exponent: -5))
    #expect(instrument.minimumPrice.ticks == 1 && instrument.maximumPrice.ticks == 100_000_000)
    #expect(instrument.minimumQuantity.lots == 1 && instrument.maximumQuantity.lots == 900_000_000)
    #expect(instrument.minimumNotional.units == 5_0000_0000 && instrument.maximumNotional.units == 9_000_000_0000_0000)
  }

  @Test func stepsOtherThanPowersOfTenAreKept() throws {
    let filters = Self.filters.replacing("\"tickSize\":\"0.01000000\"", with: "\"tickSize\":\"0.25000000\"")
      .replacing("\"minPrice\":\"0.01000000\"", with: "\"minPrice\":\"0.25000000\"")
    #expect(try read(body(filters)).first?.tick == DecimalStep(mantissa: 25, exponent: -2))
  }

  @Test func theOlderNotionalFilterHasNoUpperBound() throws {
    let filters = Self.filters.replacing("\"filterType\":\"NOTIONAL\"", with: "\"filterType\":\"MIN_NOTIONAL\"")
    #expect(try read(body(filters)).first?.maximumNotional.units == .max)
  }

  @Test func everyErrorNamesSymbolAndField() {
    let broken: [([UInt8], [String], ExchangeInfoError)] = [
      (body(), ["DOGEUSDT"], .unknownSymbol("DOGEUSDT")),
      (body(), ["ETHBTC"], .notTrading(symbol: "ETHBTC", status: "BREAK")),
      (body(status: "HALT"), ["BTCUSDT"], .notTrading(symbol: "BTCUSDT", status: "HALT")),
      (
        body(Self.filters.replacing("PRICE_FILTER", with: "OTHER")), ["BTCUSDT"],
        .missing(symbol: "BTCUSDT", field: "PRICE_FILTER")
      ),
      (
        body(Self.filters.replacing("LOT_SIZE", with: "OTHER")), ["BTCUSDT"],
        .missing(symbol: "BTCUSDT", field: "LOT_SIZE")
      ),
      (
        body(Self.filters.replacing("\"NOTIONAL\"", with: "\"OTHER\"")), ["BTCUSDT"],
        .missing(symbol: "BTCUSDT", field: "NOTIONAL or MIN_NOTIONAL")
      ),
      (
        body(Self.filters.replacing("\"stepSize\"", with: "\"stepsize\"")), ["BTCUSDT"],
        .missing(symbol: "BTCUSDT", field: "stepSize")
      ),
      (
        body(Self.filters.replacing("\"tickSize\":\"0.01000000\"", with: "\"tickSize\":\"0\"")), ["BTCUSDT"],
        .unusable(symbol: "BTCUSDT", field: "PRICE_FILTER.tickSize", value: "0")
      ),
      (
        body(Self.filters.replacing("9000.00000000", with: "9e3")), ["BTCUSDT"],
        .unusable(symbol: "BTCUSDT", field: "maxQty", value: "9e3")
      ),
    ]
    for (body, symbols, expected) in broken {
      #expect(throws: expected) { try read(body, symbols) }
    }
    #expect(throws: ExchangeInfoError.self) { try read(Array("{".utf8)) }
  }

  @Test func aModeOfSelfTradePreventionHasToBeAllowed() throws {
    func body(_ modes: String) -> [UInt8] { Array(#"{"symbols":[{"symbol":"BTCUSDT"\#(modes)}]}"#.utf8) }
    let field = "allowedSelfTradePreventionModes"
    let two = body(#","allowedSelfTradePreventionModes":["EXPIRE_TAKER","EXPIRE_MAKER"]"#)
    try BinanceExchangeInfo.check(two, symbols: ["BTCUSDT"], allow: .expireMaker)
    #expect(throws: ExchangeInfoError.unusable(symbol: "BTCUSDT", field: field, value: "DECREMENT")) {
      try BinanceExchangeInfo.check(two, symbols: ["BTCUSDT"], allow: .decrement)
    }
    #expect(throws: ExchangeInfoError.missing(symbol: "BTCUSDT", field: field)) {
      try BinanceExchangeInfo.check(body(""), symbols: ["BTCUSDT"], allow: .expireMaker)
    }
    #expect(throws: ExchangeInfoError.unknownSymbol("ETHUSDT")) {
      try BinanceExchangeInfo.check(two, symbols: ["ETHUSDT"], allow: .expireMaker)
    }
  }
}
