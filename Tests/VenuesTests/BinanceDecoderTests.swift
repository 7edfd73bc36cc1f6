import Foundation
import Market
import Support
import Testing
import Venues

/// The market decoder: documented shapes, any order of fields, and what it refuses.
struct BinanceDecoderTests {
  private func decode(_ text: String) -> (BinanceDecodeError, BinanceMarketMessage, [BookLevel], Int) {
    var decoder = BinanceMarketDecoder(BinanceInstruments([BinanceFeedTests.btc]))
    let error = Array(text.utf8).withUnsafeBytes { decoder.decode($0) }
    let levels = (0..<decoder.bidCount + decoder.askCount).map { decoder.levels[$0] }
    return (error, decoder.message, levels, decoder.bidCount)
  }

  private func level(_ ticks: Int64, _ lots: Int64) -> BookLevel {
    BookLevel(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
  }

  @Test(arguments: [
    #"{"e":"depthUpdate","E":5,"s":"BTCUSDT","U":157,"u":160,"b":[["0.24","10"]],"a":[["0.26","100.5"],["1","0"]]}"#,
    #"{"a":[["0.26","100.5"],["1","0",[]]],"b":[["0.24","10"]],"u":160,"U":157,"s":"BTCUSDT","E":5,"e":"depthUpdate"}"#,
    #"{"data":{"b":[["0.24","10"]],"s":"BTCUSDT","new":{"x":[1,{}]},"a":[["0.26","100.5"],["1","0"]],"U":157,"E":5,"#
      + #""e":"depthUpdate","u":160},"stream":"btcusdt@depth"}"#,
    #" { "stream" : "btcusdt@depth" , "data" : {"e":"depthUpdate","E":5,"s":"BTCUSDT","U":157,"u":160,"#
      + #""a":[ [ "0.26" , "100.5" ] ,["1","0"]],"b":[["0.24","10"]]} }"#,
  ])
  func aDiffReadsTheSameInAnyOrder(_ text: String) {
    let (error, message, levels, bids) = decode(text)
    #expect(error == .none && message.kind == .depth && message.instrument == 0)
    #expect(message.firstSequence == 157 && message.lastSequence == 160 && message.eventTimeNs == 5_000_000)
    #expect(levels == [level(24, 1_000_000), level(26, 10_050_000), level(100, 0)] && bids == 1)
  }

  @Test func aTickerHasNoNameAndNoTime() {
    let (error, message, _, _) = decode(
      #"{"u":400900217,"s":"BTCUSDT","b":"25.35","B":"31.21","a":"25.36","A":"40.6"}"#)
    #expect(error == .none && message.kind == .bookTicker && message.lastSequence == 400_900_217)
    #expect(message.bid == level(2535, 3_121_000) && message.ask == level(2536, 4_060_000))
    #expect(message.eventTimeNs == 0)
  }

  @Test(arguments: ["", #","b":88,"a":50"#])
  func aTradeReadsWithAndWithoutOrderIds(_ extra: String) {
    let (error, message, _, _) = decode(BinanceText.trade(12345, extra: extra))
    #expect(error == .none && message.kind == .trade && message.takerSide == .buy && message.lastSequence == 12345)
    #expect(message.bid == level(10010, 50_000))
  }

  @Test func otherMessagesAreKnownForWhatTheyAre() {
    #expect(decode(#"{"result":null,"id":1}"#).1.kind == .reply)
    #expect(decode(#"{"id":1,"result":["btcusdt@aggTrade"]}"#).1.requestIdentifier == 1)
    #expect(decode(#"{"code":2,"msg":"Invalid request: x","id":4}"#).1.code == 2)
    #expect(decode(#"{"error":{"msg":"x","code":3},"id":4}"#).1.kind == .replyError)
    #expect(decode(#"{"e":"serverShutdown","E":1770123456789}"#).1.kind == .serverShutdown)
    #expect(decode(#"{"stream":"x","data":{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1,"o":"1"}}}"#).1.kind == .other)
  }

  @Test(arguments: [
    ("", BinanceDecodeError.malformed), ("[]", .malformed), ("{}", .missingField),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1","q":"1","m":true}"#, .missingField),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"t":2,"p":"1","q":"1","T":1,"m":true}"#, .duplicateField),
    (#"{"e":"trade","E":1,"s":"ETHUSDT","t":1,"p":"1","q":"1","T":1,"m":true}"#, .unknownSymbol),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1e2","q":"1","T":1,"m":true}"#, .badDecimal),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"-1","q":"1","T":1,"m":true}"#, .badDecimal),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1.001","q":"1","T":1,"m":true}"#, .offGrid),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1","q":"0.000000001","T":1,"m":true}"#, .badDecimal),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":-1,"p":"1","q":"1","T":1,"m":true}"#, .malformed),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1.5,"p":"1","q":"1","T":1,"m":true}"#, .malformed),
    (#"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":1,"q":"1","T":1,"m":true}"#, .malformed),
    (#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":5,"u":4,"b":[],"a":[]}"#, .badSequence),
    (#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":4,"u":4,"b":[["1"]],"a":[]}"#, .badDecimal),
    (#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":4,"u":4,"b":"1","a":[]}"#, .missingField),
    (#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":4,"u":4,"b":[],"a":[]}x"#, .malformed),
    (#"{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"1"}"#, .missingField),
  ])
  func namesWhatIsWrong(_ text: String, _ expected: BinanceDecodeError) { #expect(decode(text).0 == expected) }

  @Test func aDiffBeyondTheBoundIsRefused() {
    let levels = Array(repeating: #"["1.00","1"]"#, count: BinanceLimits.levelsPerDiff).joined(separator: ",")
    #expect(decode(BinanceText.diff(1, 1, bids: levels)).0 == .none)
    #expect(decode(BinanceText.diff(1, 1, bids: levels, asks: #"["2","1"]"#)).0 == .tooManyLevels)
  }

  @Test(arguments: [("0.000001", 1), ("0.0000199", 1), ("1.23456789", 123_456), ("0.00000000", 0), ("0", 0)])
  func quantitiesBetweenLotsAreCutAndNeverVanish(_ quantity: String, _ lots: Int64) {
    let (error, _, levels, _) = decode(BinanceText.diff(1, 1, bids: #"["1","\#(quantity)"]"#))
    #expect(error == .none && levels == [level(100, lots)])
  }

  @Test func hugeTimesStayInRange() {
    let text = #"{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1","q":"1","T":9223372036854775807,"m":true}"#
    #expect(decode(text).1.eventTimeNs == .max)
  }
}

/// Every recorded message, field by field, against a reader that shares nothing with the decoder.
@Suite(.enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
struct RecordedDecoderTests {
  @Test(arguments: ["BTC", "ETH"])
  func everyRecordedMessageReadsAsFoundationReadsIt(_ asset: String) throws {
    let market = asset == "BTC" ? RecordedMarket.btc : .eth
    // The finest quantity that was recorded, so that every one is exact.
    let lotDecimals = asset == "BTC" ? 6 : 5
    var decoder = BinanceMarketDecoder(
      BinanceInstruments([.test(asset + "USDT", base: asset, lotDecimals: Int8(lotDecimals))]))
    var counts: [BinanceMessageKind: Int] = [:]
    for line in market.lines where !line.isSnapshot {
      #expect(line.text.withUnsafeBytes { decoder.decode($0) } == .none)
      let message = decoder.message
      counts[message.kind, default: 0] += 1
      let root = try JSONSerialization.jsonObject(with: Data(line.text)) as! [String: Any]
      let data = root["data"] as! [String: Any]
      switch message.kind {
      case .depth:
        let levels = (0..<decoder.bidCount + decoder.askCount).map { decoder.levels[$0] }
        let isEqual =
          message.firstSequence == data["U"] as? UInt64 && message.lastSequence == data["u"] as? UInt64
          && message.eventTimeNs == (data["E"] as! Int64) * 1_000_000
          && Array(levels[..<decoder.bidCount]) == side(data["b"], lotDecimals)
          && Array(levels[decoder.bidCount...]) == side(data["a"], lotDecimals)
        #expect(isEqual)
      case .bookTicker:
        let isEqual =
          message.lastSequence == data["u"] as? UInt64 && message.bid == level(data["b"], data["B"], lotDecimals)
          && message.ask == level(data["a"], data["A"], lotDecimals)
        #expect(isEqual)
      case .trade:
        let isEqual =
          message.lastSequence == data["t"] as? UInt64 && message.bid == level(data["p"], data["q"], lotDecimals)
          && message.eventTimeNs == (data["T"] as! Int64) * 1_000_000
          && (message.takerSide == .sell) == (data["m"] as! Bool)
        #expect(isEqual)
      default: Issue.record("an unexpected kind: \(message.kind)")
      }
    }
    let expected: [BinanceMessageKind: Int] =
      asset == "BTC"
      ? [.depth: 6495, .bookTicker: 73174, .trade: 19904] : [.depth: 6470, .bookTicker: 58758, .trade: 14515]
    #expect(counts == expected)
  }

  private func side(_ levels: Any?, _ lotDecimals: Int) -> [BookLevel] {
    (levels as! [[String]]).map { level($0[0], $0[1], lotDecimals) }
  }

  private func level(_ price: Any?, _ quantity: Any?, _ lotDecimals: Int) -> BookLevel {
    BookLevel(price: Price(ticks: steps(price, 2)), quantity: Quantity(lots: steps(quantity, lotDecimals)))
  }

  /// Recorded numbers have 8 decimals: the text without its point, cut after the wanted ones.
  private func steps(_ text: Any?, _ decimals: Int) -> Int64 {
    let parts = (text as! String).split(separator: ".")
    precondition(parts[1].count == 8 && parts[1].dropFirst(decimals).allSatisfy { $0 == "0" })
    return Int64(parts[0] + parts[1].prefix(decimals))!
  }
}

/// Hostile bytes: an error or a valid message, never a trap.
struct BinanceDecoderFuzzTests {
  static let seeds: [String] = [
    BinanceText.diff(
      157, 160, symbol: "BTCUSDT", bids: #"["0.24","10"],["0.20","0.00000000"]"#, asks: #"["0.26","100.5"]"#),
    BinanceText.ticker(400_900_217), BinanceText.trade(12345, extra: #","b":88,"a":50"#), #"{"result":null,"id":1}"#,
    #"{"code":2,"msg":"Invalid request","id":4}"#, #"{"e":"serverShutdown","E":1770123456789}"#,
  ]

  @Test(arguments: 0..<seeds.count)
  func mutatedMessagesNeverTrap(_ seed: Int) {
    var random = SeededRandom(UInt64(seed))
    var decoder = BinanceMarketDecoder(BinanceInstruments([BinanceFeedTests.btc]))
    var accepted = 0
    for _ in 0..<Fuzz.rounds {
      let text = Fuzz.mutate(Array(Self.seeds[seed].utf8), &random)
      guard text.withUnsafeBytes({ decoder.decode($0) }) == .none else { continue }
      accepted += 1
      let message = decoder.message
      let isMarket = message.kind == .depth || message.kind == .bookTicker || message.kind == .trade
      #expect(!isMarket || message.instrument == 0)
      #expect(message.firstSequence <= message.lastSequence)
      for i in 0..<decoder.bidCount + decoder.askCount {
        #expect(decoder.levels[i].price.ticks >= 0 && decoder.levels[i].quantity.lots >= 0)
      }
    }
    #expect(accepted > 0 && accepted < Fuzz.rounds)
  }

  @Test func mutatedSnapshotsNeverTrap() {
    var random = SeededRandom(99)
    let pool = SnapshotPool(buffers: 1, levelsPerSide: 8)
    let buffer = pool.acquire()!
    var accepted = 0
    for _ in 0..<Fuzz.rounds {
      let text = Fuzz.mutate(Array(BinanceText.snapshot(100).utf8), &random)
      pool.bids(buffer).removeAll()
      pool.asks(buffer).removeAll()
      var snapshot = BinanceSnapshot()
      let error = text.withUnsafeBytes {
        snapshot.decode($0, BinanceFeedTests.btc, bids: pool.bids(buffer), asks: pool.asks(buffer))
      }
      if error == .none { accepted += 1 }
    }
    #expect(accepted > 0 && accepted < Fuzz.rounds)
  }
}
