// A market without an end: one stretch of recorded or synthetic messages, played again and again.

import Market
import Simulation

/// Plays a stretch, then one step that leads its book back to where it began, then the stretch again. Update ids go on,
/// trade ids go on, times are those of the sending: to a client it is one unbroken market.
///
/// The way back is made up: a cycle of a recording is real, its seam is not.
package struct LoadMarket {
  package let instrument: Instrument
  /// What subscribers can ask for.
  let streams: Set<String>
  private var messages = LoadMessages()
  /// The tick that asks for an order: a trade of the market with a quantity that no recording has.
  private var tick = LoadMessages()
  private let snapshot: MarketMessage
  /// What each message does to the book; nil for none.
  private var changes: [MarketMessage?] = []
  private var position = 0
  /// The update id that counts as 0 in this cycle, and how many a cycle takes.
  private var updateBase = LoadMessages.firstUpdateId
  private var updatesPerCycle: Int64 = 0
  private var tradeId = LoadMessages.firstTradeId

  /// Ticks that ask for an order trade so many whole coins, and the tag in lots; an order repeats the tag above
  /// `orderLots`. No recorded trade comes near it.
  package static let tickCoins: Int64 = 900
  /// An order of so many lots or more is worth what a venue asks for at least.
  package static let orderLots: Int64 = 4096
  package static let tagCount: Int64 = 1024

  private static let updateMaximum = Int64.max / 4
  /// Far more than a recording of a day has.
  private static let updatesMaximum: Int64 = 10_000_000_000

  /// Levels of the way back in one message.
  private static let levelsPerMessage = 200

  /// - Parameters:
  ///   - source: with one snapshot near its beginning.
  ///   - limit: the most messages of a cycle.
  /// - Throws: `LoadError` for a source that has no snapshot, or whose messages do not follow it.
  package init(_ source: some MarketSource, limit: Int) throws {
    var source = source
    guard let symbol = source.summary.symbols.first, source.summary.symbols.count == 1,
      let instrument = DerivedRules.instruments(symbols: [symbol])?.first
    else { throw LoadError("a load plays one symbol, of which the trading rules are known") }
    self.instrument = instrument
    streams = Set(source.summary.streams.keys)

    var early: [MarketLine] = []
    var found: (message: MarketMessage, updateId: UInt64)?
    while found == nil, let line = try source.next() {
      let message = MarketMessage(line, instrument: instrument)
      if case .snapshot(_, _, let updateId)? = message {
        found = message.map { ($0, updateId) }
      } else {
        early.append(line)
      }
    }
    guard let found else { throw LoadError("the capture has no depth snapshot: nothing can be built on it") }
    snapshot = found.message
    var book = LoadBook(found.message)
    let start = book
    var lines = early.drop { !Self.follows(found.updateId, MarketMessage($0, instrument: instrument)) }
    while lines.count < limit, let line = try source.next() { lines.append(line) }
    lines = lines.drop { !Self.follows(found.updateId, MarketMessage($0, instrument: instrument)) }
    guard let firstLine = lines.first, let first = MarketMessage(firstLine, instrument: instrument),
      case .depth(_, _, let firstId, _) = first
    else { throw LoadError("no depth message of the capture follows its snapshot") }

    guard firstId < UInt64(Self.updateMaximum) else {
      throw LoadError("update \(firstId) of the capture is no update id of a venue")
    }
    let zero = Int64(firstId)
    // Written with a fixed width, numbers of one stretch lie near each other.
    func check(_ updateId: UInt64) throws {
      guard let id = Int64(exactly: updateId), (-Self.updatesMaximum...Self.updatesMaximum).contains(id - zero) else {
        throw LoadError("update \(updateId) of the capture is far from \(firstId), where it begins")
      }
    }
    var previousNs = firstLine.timeNs
    var lastDepth = zero
    var last = zero
    for line in lines.prefix(limit) {
      guard let message = MarketMessage(line, instrument: instrument) else { continue }
      switch message {
      case .snapshot: continue
      case .depth(_, _, let begin, let id):
        guard changes.isEmpty || begin == UInt64(lastDepth) + 1, id >= begin else {
          throw LoadError("the capture has a gap before update \(begin): a load plays a whole stretch; cut it there")
        }
        try check(id)
        lastDepth = Int64(id)
        last = max(last, lastDepth)
        book.apply(message)
      case .touch(_, _, let id):
        try check(id)
        last = max(last, Int64(id))
      case .trade: break
      }
      add(line, message, gapNs: line.timeNs - previousNs, zero)
      previousNs = line.timeNs
    }
    let writer = SyntheticMessages(instrument: instrument)
    for part in book.way(to: start, levelsPerMessage: Self.levelsPerMessage) {
      let line = writer.depth(
        bids: part.bids, asks: part.asks, first: UInt64(lastDepth + 1), last: UInt64(last + 1), timeNs: previousNs)
      (lastDepth, last) = (last + 1, last + 1)
      add(line, MarketMessage(line, instrument: instrument), gapNs: 0, zero)
    }
    // The first message of the next cycle may begin at or before the update that follows the last one.
    updatesPerCycle = last + 1 - zero
    try makeTick(writer, book)
  }

  /// The first depth message that continues a snapshot (web-socket-streams.md, "How to manage a local order book
  /// correctly").
  private static func follows(_ snapshotId: UInt64, _ message: MarketMessage?) -> Bool {
    guard case .depth(_, _, let first, let last)? = message else { return false }
    return last > snapshotId && (first == 0 || first - 1 <= snapshotId)
  }

  private mutating func add(_ line: MarketLine, _ message: MarketMessage?, gapNs: Int64, _ zero: Int64) {
    messages.add(line, gapNs: gapNs, firstUpdateId: zero)
    if case .depth? = message { changes.append(message) } else { changes.append(nil) }
  }

  private mutating func makeTick(_ writer: SyntheticMessages, _ book: LoadBook) throws {
    guard let scale = MoneyScale(instrument), let price = book.bestBid else {
      throw LoadError("the capture's book has no bid")
    }
    let quantity = Quantity(lots: Self.tickLots(instrument))
    let line = writer.trade(PriceQuantity(price: price, quantity: quantity), takerSide: .sell, tradeId: 0, timeNs: 0)
    tick.add(line, gapNs: 0, firstUpdateId: 0, tag: Array("\"\(scale.text(quantity))\"".utf8))
  }

  /// The lots of a tick with tag 0.
  package static func tickLots(_ instrument: Instrument) -> Int64 {
    (MoneyScale(instrument).map { tickCoins * Amount.unitsPerCoin / $0.unitsPerLot }) ?? 0
  }

  /// The snapshot that a matching engine begins with.
  var opening: MarketMessage { snapshot }
  /// How long the next message was recorded after the one before it.
  var nextGapNs: Int64 { messages.all[position].gapNs }

  /// Hands the frame of the next message to `send`.
  package mutating func next(timeMs: Int64, _ send: (UnsafeRawBufferPointer) -> Void) {
    let frame = messages.prepare(position, timeMs: timeMs, updateBase: updateBase, tradeId: tradeId, tag: 0)
    if messages.isTrade(position) { tradeId += 1 }
    position += 1
    if position == messages.all.count {
      position = 0
      updateBase += updatesPerCycle
    }
    messages.bytes.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[frame])) }
  }

  /// Hands the frame of a tick that asks for an order to `send`.
  package mutating func nextTick(_ tag: Int64, timeMs: Int64, _ send: (UnsafeRawBufferPointer) -> Void) {
    let units = (Self.tickLots(instrument) + tag) * (MoneyScale(instrument)?.unitsPerLot ?? 1)
    let frame = tick.prepare(0, timeMs: timeMs, updateBase: 0, tradeId: tradeId, tag: units)
    tradeId += 1
    tick.bytes.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[frame])) }
  }

  /// The book as of the last message, as `/api/v3/depth` tells it.
  package func depthText() -> String {
    var book = LoadBook(snapshot)
    for case .depth(let bids, let asks, let first, let last)? in changes[..<position] {
      book.apply(.depth(bids: bids, asks: asks, firstUpdateId: first, updateId: last))
    }
    let lastUpdateId = updateBase + (messages.lastUpdate(before: position) ?? -1)
    guard let scale = MoneyScale(instrument) else { return "" }
    return book.text(scale, lastUpdateId: lastUpdateId)
  }
}
