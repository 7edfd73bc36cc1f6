import Foundation
import MallocCounter
import Market
import Simulation
import Support
import Testing
import Venues

/// The SBE streams: known bytes, what a later version may append, what lies, and the same market as in JSON.
struct SBEDecoderTests {
  /// What a decoder tells of one message; a trade of several gives several.
  struct Reading: Equatable {
    var kind: BinanceMessageKind
    var numbers: [Int64]
    var levels: [BookLevel]
    var bidCount: Int
    var timeNs: Int64
  }

  private static let btc = Instrument.test("BTCUSDT", base: "BTC", lotDecimals: 5)

  private static func decoder() -> BinanceMarketDecoder { BinanceMarketDecoder(BinanceInstruments([btc])) }

  /// In memory of its own size, so that the address sanitizer sees a read behind its end.
  private static func decode(
    _ bytes: [UInt8], _ decoder: inout BinanceMarketDecoder
  ) -> (error: BinanceDecodeError, readings: [Reading]) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: bytes)
    let error = decoder.decodeSBE(UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count]))
    guard error == .none else { return (error, []) }
    var readings = [reading(decoder)]
    while decoder.nextTrade() { readings.append(reading(decoder)) }
    return (error, readings)
  }

  private static func decode(_ bytes: [UInt8]) -> (error: BinanceDecodeError, readings: [Reading]) {
    var decoder = decoder()
    return decode(bytes, &decoder)
  }

  static func reading(_ decoder: borrowing BinanceMarketDecoder) -> Reading {
    let message = decoder.message
    let levels = (0..<decoder.bidCount + decoder.askCount).map { decoder.levels[$0] }
    return Reading(
      kind: message.kind,
      numbers: [
        Int64(message.takerSide.rawValue), Int64(message.instrument), Int64(bitPattern: message.firstSequence),
        Int64(bitPattern: message.lastSequence), message.requestIdentifier, message.code,
      ],
      levels: levels + [message.bid, message.ask], bidCount: decoder.bidCount, timeNs: message.eventTimeNs)
  }

  private static func level(_ ticks: Int64, _ lots: Int64) -> BookLevel {
    BookLevel(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
  }

  // MARK: Known answers

  /// Every byte as the schema has it: header, root, both groups, symbol.
  private static let knownDiff: [UInt8] = [
    26, 0, 0x13, 0x27, 1, 0, 0, 0,  // block length, template 10003, schema 1, version 0
    0, 0x40, 0x1e, 0x18, 0x24, 0x0a, 0x06, 0,  // 1.7e15 us
    157, 0, 0, 0, 0, 0, 0, 0, 160, 0, 0, 0, 0, 0, 0, 0,  // first and last update
    0xfe, 0xfb,  // exponents -2 and -5
    16, 0, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 0, 0, 0, 0,  // bids: 0.24, 10
    16, 0, 2, 0, 26, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,  // asks: 0.26, 0.00001
    100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // and 1, 0
    7, 0x42, 0x54, 0x43, 0x55, 0x53, 0x44, 0x54,  // "BTCUSDT"
  ]

  @Test func aDiffIsReadAsItsBytesSay() throws {
    let (error, readings) = Self.decode(Self.knownDiff)
    let message = try #require(readings.first)
    #expect(error == .none && readings.count == 1 && message.kind == .depth)
    #expect(message.numbers[1...3] == [0, 157, 160] && message.timeNs == 1_700_000_000_000_000_000)
    #expect(message.levels.prefix(3) == [Self.level(24, 1_000_000), Self.level(26, 1), Self.level(100, 0)])
    #expect(message.bidCount == 1)
    let built = SBEText.depth(
      157, 160, bids: [(24, 1_000_000)], asks: [(26, 1), (100, 0)], timeUs: 1_700_000_000_000_000)
    #expect(built == Self.knownDiff)
  }

  @Test func aTouchHasItsTime() throws {
    let (error, readings) = Self.decode(SBEText.touch(400_900_217))
    let message = try #require(readings.first)
    #expect(error == .none && message.kind == .bookTicker && message.numbers[3] == 400_900_217)
    #expect(message.levels == [Self.level(10_000, 100_000), Self.level(10_010, 200_000)])
    #expect(message.timeNs == 1_700_000_000_123_456_000)
  }

  @Test func anEventOfSeveralTradesIsSeveralMessages() throws {
    let trades = [
      SBEText.Trade(identifier: 7, price: 10_010, quantity: 50_000),
      SBEText.Trade(identifier: 8, price: 10_011, quantity: 1, buyerIsMaker: 1),
      SBEText.Trade(identifier: 10, price: 10_012, quantity: 2),
    ]
    let (error, readings) = Self.decode(SBEText.trades(trades))
    #expect(error == .none && readings.map(\.kind) == [.trade, .trade, .trade])
    #expect(readings.map { $0.numbers[3] } == [7, 8, 10] && readings.map { $0.numbers[2] } == [7, 8, 10])
    #expect(
      readings.map { $0.levels[0] } == [Self.level(10_010, 50_000), Self.level(10_011, 1), Self.level(10_012, 2)])
    let sides = readings.map { $0.numbers[0] }
    #expect(sides == [Side.buy, .sell, .buy].map { Int64($0.rawValue) })
    #expect(readings.allSatisfy { $0.timeNs == 1_700_000_000_123_456_000 })
  }

  @Test func whatIsSaidInJSONIsReadAsJSON() {
    let texts: [(String, BinanceMessageKind)] = [
      (#"{"result":null,"id":1}"#, .reply), (#"{"error":{"code":2,"msg":"x"},"id":1}"#, .replyError),
      ("{\n\"e\":\"serverShutdown\",\"E\":1770123456789}", .serverShutdown),
    ]
    for (text, kind) in texts {
      let (error, readings) = Self.decode(Array(text.utf8))
      #expect(error == .none && readings.map(\.kind) == [kind])
    }
  }

  // MARK: Numbers

  /// The same numbers with other exponents: 100.10 and 0.5 on a grid of 0.01 and 0.00001.
  @Test(
    arguments: [
      (1_001, 5, -1, -1), (10_010, 50, -2, -2), (10_010_000_000, 50_000_000, -8, -8),
      (100_100_000_000_000_000, 500_000_000_000_000_000, -15, -18),
    ] as [(Int64, Int64, Int8, Int8)])
  func exponentsMoveThePoint(_ price: Int64, _ quantity: Int64, _ priceExponent: Int8, _ quantityExponent: Int8) {
    let trade = SBEText.Trade(identifier: 1, price: price, quantity: quantity)
    let (error, readings) = Self.decode(SBEText.trades([trade], exponents: (priceExponent, quantityExponent)))
    #expect(error == .none && readings.first?.levels[0] == Self.level(10_010, 50_000))
  }

  @Test(
    arguments: [
      (1, 1, -2, -5, .none), (1, 1, -3, -5, .offGrid), (-1, 1, -2, -5, .badDecimal), (1, -1, -2, -5, .badDecimal),
      (.max, 1, -2, -5, .none), (.max, 1, -1, -5, .badDecimal), (.min, 1, -1, -5, .badDecimal),
      (1, 1, 127, -5, .badDecimal), (1, 1, -128, -5, .badDecimal), (1, 1, -2, 127, .badDecimal), (0, 1, -2, -5, .none),
      (1, 0, 16, -5, .none), (10, 1, 16, -5, .badDecimal), (1, 1, 17, -5, .badDecimal), (10, 1, -20, -5, .offGrid),
    ] as [(Int64, Int64, Int8, Int8, BinanceDecodeError)])
  func numbersOffTheGridOrTheRangeAreRefused(
    _ price: Int64, _ quantity: Int64, _ priceExponent: Int8, _ quantityExponent: Int8, _ expected: BinanceDecodeError
  ) {
    let bytes = SBEText.depth(1, 1, bids: [(price, quantity)], exponents: (priceExponent, quantityExponent))
    #expect(Self.decode(bytes).error == expected)
  }

  /// As in JSON (`quantitiesBetweenLotsAreCutAndNeverVanish`).
  @Test(arguments: [(100, 1), (1_990, 1), (123_456_789, 123_456), (0, 0)] as [(Int64, Int64)])
  func quantitiesBetweenLotsAreCutAndNeverVanish(_ quantity: Int64, _ lots: Int64) {
    let readings = Self.decode(SBEText.depth(1, 1, bids: [(1, quantity)], exponents: (0, -8))).readings
    #expect(readings.first?.levels[0] == Self.level(100, lots))
  }

  @Test func anExponentHoldsForItsMessageOnly() {
    var decoder = Self.decoder()
    for (price, exponent) in [(100, 0), (10_000, -2), (1_000, -1), (10_000, -2)] as [(Int64, Int8)] {
      let bytes = SBEText.depth(1, 1, bids: [(price, 1)], exponents: (exponent, -5))
      #expect(Self.decode(bytes, &decoder).readings.first?.levels[0] == Self.level(10_000, 1))
    }
    // One that is refused leaves the last one in force.
    #expect(Self.decode(SBEText.depth(1, 1, bids: [(1, 1)], exponents: (127, -5)), &decoder).error == .badDecimal)
    #expect(Self.decode(SBEText.depth(1, 1, bids: [(9, 1)]), &decoder).readings.first?.levels[0] == Self.level(9, 1))
  }

  @Test func hugeTimesStayInRange() {
    #expect(Self.decode(SBEText.touch(1, timeUs: .max)).readings.first?.timeNs == .max)
    #expect(Self.decode(SBEText.touch(1, timeUs: .min)).readings.first?.timeNs == .min)
  }

  // MARK: Other versions and lies

  @Test(arguments: [1, 8, 97, 230]) func aLaterVersionIsReadAsFarAsItIsKnown(_ added: Int) {
    let levels: [(Int64, Int64)] = [(24, 10), (25, 0)]
    let trades = [1, 2, 3].map { SBEText.Trade(identifier: $0, price: $0 + 5, quantity: $0 + 9) }
    #expect(
      Self.decode(SBEText.depth(5, 6, bids: levels, asks: levels, added: added)).readings
        == Self.decode(SBEText.depth(5, 6, bids: levels, asks: levels)).readings)
    #expect(
      Self.decode(SBEText.touch(5, added: added)).readings == Self.decode(SBEText.touch(5)).readings)
    #expect(
      Self.decode(SBEText.trades(trades, added: added)).readings == Self.decode(SBEText.trades(trades)).readings)
  }

  @Test func anUnknownTemplateIsPassedOver() {
    for template in [0, 1, 9_999, 10_002, 10_004, .max] as [UInt16] {
      var message = SBEMessage(rootByteCount: 18, template: template)
      message.add(unknown: 18)
      let (error, readings) = Self.decode(message.bytes)
      #expect(error == .none && readings.map(\.kind) == [.other])
    }
  }

  @Test(arguments: [0, 2, 3, 256, .max] as [UInt16]) func anotherSchemaIsAnError(_ schema: UInt16) {
    #expect(Self.decode(SBEText.depth(1, 1, schema: schema)).error == .wrongSchema)
  }

  @Test func whatIsWrongHasItsName() {
    let trade = SBEText.Trade(identifier: 1, price: 1, quantity: 1)
    #expect(Self.decode([]).error == .malformed)
    #expect(Self.decode(SBEText.depth(2, 1)).error == .badSequence)
    #expect(Self.decode(SBEText.depth(-1, 1)).error == .malformed)
    #expect(Self.decode(SBEText.depth(.min, .min)).error == .malformed)
    #expect(Self.decode(SBEText.depth(1, 1, symbol: "ETHUSDT")).error == .unknownSymbol)
    #expect(Self.decode(SBEText.depth(1, 1, symbol: "")).error == .unknownSymbol)
    #expect(Self.decode(SBEText.touch(-1)).error == .malformed)
    #expect(Self.decode(SBEText.trades([])).error == .missingField)
    for wrong in [2, 255] as [UInt8] {
      let other = SBEText.Trade(identifier: 2, price: 1, quantity: 1, buyerIsMaker: wrong)
      #expect(Self.decode(SBEText.trades([trade, other])).error == .malformed, "refused as a whole")
    }
    let offGrid = SBEText.Trade(identifier: 2, price: 1, quantity: 1)
    #expect(Self.decode(SBEText.trades([trade, offGrid], exponents: (-3, -5))).error == .offGrid)
  }

  @Test func aDiffBeyondTheBoundIsRefused() {
    let levels = [(Int64, Int64)](repeating: (1, 1), count: BinanceLimits.levelsPerDiff)
    #expect(Self.decode(SBEText.depth(1, 1, bids: levels)).error == .none)
    #expect(Self.decode(SBEText.depth(1, 1, bids: levels, asks: [(1, 1)])).error == .tooManyLevels)
  }

  @Test(arguments: [0, 1, 3, 4, 255, .max] as [UInt16]) func groupsThatLieAreRefused(_ claimed: UInt16) {
    let levels: [(Int64, Int64)] = [(24, 10), (25, 0)]
    for counts in [(claimed, 2), (2, claimed)] as [(UInt16, UInt16)] {
      #expect(Self.decode(SBEText.depth(1, 1, bids: levels, asks: levels, counts: counts)).error != .none)
    }
    let trade = SBEText.Trade(identifier: 1, price: 1, quantity: 1)
    for count in [UInt32(claimed), .max, 0x8000_0000] where count != 2 {
      #expect(Self.decode(SBEText.trades([trade, trade], count: count)).error != .none)
    }
  }

  /// Elements and roots that are shorter than what is known of them.
  @Test func shortBlocksAreRefused() {
    for (bytes, places) in [
      (SBEText.depth(1, 1, bids: [(1, 1)]), [0, 34]), (SBEText.touch(1), [0]),
      (SBEText.trades([SBEText.Trade(identifier: 1, price: 1, quantity: 1)]), [0, 26]),
    ] {
      for place in places {
        var short = bytes
        short[place] -= 1
        #expect(Self.decode(short).error == .malformed)
      }
    }
  }

  // MARK: Hostile bytes

  private static let seeds: [[UInt8]] = [
    SBEText.depth(157, 160, bids: [(24, 10), (20, 0)], asks: [(26, 1_005)]), SBEText.touch(400_900_217),
    SBEText.trades((1...3).map { SBEText.Trade(identifier: $0, price: 10_010, quantity: 5) }),
  ]

  @Test(arguments: 0..<seeds.count) func aMessageCutAnywhereIsMalformed(_ seed: Int) {
    let whole = Self.seeds[seed]
    for count in 0..<whole.count { #expect(Self.decode(Array(whole[..<count])).error == .malformed, "\(count)") }
    #expect(Self.decode(whole).error == .none)
  }

  /// Every value of every byte: an error or a message that holds together, never a trap.
  @Test(arguments: 0..<seeds.count) func noByteTraps(_ seed: Int) {
    var decoder = Self.decoder()
    var accepted = 0
    for place in Self.seeds[seed].indices {
      for value in 0...UInt8.max {
        var bytes = Self.seeds[seed]
        bytes[place] = value
        let readings = Self.decode(bytes, &decoder).readings
        accepted += readings.isEmpty ? 0 : 1
        for message in readings where message.kind != .other {
          #expect(message.numbers[1] == 0 && message.numbers[2] <= message.numbers[3])
          #expect(message.levels.allSatisfy { $0.price.ticks >= 0 && $0.quantity.lots >= 0 } || message.kind == .depth)
        }
      }
    }
    #expect(accepted > Self.seeds[seed].count)
  }

  @Test(arguments: 0..<seeds.count) func mutatedMessagesNeverTrap(_ seed: Int) {
    var random = SeededRandom(UInt64(seed))
    var decoder = Self.decoder()
    var accepted = 0
    for _ in 0..<Fuzz.rounds {
      let (error, readings) = Self.decode(Fuzz.mutate(Self.seeds[seed], &random), &decoder)
      if error == .none { accepted += 1 }
      for message in readings { #expect(message.numbers[2] <= message.numbers[3]) }
    }
    #expect(accepted > 0 && accepted < Fuzz.rounds)
  }
}

/// A recorded session, converted by the local venue's encoder, says in SBE what it says in JSON.
@Suite(.enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
struct RecordedSBETests {
  @Test(arguments: ["BTC", "ETH"])
  func everyRecordedMessageIsTheSameInBoth(_ asset: String) throws {
    let market = asset == "BTC" ? RecordedMarket.btc : .eth
    var json = BinanceMarketDecoder(BinanceInstruments([market.instrument]))
    var sbe = BinanceMarketDecoder(BinanceInstruments([market.instrument]))
    var counts: [BinanceMessageKind: Int] = [:]
    var differences = 0
    for line in market.lines where !line.isSnapshot {
      let bytes = try #require(event(line))
      let errors = (
        line.text.withUnsafeBytes { json.decode($0) }, bytes.withUnsafeBytes { sbe.decodeSBE($0) }
      )
      let text = SBEDecoderTests.reading(json)
      var binary = SBEDecoderTests.reading(sbe)
      // Only SBE tells the time of a bookTicker.
      if binary.kind == .bookTicker {
        if binary.timeNs != line.timeNs / 1_000 * 1_000 { differences += 1 }
        binary.timeNs = 0
      }
      if errors != (.none, .none) || text != binary { differences += 1 }
      counts[text.kind, default: 0] += 1
    }
    #expect(differences == 0)
    let expected: [BinanceMessageKind: Int] =
      asset == "BTC"
      ? [.depth: 6495, .bookTicker: 73174, .trade: 19904] : [.depth: 6470, .bookTicker: 58758, .trade: 14515]
    #expect(counts == expected)
  }

  @Test func decodingAllocatesNothing() throws {
    let market = RecordedMarket.btc
    var decoder = BinanceMarketDecoder(BinanceInstruments([market.instrument]))
    let events = market.lines.filter { !$0.isSnapshot }.prefix(5_000).compactMap { event($0) }
    #expect(events.count == 5_000)
    var (allocations, accepted) = (UInt64(0), 0)
    for event in events {
      event.withUnsafeBytes { bytes in
        let before = malloc_counter_value()
        let isAccepted = decoder.decodeSBE(bytes) == .none && !decoder.nextTrade()
        allocations += malloc_counter_value() - before
        accepted += isAccepted ? 1 : 0
      }
    }
    #expect(allocations == 0 && accepted == 5_000)
  }
}

/// A recorded line as the SBE streams would have brought it.
func event(_ line: RecordedLine) -> [UInt8]? {
  guard let payload = JSONValue(parsing: line.text)?["data"] else { return nil }
  return SBEEvent(payload, timeNs: line.timeNs)?.bytes
}
