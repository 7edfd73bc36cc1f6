// What `apus import` reads: files of others, or a tape.

import Market
import Simulation

/// Rows of one market, from whatever it is kept in. One owner, one thread.
struct ImportInput {
  let tick: DecimalStep
  let lot: DecimalStep
  /// What each file is, for people.
  let description: [String]
  /// One of the two.
  private var files: MarketImport?
  private var tape: TapeReader?

  init(_ paths: [String], _ settings: ImportSettings) throws {
    if paths.count == 1, paths[0].hasSuffix(".tape") {
      let reader = try TapeReader(path: paths[0])
      (tick, lot) = (reader.instrument.tick, reader.instrument.lot)
      description = ["\(paths[0]): tape of \(reader.instrument.description)"]
      tape = reader
    } else {
      let files = try MarketImport(paths: paths, settings: settings)
      (tick, lot) = (files.tick, files.lot)
      description = files.files.map { "\($0.path): \($0.format.rawValue)" }
      self.files = files
    }
  }

  mutating func next() throws -> TapeRow? {
    if tape != nil { return try tape?.next() }
    return try files?.next()
  }
}
