// Binance's messages: market data, snapshots and trading rules.

import Market
import Simulation
import Venues

/// Bitcoin on Binance, as recorded.
let bitcoin = Instrument(
  index: InstrumentIndex(0), venue: VenueIndex(3), symbol: ShortName("BTCUSDT")!, base: ShortName("BTC")!,
  quote: ShortName("USDT")!, settlement: ShortName("USDT")!, tick: DecimalStep(mantissa: 1, exponent: -2),
  lot: DecimalStep(mantissa: 1, exponent: -5), minimumPrice: Price(ticks: 1), maximumPrice: Price(ticks: 100_000_000),
  minimumQuantity: Quantity(lots: 1), maximumQuantity: Quantity(lots: 900_000_000),
  minimumNotional: Amount(units: 5_0000_0000), maximumNotional: Amount(units: 900_000_0000_0000))

/// Market messages: what is accepted lies on the grid and within its bounds.
final class MarketTarget: FuzzTarget {
  let name = "market"
  let seeds: [[UInt8]]
  private var decoder = BinanceMarketDecoder(BinanceInstruments([bitcoin]))

  init(_ recorded: Recordings) {
    let texts = [
      #"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["0.01","0.00001"]],"a":[["1000000.00","0"]]}"#,
      #"{"u":400900217,"s":"BTCUSDT","b":"25.35","B":"31.21000000","a":"25.36","A":"40.66000000"}"#,
      #"{"e":"trade","E":1,"s":"BTCUSDT","t":12345,"p":"0.01","q":"100","T":1,"m":true,"M":true}"#,
      #"{"e":"serverShutdown","E":1}"#, #"{"result":null,"id":1}"#, #"{"error":{"code":2,"msg":"x"},"id":null}"#,
    ]
    seeds = texts.map { Array($0.utf8) } + recorded.messages
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    let error = decoder.decode(bytes)
    let (sequence, touch) = (decoder.message.lastSequence, decoder.message.bid)
    let counts = (decoder.bidCount, decoder.askCount)
    // Vectors or not, a message says the same.
    require(decoder.decodeAnyForm(bytes) == error, "another error by the general way")
    guard error == .none else { return }
    require(decoder.message.lastSequence == sequence && decoder.message.bid == touch, "another message")
    require((decoder.bidCount, decoder.askCount) == counts, "other levels")
    let count = decoder.bidCount + decoder.askCount
    require(count <= BinanceLimits.levelsPerDiff, "more levels than there is room for")
    for i in 0..<count { require(decoder.levels[i].quantity.lots >= 0, "a negative quantity") }
  }
}

/// SBE events: what is accepted lies within its bounds, and every trade of an event that is accepted is read.
final class SBETarget: FuzzTarget {
  let name = "sbe"
  let seeds: [[UInt8]]
  private var decoder = BinanceMarketDecoder(BinanceInstruments([bitcoin]))

  init(_ recorded: Recordings) {
    let texts = [
      #"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["0.01","0.00001"]],"a":[["1000000.00","0"]]}"#,
      #"{"u":400900217,"s":"BTCUSDT","b":"25.35","B":"31.21000000","a":"25.36","A":"40.66000000"}"#,
      #"{"e":"trade","E":1,"s":"BTCUSDT","t":12345,"p":"0.01","q":"100","T":1,"m":true,"M":true}"#,
    ].map { Array($0.utf8) }
    let payloads = (texts + recorded.messages).compactMap { JSONValue(parsing: $0) }.map { $0["data"] ?? $0 }
    seeds = payloads.compactMap { SBEEvent($0, timeNs: 1)?.bytes } + [Array(#"{"result":null,"id":1}"#.utf8)]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    guard decoder.decodeSBE(bytes) == .none else {
      return require(!decoder.nextTrade(), "a trade of a message that was refused")
    }
    let count = decoder.bidCount + decoder.askCount
    require(count <= BinanceLimits.levelsPerDiff, "more levels than there is room for")
    for i in 0..<count {
      require(decoder.levels[i].price.ticks >= 0 && decoder.levels[i].quantity.lots >= 0, "a negative level")
    }
    let kind = decoder.message.kind
    var trades = 1
    while decoder.nextTrade() {
      trades += 1
      require(kind == .trade && decoder.message.bid.quantity.lots >= 0, "a negative quantity")
    }
    require(trades * 25 <= max(25, bytes.count), "more trades than the bytes have")
    require(decoder.message.firstSequence <= decoder.message.lastSequence, "a sequence that runs back")
  }
}

/// Snapshots into a buffer of fifty levels a side.
final class SnapshotTarget: FuzzTarget {
  let name = "snapshot"
  let seeds: [[UInt8]]
  private let pool = SnapshotPool(buffers: 1, levelsPerSide: 50)
  private let handle: Int

  init(_ recorded: Recordings) {
    let texts = [
      #"{"lastUpdateId":1027024,"bids":[["4.00","431.00000"]],"asks":[["4.01","12.00000"],["4.02","0.00001"]]}"#,
      #"{"lastUpdateId":1,"bids":[],"asks":[]}"#,
    ]
    seeds = texts.map { Array($0.utf8) } + recorded.messages.prefix(5)
    handle = pool.acquire()!
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    pool.bids(handle).removeAll()
    pool.asks(handle).removeAll()
    var snapshot = BinanceSnapshot()
    let error = snapshot.decode(bytes, bitcoin, bids: pool.bids(handle), asks: pool.asks(handle))
    if error == .none { require(pool.bids(handle).count <= 50 && pool.asks(handle).count <= 50, "too many levels") }
  }
}

/// Trading rules: what is accepted can be traded.
final class ExchangeInfoTarget: FuzzTarget {
  let name = "exchange-info"
  let seeds: [[UInt8]]

  init() {
    seeds = [
      Array(
        (#"{"timezone":"UTC","rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},"#
          + #"{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":12000}],"symbols":[{"#
          + #""symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":["#
          + #"{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},"#
          + #"{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},"#
          + #"{"filterType":"NOTIONAL","minNotional":"5.00000000","maxNotional":"9000000.00000000"}]}]}"#).utf8)
    ]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    let body = Array(bytes)
    guard let instruments = try? BinanceExchangeInfo.instruments(body, symbols: ["BTCUSDT"], venue: VenueIndex(2)),
      let instrument = instruments.first
    else { return }
    require(instrument.tick.mantissa > 0 && instrument.lot.mantissa > 0, "a grid without steps")
  }
}
