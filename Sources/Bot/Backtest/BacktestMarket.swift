// The market that a backtest plays: recorded or synthetic lines, read into messages of the session's instruments.

import Market
import Simulation

/// One message of one instrument, and when it happened.
struct PlayedMessage {
  var timeNs: Int64
  var instrument: InstrumentIndex
  var message: MarketMessage
}

/// The messages of the configured instruments within the configured window, in the order of time.
struct BacktestMarket {
  /// The first and the last moment of the window that the input has.
  let startNs: Int64
  let endNs: Int64
  private var source: any MarketSource
  private let instruments: [String: Instrument]

  /// - Throws: `CaptureError` for a file that is no capture, `SessionError` for an instrument that no input has.
  init(_ settings: BacktestSettings, instruments: [Instrument]) throws {
    let summary: MarketSummary
    let inputEndNs: Int64
    switch settings.input {
    case .captures(let files):
      source = try CaptureReader(paths: files)
      summary = source.summary
      inputEndNs = summary.lastTimeNs ?? summary.firstTimeNs
    case .synthetic(let seed, let seconds):
      source = SyntheticMarket(seed: seed)
      summary = source.summary
      inputEndNs = summary.firstTimeNs + Int64(seconds) * 1_000_000_000
    }
    for instrument in instruments where !summary.symbols.contains(instrument.symbol.text) {
      throw SessionError(
        "instruments: no input of the backtest has \(instrument.symbol.text); there is "
          + summary.symbols.joined(separator: ", "))
    }
    for instrument in instruments where summary.snapshots[instrument.symbol.text] == nil {
      throw SessionError("\(instrument.symbol.text) has no snapshot in any input: there would never be a book")
    }
    self.instruments = Dictionary(uniqueKeysWithValues: instruments.map { ($0.symbol.text, $0) })
    startNs = summary.firstTimeNs.addingClamped(settings.fromNs)
    endNs = min(inputEndNs, summary.firstTimeNs.addingClamped(settings.toNs))
    guard startNs < endNs else { throw SessionError("backtest.window: the input ends before the window begins") }
  }

  /// - Returns: the next message up to the window's end, those before its beginning included; nil at the end.
  /// - Throws: `SessionError` for a message that cannot be read.
  mutating func next() throws -> PlayedMessage? {
    while let line = try source.next(), line.timeNs <= endNs {
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

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
