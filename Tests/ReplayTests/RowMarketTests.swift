// Captures and tapes as messages: the same as the recorded ones, whole books at their venue's times, and named refusals.

import Foundation
import Market
import Simulation
import Support
import Testing

private func recording(_ name: String) -> String {
  sharedData!.appendingPathComponent("binance/\(name).gz").path
}

private func market(_ files: [String]) throws -> RowMarket {
  let found = try #require(try MarketFiles.captures(files).first)
  return try RowMarket(found, as: try InferredRules.instrument(found.instrument, index: InstrumentIndex(0)))
}

@Suite("Rows as messages")
struct RowMarketTests {
  /// The two readers share no line: one splits JSON texts, the other makes rows and puts them together again.
  @Test(
    "a spot capture's messages are those that it was recorded with",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"))
  func spot() throws {
    let path = recording("spot/btcusdt_20240808")
    let market = try market([path])
    var lines = try CaptureReader(paths: [path])
    let shiftNs = market.spanNs.upperBound - (lines.summary.lastTimeNs ?? 0)
    #expect(shiftNs > 1_000_000_000, "the recorder's clock is behind")
    var last: UInt64?
    var early: [MarketMessage] = []
    // The rest of the file is like its beginning, and slow to split in a debug build.
    for _ in 0..<6_000 {
      let line = try #require(try lines.next())
      let message = try #require(MarketMessage(line, instrument: market.instrument))
      if case .depth = message, last == nil {
        early.append(message)
        continue
      }
      let played = try #require(try market.next())
      #expect(played.timeNs == line.timeNs + shiftNs)
      guard case .snapshot(_, _, let id) = message else {
        try compare(played.stamped.message, message, &last)
        continue
      }
      #expect(played.stamped.message == message)
      last = id
      for waiting in early {
        guard case .depth(_, _, _, let number) = waiting, number > id else { continue }
        try compare(try #require(try market.next()).stamped.message, waiting, &last)
      }
    }
    #expect(last != nil)
  }

  /// Equal, but for what a depth message continues: rows have no holes.
  private func compare(_ own: MarketMessage, _ recorded: MarketMessage, _ last: inout UInt64?) throws {
    guard case .depth(let bids, let asks, _, let id) = recorded else {
      #expect(own == recorded)
      return
    }
    #expect(own == .depth(bids: bids, asks: asks, firstUpdateId: try #require(last) + 1, updateId: id))
    last = id
  }

  @Test(
    "a futures capture makes the venue's book, at the venue's times",
    .enabled(if: sharedData != nil, "needs the recorded captures (APUS_DATA)"),
    arguments: [
      (["usdm/btcusdt_20240808"], ContractKind.linear, 6_547),
      (["coinm/btcusd_perp_20240808", "coinm/btcusd_perp_20240809"], .inverse, 44_772),
    ])
  func futures(names: [String], kind: ContractKind, diffs: Int) throws {
    let market = try market(names.map(recording))
    #expect(market.instrument.kind == kind && market.instrument.settlement.text == (kind == .linear ? "USDT" : "BTC"))
    var book = RecordedBook()
    var lastNs = Int64.min
    var disordered = 0
    while let (timeNs, stamped) = try market.next() {
      if timeNs < lastNs || timeNs < stamped.exchangeTimeNs { disordered += 1 }
      lastNs = timeNs
      book.apply(stamped.message)
    }
    #expect(book.diffs == diffs && book.snapshots == 1 && book.gaps == 0 && book.crossed == 0)
    #expect(disordered == 0)
  }

  @Test("rows without numbers and snapshots are numbered; a snapshot in between is not continued")
  func unnumbered() throws {
    let folder = try TemporaryFolder()
    func row(_ kind: TapeRowKind, _ side: Side, _ ticks: Int64, _ lots: Int64, _ timeNs: Int64, ends: Bool = false)
      -> TapeRow
    {
      TapeRow(
        kind: kind, side: side, exchangeTimeNs: timeNs, localTimeNs: timeNs + 5, price: Price(ticks: ticks),
        quantity: Quantity(lots: lots), endsMessage: ends)
    }
    let market = try folder.market(
      [
        row(.level, .buy, 100, 3, 10), row(.level, .sell, 102, 4, 10, ends: true),
        row(.level, .buy, 101, 1, 20, ends: true),
        row(.trade, .sell, 101, 1, 18, ends: true),
        row(.touch, .buy, 100, 3, 21), row(.touch, .sell, 102, 4, 21, ends: true),
        row(.level, .buy, 101, 0, 22, ends: true),
        row(.clear, .buy, 0, 0, 30), row(.snapshotLevel, .buy, 99, 7, 30), row(.clear, .sell, 102, 0, 30),
        row(.snapshotLevel, .sell, 103, 8, 30, ends: true),
        row(.level, .sell, 104, 1, 40, ends: true),
      ].sorted { $0.localTimeNs < $1.localTimeNs })
    func at(_ ticks: Int64, _ lots: Int64) -> PriceQuantity {
      PriceQuantity(price: Price(ticks: ticks), quantity: Quantity(lots: lots))
    }
    var seen: [MarketMessage] = []
    var times: [Int64] = []
    while let (timeNs, stamped) = try market.next() {
      seen.append(stamped.message)
      times.append(timeNs)
    }
    #expect(times == [10, 18, 20, 21, 22, 30, 40])
    #expect(
      seen == [
        .snapshot(bids: [at(100, 3)], asks: [at(102, 4)], updateId: 1),
        .trade(at(101, 1), takerSide: .sell, tradeId: 1),
        .depth(bids: [at(101, 1)], asks: [], firstUpdateId: 2, updateId: 2),
        .touch(bid: at(100, 3), ask: at(102, 4), updateId: 3),
        .depth(bids: [at(101, 0)], asks: [], firstUpdateId: 3, updateId: 4),
        .snapshot(bids: [at(99, 7)], asks: [at(103, 8)], updateId: 6),
        .depth(bids: [], asks: [at(104, 1)], firstUpdateId: 7, updateId: 7),
      ])
  }

  @Test("a gap is a message that continues no book, and the next snapshot one that has it")
  func gap() throws {
    let folder = try TemporaryFolder()
    func row(_ kind: TapeRowKind, _ side: Side, _ ticks: Int64, _ number: UInt64, _ timeNs: Int64, ends: Bool = false)
      -> TapeRow
    {
      TapeRow(
        kind: kind, side: side, exchangeTimeNs: timeNs, localTimeNs: timeNs, price: Price(ticks: ticks),
        quantity: Quantity(lots: kind == .gap || kind == .clear ? 0 : 1), number: number, endsMessage: ends)
    }
    let hole = [row(.gap, .buy, 0, 30, 20), row(.clear, .buy, 0, 30, 20), row(.clear, .sell, 0, 30, 20, ends: true)]
    let book = [
      row(.clear, .buy, 0, 25, 21), row(.snapshotLevel, .buy, 99, 25, 21), row(.clear, .sell, 0, 25, 21),
      row(.snapshotLevel, .sell, 103, 25, 21, ends: true),
    ]
    let market = try folder.market(
      [row(.level, .buy, 100, 10, 10), row(.level, .sell, 102, 10, 10, ends: true)] + hole + book
        + [row(.level, .buy, 98, 30, 21, ends: true)])
    var seen: [MarketMessage] = []
    while let (_, stamped) = try market.next() { seen.append(stamped.message) }
    func at(_ ticks: Int64) -> PriceQuantity { PriceQuantity(price: Price(ticks: ticks), quantity: Quantity(lots: 1)) }
    #expect(
      seen == [
        .snapshot(bids: [at(100)], asks: [at(102)], updateId: 10),
        .depth(bids: [], asks: [], firstUpdateId: 12, updateId: 12),
        .snapshot(bids: [at(99)], asks: [at(103)], updateId: 25),
        .depth(bids: [at(98)], asks: [], firstUpdateId: 26, updateId: 30),
      ])
  }

  @Test("what cannot be played is refused with its file and reason")
  func refusals() throws {
    let folder = try TemporaryFolder()
    let order = TapeRow(
      kind: .orderAdded, side: .buy, exchangeTimeNs: 1, localTimeNs: 1, price: Price(ticks: 5),
      quantity: Quantity(lots: 1), number: 1, endsMessage: true)
    let byOrder = try folder.market([order])
    let error = #expect(throws: CaptureError.self) { try byOrder.next() }
    #expect(error?.file.hasSuffix("0.tape") == true && error?.reason.contains("order by order") == true)

    let files = try [[order, folder.later(order, byNs: 10)], [folder.later(order, byNs: 5)]].map(folder.tape)
    let overlapping = #expect(throws: TapeError.self) { _ = try MarketFiles.tapes(files) }
    #expect(overlapping?.reason.contains("import them together") == true)
    let found = try #require(try MarketFiles.tapes([files[0]]).first)
    var coarse = try InferredRules.instrument(found.instrument, index: InstrumentIndex(0))
    coarse.tick = DecimalStep(mantissa: 1, exponent: 1)
    #expect(throws: CaptureError.self) { _ = try RowMarket(found, as: coarse) }
    coarse.tick = found.instrument.tick
    coarse.kind = .spot
    #expect(throws: CaptureError.self) { _ = try RowMarket(found, as: coarse) }
  }
}

/// Best prices of a book, and what continued what.
private struct RecordedBook {
  private(set) var diffs = 0
  private(set) var snapshots = 0
  private(set) var gaps = 0
  private(set) var crossed = 0
  private var book = DisplayedBook()
  private var last: UInt64 = 0

  mutating func apply(_ message: MarketMessage) {
    switch message {
    case .snapshot(let bids, let asks, let id):
      snapshots += 1
      (book, last) = (DisplayedBook(), id)
      // From worst to best: every insertion is at the end.
      set(bids.reversed(), asks.reversed())
    case .depth(let bids, let asks, let first, let id):
      diffs += 1
      if first != last + 1 || id < first { gaps += 1 }
      last = id
      set(bids, asks)
      if let bid = book.bestBid, let ask = book.bestAsk, bid.price >= ask.price { crossed += 1 }
    case .touch, .trade: break
    }
  }

  private mutating func set(_ bids: [PriceQuantity], _ asks: [PriceQuantity]) {
    for level in bids { book.set(.buy, level.price, level.quantity, updateId: last) }
    for level in asks { book.set(.sell, level.price, level.quantity, updateId: last) }
  }
}

/// Tapes that go with the test.
private final class TemporaryFolder {
  private let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-rows-\(UUID().uuidString)")
  private var count = 0
  private let instrument = TapeInstrument(
    symbol: ShortName("SYNUSDT")!, kind: .linear, tick: DecimalStep(mantissa: 1, exponent: -1),
    lot: DecimalStep(mantissa: 1, exponent: -3))

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func tape(_ rows: [TapeRow]) throws -> String {
    let path = url.appendingPathComponent("\(count).tape").path
    count += 1
    var writer = try TapeWriter(path: path, instrument: instrument)
    for row in rows { try writer.append(row) }
    _ = try writer.finish()
    return path
  }

  func market(_ rows: [TapeRow]) throws -> RowMarket {
    let found = try #require(try MarketFiles.tapes([try tape(rows)]).first)
    return try RowMarket(found, as: try InferredRules.instrument(found.instrument, index: InstrumentIndex(0)))
  }

  func later(_ row: TapeRow, byNs: Int64) -> TapeRow {
    var row = row
    row.localTimeNs += byNs
    return row
  }
}
