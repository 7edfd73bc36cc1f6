// What `apus import` reads: files of others, recorded captures, a tape, or a market that is made up.

import Market
import Simulation

/// Rows of one market, from whatever it is kept in. One owner, one thread.
struct ImportInput {
  let tick: DecimalStep
  let lot: DecimalStep
  /// What the market is, where the input says it.
  let instrument: TapeInstrument?
  /// What each file is, for people.
  let description: [String]
  /// One of the four.
  private var files: MarketImport?
  private var captures: CaptureRows?
  private var tape: TapeReader?
  private var synthetic: SyntheticInput?

  init(_ paths: [String], _ settings: ImportSettings) throws {
    if paths.count == 1, paths[0].hasSuffix(".tape") {
      let reader = try TapeReader(path: paths[0])
      instrument = reader.instrument
      (tick, lot) = (reader.instrument.tick, reader.instrument.lot)
      description = ["\(paths[0]): tape of \(reader.instrument.description)"]
      tape = reader
    } else if paths.allSatisfy(MarketImport.isCapture) {
      let captures = try CaptureRows(paths: paths, touches: true, rebuilds: true)
      instrument = captures.instrument
      (tick, lot) = (captures.instrument.tick, captures.instrument.lot)
      description = paths.map { "\($0): capture of \(captures.instrument.description)" }
      self.captures = captures
    } else {
      instrument = nil
      let files = try MarketImport(paths: paths, settings: settings)
      (tick, lot) = (files.tick, files.lot)
      description = files.files.map { "\($0.path): \($0.format.rawValue)" }
      self.files = files
    }
  }

  init(_ market: SyntheticInput, _ description: String) {
    instrument = SyntheticInput.instrument
    (tick, lot) = (SyntheticInput.instrument.tick, SyntheticInput.instrument.lot)
    self.description = [description]
    synthetic = market
  }

  /// Kinds of rows whose venue time was made of the receive time.
  var derivedTimes: Set<TapeRowKind> { captures?.derivedTimes ?? [] }

  mutating func next() throws -> TapeRow? {
    if let synthetic { return synthetic.next() }
    if tape != nil { return try tape?.next() }
    if captures != nil { return try captures?.next() }
    return try files?.next()
  }
}
