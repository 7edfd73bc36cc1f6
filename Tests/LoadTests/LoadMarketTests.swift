// The load's market is one unbroken market, however often its stretch is played.

import Foundation
import Load
import Market
import Simulation
import Support
import Testing

/// A client that believes nothing: reads each frame and holds it to the one before.
private struct Follower {
  private(set) var lastUpdate: UInt64
  private(set) var lastTrade: UInt64 = 0
  private(set) var seams = 0
  private var bids: [Int64: Int64] = [:]
  private var asks: [Int64: Int64] = [:]
  private let instrument: Instrument

  init(_ market: borrowing LoadMarket) throws {
    instrument = market.instrument
    let text = Array(market.depthText().utf8)
    let line = try #require(MarketLine(timeNs: 1, text: text, symbol: market.instrument.symbol.text))
    let message = MarketMessage(line, instrument: market.instrument)
    guard case .snapshot(let bids, let asks, let id)? = message else { throw CocoaError(.fileReadCorruptFile) }
    lastUpdate = id
    for level in bids { self.bids[level.price.ticks] = level.quantity.lots }
    for level in asks { self.asks[level.price.ticks] = level.quantity.lots }
  }

  mutating func take(_ frame: UnsafeRawBufferPointer) throws {
    let head = frame[1] < 126 ? 2 : frame[1] == 126 ? 4 : 10
    let line = try #require(MarketLine(timeNs: 1, text: Array(frame[head...]), symbol: nil))
    switch MarketMessage(line, instrument: instrument) {
    case .depth(let bids, let asks, let first, let last)?:
      #expect(first == lastUpdate + 1 || (seams == 0 && first <= lastUpdate + 1))
      #expect(last >= first)
      lastUpdate = last
      seams = 1
      for level in bids { self.bids[level.price.ticks] = level.quantity.lots > 0 ? level.quantity.lots : nil }
      for level in asks { self.asks[level.price.ticks] = level.quantity.lots > 0 ? level.quantity.lots : nil }
      let (bid, ask) = (try #require(self.bids.keys.max()), try #require(self.asks.keys.min()))
      #expect(bid < ask)
    case .trade(_, _, let id)?:
      if lastTrade > 0 { #expect(id == lastTrade + 1) }
      lastTrade = id
    case .touch?: break
    default: Issue.record("\(String(decoding: frame[head...], as: UTF8.self)) is no message of the market")
    }
  }

  var book: [[Int64: Int64]] { [bids, asks] }
}

/// Lines as given.
private struct MadeSource: MarketSource {
  private var lines: ArraySlice<MarketLine>
  let summary: MarketSummary

  init(_ lines: [MarketLine]) {
    self.lines = lines[...]
    var summary = MarketSummary()
    summary.streams = ["synusdt@depth@100ms": lines.count]
    self.summary = summary
  }

  mutating func next() -> MarketLine? { lines.popFirst() }
}

@Suite struct LoadMarketTests {
  @Test func cyclesJoinWithoutASeamAClientCouldSee() throws {
    var market = try LoadMarket(SyntheticMarket(seed: 7), limit: 2_000)
    var follower = try Follower(market)
    var failure: (any Error)?
    for _ in 0..<9_000 {
      market.next(timeMs: 1_700_000_000_000) { frame in
        do { try follower.take(frame) } catch { failure = error }
      }
    }
    if let failure { throw failure }
    #expect(follower.lastTrade > 100)
    // The venue's own word on its book, after several cycles.
    let told = try Follower(market)
    #expect(told.book == follower.book)
    #expect(told.lastUpdate == follower.lastUpdate)
  }

  @Test(.enabled(if: sharedData != nil)) func aRecordingGoesOnWithoutASeamToo() throws {
    let capture = try #require(sharedData).appendingPathComponent("binance/spot/btcusdt_20240808.gz").path
    var market = try LoadMarket(CaptureReader(paths: [capture]), limit: 3_000)
    var follower = try Follower(market)
    var failure: (any Error)?
    for _ in 0..<10_000 {
      market.next(timeMs: 1_700_000_000_000) { frame in
        do { try follower.take(frame) } catch { failure = error }
      }
    }
    if let failure { throw failure }
    #expect(try Follower(market).book == follower.book)
  }

  @Test func aCaptureThatCannotBePlayedIsAnError() throws {
    func lines(_ texts: [String]) throws -> MadeSource {
      MadeSource(
        try texts.enumerated().map { number, text in
          try #require(MarketLine(timeNs: Int64(number + 1), text: Array(text.utf8), symbol: "SYNUSDT"))
        })
    }
    func depth(_ first: UInt64, _ last: UInt64) -> String {
      #"{"stream":"synusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"SYNUSDT","U":\#(first),"u":\#(last),"#
        + #""b":[["60000.00","1.00000"]],"a":[]}}"#
    }
    func snapshot(_ id: UInt64) -> String {
      #"{"lastUpdateId":\#(id),"bids":[["60000.00","1.00000"]],"asks":[["60001.00","1.00000"]]}"#
    }
    _ = try LoadMarket(lines([snapshot(10), depth(11, 12), depth(13, 13)]), limit: 100)
    for texts in [
      [depth(11, 12)],  // no snapshot
      [snapshot(10), depth(12, 13)],  // does not follow it
      [snapshot(10), depth(11, 12), depth(14, 15)],  // a gap
      [snapshot(10), depth(11, 12), depth(13, 12)],  // ends before it begins
      [snapshot(10), depth(11, 12), depth(13, 1 << 60)],  // a number that cannot be written again
      [snapshot(.max), depth(.max - 1, .max)],
      [snapshot(.max - 1), depth(.max - 1, .max)],
    ] {
      #expect(throws: LoadError.self) { _ = try LoadMarket(lines(texts), limit: 100) }
    }
  }

  @Test func ticksCarryTheirTagAndKeepTheTradesInOrder() throws {
    var market = try LoadMarket(SyntheticMarket(seed: 7), limit: 500)
    var lots: [Int64] = []
    var ids: [UInt64] = []
    let instrument = market.instrument
    for tag in [0, 1, LoadMarket.tagCount - 1] {
      market.nextTick(tag, timeMs: 1_700_000_000_000) { frame in
        let head = frame[1] < 126 ? 2 : 4
        guard let line = MarketLine(timeNs: 1, text: Array(frame[head...]), symbol: nil),
          case .trade(let trade, _, let id)? = MarketMessage(line, instrument: instrument)
        else { return }
        lots.append(trade.quantity.lots)
        ids.append(id)
      }
    }
    let first = LoadMarket.tickLots(instrument)
    #expect(lots == [first, first + 1, first + LoadMarket.tagCount - 1])
    #expect(ids == [ids[0], ids[0] + 1, ids[0] + 2])
  }
}
