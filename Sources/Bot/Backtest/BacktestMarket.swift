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

/// The messages of the configured instruments within the configured window, in the order of time; equal times in the
/// order of the instruments.
struct BacktestMarket {
  /// When the input begins.
  let firstNs: Int64
  /// The first and the last moment of the window that the input has.
  let startNs: Int64
  let endNs: Int64
  private let sources: [any PlayedSource]
  private var heads: [PlayedMessage?]

  /// - Throws: `CaptureError` or `TapeError` for a file that is none, `SessionError` for a window that the input has not.
  init(_ settings: BacktestSettings, instruments: [Instrument]) throws {
    let files = try settings.venues.map { try $0.marketFiles() }
    var spans: [ClosedRange<Int64>] = []
    let sources = try instruments.map { instrument -> any PlayedSource in
      let venue = Int(instrument.venue.rawValue)
      if case .synthetic(let seed, let seconds) = settings.venues[venue].input {
        let market = SyntheticMarket(seed: seed)
        let firstNs = market.summary.firstTimeNs
        spans.append(firstNs...firstNs + Int64(seconds) * 1_000_000_000)
        return MarketLines(market, instruments: [instrument])
      }
      guard let found = files[venue].first(where: { $0.instrument.symbol == instrument.symbol }) else {
        throw SessionError("instruments: no input of the backtest has \(instrument.symbol.text)")
      }
      let market = try RowMarket(found, as: instrument)
      spans.append(market.spanNs)
      return MarketRows(market)
    }
    let firstNs = spans.reduce(.max) { min($0, $1.lowerBound) }
    let lastNs = spans.reduce(.min) { max($0, $1.upperBound) }
    try self.init(
      sources, firstNs: firstNs, startNs: firstNs.addingClamped(settings.fromNs),
      endNs: min(lastNs, firstNs.addingClamped(settings.toNs)))
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
    let firstNs = reader.summary.firstTimeNs
    try self.init(
      [MarketLines(reader, instruments: instruments)], firstNs: firstNs, startNs: firstNs,
      endNs: reader.summary.lastTimeNs ?? firstNs)
  }

  private init(_ sources: [any PlayedSource], firstNs: Int64, startNs: Int64, endNs: Int64) throws {
    self.sources = sources
    (self.firstNs, self.startNs, self.endNs) = (firstNs, startNs, endNs)
    heads = try sources.map { try $0.next() }
  }

  /// - Returns: the next message up to the window's end, those before its beginning included; nil at the end.
  /// - Throws: `SessionError` for a message that cannot be read.
  mutating func next() throws -> PlayedMessage? {
    var earliest: (place: Int, played: PlayedMessage)?
    for (i, head) in heads.enumerated() {
      guard let head else { continue }
      if let earliest, earliest.played.timeNs <= head.timeNs { continue }
      earliest = (i, head)
    }
    guard let earliest, earliest.played.timeNs <= endNs else { return nil }
    heads[earliest.place] = try sources[earliest.place].next()
    return earliest.played
  }
}

/// Messages in the order of time.
private protocol PlayedSource: AnyObject {
  /// - Throws: `SessionError` for a message that cannot be read.
  func next() throws -> PlayedMessage?
}

/// Lines of text, read into messages.
private final class MarketLines: PlayedSource {
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

/// One market of files.
private final class MarketRows: PlayedSource {
  private let market: RowMarket

  init(_ market: RowMarket) { self.market = market }

  func next() throws -> PlayedMessage? {
    guard let (timeNs, stamped) = try market.next() else {
      guard market.hasBook else {
        throw SessionError("\(market.instrument.symbol.text): its files have trades and touches, but no book")
      }
      return nil
    }
    return PlayedMessage(
      timeNs: timeNs, instrument: market.instrument.index, message: stamped.message, receivedNs: stamped.localTimeNs)
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
