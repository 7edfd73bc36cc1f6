// The market that a backtest plays: files or synthetic lines, as messages of the session's instruments.

import Market
import Simulation

/// One message of one instrument, and when it happened.
struct PlayedMessage {
  /// When it happened at the venue.
  var timeNs: Int64
  var instrument: InstrumentIndex
  var message: MarketMessage
  /// When it was received by whoever recorded it; nil where only one stamp is known. May be before `timeNs` where clocks
  /// differ.
  var receivedNs: Int64?
}

/// The messages of the configured instruments within the configured window, in the order of time.
struct BacktestMarket {
  /// When the input begins.
  let firstNs: Int64
  /// The first and the last moment of the window that the input has.
  let startNs: Int64
  let endNs: Int64
  private var source: Source

  private enum Source {
    case lines(MarketLines)
    case rows(MergedMarkets)
  }

  /// - Throws: `CaptureError` or `TapeError` for a file that is none, `SessionError` for a window that the input has not.
  init(_ settings: BacktestSettings, instruments: [Instrument]) throws {
    let lastNs: Int64
    if case .synthetic(let seed, let seconds) = settings.input {
      let market = SyntheticMarket(seed: seed)
      firstNs = market.summary.firstTimeNs
      lastNs = firstNs + Int64(seconds) * 1_000_000_000
      source = .lines(MarketLines(market, instruments: instruments))
    } else {
      let files = try settings.marketFiles()
      let markets = try instruments.map { instrument in
        guard let found = files.first(where: { $0.instrument.symbol == instrument.symbol }) else {
          throw SessionError("instruments: no input of the backtest has \(instrument.symbol.text)")
        }
        return try RowMarket(found, as: instrument)
      }
      firstNs = markets.reduce(.max) { min($0, $1.spanNs.lowerBound) }
      lastNs = markets.reduce(.min) { max($0, $1.spanNs.upperBound) }
      source = .rows(try MergedMarkets(markets))
    }
    startNs = firstNs.addingClamped(settings.fromNs)
    endNs = min(lastNs, firstNs.addingClamped(settings.toNs))
    guard startNs < endNs else { throw SessionError("backtest.window: the input ends before the window begins") }
  }

  /// The recordings that a local venue played, on the recorder's clock as that venue has it.
  ///
  /// - Throws: as above, and `SessionError` for an instrument that no recording has.
  init(recordings files: [String], instruments: [Instrument]) throws {
    let reader = try CaptureReader(paths: files)
    for instrument in instruments where !reader.summary.symbols.contains(instrument.symbol.text) {
      throw SessionError("instruments: no recording has \(instrument.symbol.text)")
    }
    firstNs = reader.summary.firstTimeNs
    startNs = firstNs
    endNs = reader.summary.lastTimeNs ?? reader.summary.firstTimeNs
    source = .lines(MarketLines(reader, instruments: instruments))
  }

  /// - Returns: the next message up to the window's end, those before its beginning included; nil at the end.
  /// - Throws: `SessionError` for a message that cannot be read.
  mutating func next() throws -> PlayedMessage? {
    let played: PlayedMessage?
    switch source {
    case .lines(let lines): played = try lines.next()
    case .rows(let markets): played = try markets.next()
    }
    return played.flatMap { $0.timeNs <= endNs ? $0 : nil }
  }
}

/// Lines of text, read into messages.
private final class MarketLines {
  private var source: any MarketSource
  private let instruments: [String: Instrument]

  init(_ source: any MarketSource, instruments: [Instrument]) {
    self.source = source
    self.instruments = Dictionary(uniqueKeysWithValues: instruments.map { ($0.symbol.text, $0) })
  }

  func next() throws -> PlayedMessage? {
    while let line = try source.next() {
      guard let instrument = instruments[line.symbol] else { continue }
      guard let message = MarketMessage(line, instrument: instrument) else {
        throw SessionError(
          "\(line.symbol): the message received at \(line.timeNs) is none of a spot market, or off the "
            + "instrument's grid: \(String(decoding: line.text.prefix(200), as: UTF8.self))")
      }
      return PlayedMessage(timeNs: line.timeNs, instrument: instrument.index, message: message)
    }
    return nil
  }
}

/// Markets of files, merged by the time at which things happened; equal times in the order of the instruments.
private final class MergedMarkets {
  private let markets: [RowMarket]
  private var heads: [(timeNs: Int64, stamped: StampedMessage)?]

  init(_ markets: [RowMarket]) throws {
    self.markets = markets
    heads = try markets.map { try $0.next() }
  }

  func next() throws -> PlayedMessage? {
    var first: Int?
    for (i, head) in heads.enumerated() {
      guard let head else { continue }
      if let best = first, let earliest = heads[best], earliest.timeNs <= head.timeNs { continue }
      first = i
    }
    guard let first, let head = heads[first] else { return nil }
    heads[first] = try markets[first].next()
    if heads[first] == nil, !markets[first].hasBook {
      throw SessionError("\(markets[first].instrument.symbol.text): its files have trades and touches, but no book")
    }
    return PlayedMessage(
      timeNs: head.timeNs, instrument: markets[first].instrument.index, message: head.stamped.message,
      receivedNs: head.stamped.localTimeNs)
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
