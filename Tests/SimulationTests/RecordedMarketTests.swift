// The venue's book and its fills over whole recordings.

import Foundation
import Market
import Simulation
import Support
import Testing

/// Whole recordings take a minute without the optimiser: they are played in release.
#if DEBUG
  private let isRelease = false
#else
  private let isRelease = true
#endif

struct RecordedMarketTests {
  /// Both day files of a symbol, played into the engine by a simple trader; every fill must be explained by the recording.
  @Test(.enabled(if: sharedData != nil && isRelease), arguments: [("btcusdt", 6493, 1072), ("ethusdt", 6468, 1056)])
  func followsTheRecordingAndExplainsItsFills(pair: String, diffs: Int, tickers: Int) throws {
    let folder = try #require(sharedData).appendingPathComponent("binance/spot")
    var reader = try CaptureReader(
      paths: ["20240808", "20240809"].map { folder.appendingPathComponent("\(pair)_\($0).gz").path })
    let instrument = try #require(DerivedRules.instruments(symbols: [pair.uppercased()])?.first)
    var run = try RecordedRun(instrument)
    while let line = try reader.next() {
      try run.play(try #require(MarketMessage(line, instrument: instrument)), timeNs: line.timeNs)
    }
    #expect(run.applied == diffs)
    #expect(run.gaps == 0)
    #expect(run.tickersCompared == tickers)
    #expect(run.makerFills >= 20 && run.takerFills >= 20)
  }

  /// The derived rules are the finest steps of the recordings: every price and quantity is on the grid, and some would
  /// be off one that is ten times coarser.
  @Test(.enabled(if: sharedData != nil && isRelease), arguments: ["btcusdt", "ethusdt"])
  func derivedStepsAreTheFinestRecorded(pair: String) throws {
    let folder = try #require(sharedData).appendingPathComponent("binance/spot")
    let instrument = try #require(DerivedRules.instruments(symbols: [pair.uppercased()])?.first)
    var reader = try CaptureReader(
      paths: ["20240808", "20240809"].map { folder.appendingPathComponent("\(pair)_\($0).gz").path })
    var needsTick = false
    var needsLot = false
    while let line = try reader.next() {
      let levels: [PriceQuantity]
      switch try #require(MarketMessage(line, instrument: instrument)) {
      case .snapshot(let bids, let asks, _), .depth(let bids, let asks, _, _): levels = bids + asks
      case .touch(let bid, let ask, _): levels = [bid, ask]
      case .trade(let trade, _, _): levels = [trade]
      }
      needsTick = needsTick || levels.contains { $0.price.ticks % 10 != 0 }
      needsLot = needsLot || levels.contains { $0.quantity.lots % 10 != 0 }
    }
    #expect(needsTick && needsLot)
  }
}

/// Plays a recording and trades on it: joins the touch, and takes now and then.
private struct RecordedRun {
  var engine: MatchingEngine
  var applied = 0
  var gaps = 0
  var tickersCompared = 0
  var makerFills = 0
  var takerFills = 0
  private var lastUpdate: UInt64?
  private var early: [(first: UInt64, last: UInt64)] = []
  private var tickers: [UInt64: (PriceQuantity, PriceQuantity)] = [:]
  private var trades: [UInt64: (trade: PriceQuantity, takerSide: Side)] = [:]
  private var tradedWithUs: [UInt64: Int64] = [:]
  private var steps = 0

  init(_ instrument: Instrument) throws {
    let coins = Amount.unitsPerCoin
    engine = try #require(
      MatchingEngine(
        instruments: [instrument],
        balances: [
          AssetBalance(asset: instrument.base, free: Amount(units: 10 * coins)),
          AssetBalance(asset: instrument.quote, free: Amount(units: 1_000_000 * coins)),
        ]))
  }

  mutating func play(_ message: MarketMessage, timeNs: Int64) throws {
    switch message {
    case .snapshot(_, _, let id):
      lastUpdate = id
      for diff in early { count(diff.first, diff.last) }
    case .depth(_, _, let first, let last):
      if lastUpdate == nil { early.append((first, last)) } else { count(first, last) }
    case .touch(let bid, let ask, let id): tickers[id] = (bid, ask)
    case .trade(let trade, let side, let id): trades[id] = (trade, side)
    }
    try apply(.market(InstrumentIndex(0), message), timeNs: timeNs)
    let market = engine.markets[0]
    if let bid = market.fused.bestBid, let ask = market.fused.bestAsk { #expect(bid.price < ask.price) }
    if case .depth(_, _, _, let last) = message, let (bid, ask) = tickers[last], lastUpdate == last {
      tickersCompared += 1
      let depth = market.depth
      #expect(depth.bestBid.map { PriceQuantity(price: $0.price, quantity: $0.displayed) } == bid)
      #expect(depth.bestAsk.map { PriceQuantity(price: $0.price, quantity: $0.displayed) } == ask)
    }
    steps += 1
    if steps % 500 == 0, market.depthUpdateId != nil { try trade(timeNs: timeNs) }
  }

  private mutating func count(_ first: UInt64, _ last: UInt64) {
    guard let previous = lastUpdate, last > previous else { return }
    applied += 1
    if first > previous + 1 { gaps += 1 }
    lastUpdate = last
  }

  private mutating func trade(timeNs: Int64) throws {
    try apply(.cancelAll(InstrumentIndex(0)), timeNs: timeNs)
    guard let bid = engine.markets[0].fused.bestBid, let ask = engine.markets[0].fused.bestAsk else { return }
    let side: Side = steps % 1_000 == 0 ? .buy : .sell
    let (own, other) = side == .buy ? (bid, ask) : (ask, bid)
    let lots = Quantity(lots: 5_000)
    for price in [own.price, Price(ticks: own.price.ticks - side.sign * 50)] {
      let request = PlaceOrder(instrument: InstrumentIndex(0), side: side, price: price, quantity: lots)
      try apply(.place(request), timeNs: timeNs)
    }
    let taking = PlaceOrder(
      instrument: InstrumentIndex(0), side: side, timeInForce: .immediateOrCancel, price: other.price, quantity: lots)
    try apply(.place(taking), timeNs: timeNs)
  }

  private mutating func apply(_ input: MatchingInput, timeNs: Int64) throws {
    // The level that explains a fill is in the book when the fill happens: an order changes only what is taken of it.
    var before = engine.markets[0].fused
    var events: [VenueEvent] = []
    engine.apply(input, timeNs: timeNs, outbox: &events)
    if case .market = input { before = engine.markets[0].fused }
    for case .filled(_, let fill) in events { try explain(fill, book: before) }
  }

  private mutating func explain(_ fill: VenueFill, book: DisplayedBook) throws {
    if fill.isMaker { makerFills += 1 } else { takerFills += 1 }
    switch fill.source {
    case .trade(let id):
      let (trade, takerSide) = try #require(trades[id])
      tradedWithUs[id, default: 0] += fill.quantity.lots
      #expect(takerSide == fill.side.opposite)
      #expect(trade.price.ticks * fill.side.sign <= fill.price.ticks * fill.side.sign)
      #expect(tradedWithUs[id]! <= trade.quantity.lots)
    case .level(let price, let updateId):
      let level = try #require(book.level(fill.side.opposite, price))
      #expect(level.updateId == updateId && fill.quantity <= level.displayed)
      #expect(fill.isMaker || fill.price == price)
    case .insuranceFund: Issue.record("spot has no insurance fund")
    }
  }
}
