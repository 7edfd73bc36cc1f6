// What a backtest's input is of: the definitions of its instruments, found before anything is played.

import Market
import Simulation

extension BacktestSettings {
  /// The definitions of the instruments, in the order of their names.
  ///
  /// - Throws: `SessionError` for a venue that nothing is traded at, and as each venue's own definitions.
  func definitions(of names: [String]) throws -> [Instrument] {
    let named = names.map(InstrumentName.init)
    var definitions: [Instrument?] = names.map { _ in nil }
    for (v, venue) in venues.enumerated() {
      let places = named.indices.filter { named[$0].venue ?? venue.name == venue.name }
      guard !places.isEmpty else { throw SessionError("instruments: none is traded at \(venue.name)") }
      let found = try venue.definitions(of: places.map { named[$0].symbol })
      for (place, definition) in zip(places, found) {
        definitions[place] = definition
        definitions[place]?.index = InstrumentIndex(UInt16(place))
        definitions[place]?.venue = VenueIndex(UInt8(v))
      }
    }
    return definitions.compactMap(\.self)
  }
}

extension SimulatedVenueSettings {
  /// The files of each market of the input; none for a synthetic one.
  func marketFiles() throws -> [MarketFiles] {
    switch input {
    case .captures(let paths): try MarketFiles.captures(paths)
    case .tapes(let paths): try MarketFiles.tapes(paths)
    case .synthetic: []
    }
  }

  /// The definitions of the instruments, in the order given: what the files say, in steps that they divide.
  ///
  /// Spot markets that have derived rules keep those, so that captures of one market on different days, whose finest
  /// steps may differ, are one instrument.
  ///
  /// - Throws: `SessionError` for an instrument that no file has or that nothing is known of.
  fileprivate func definitions(of symbols: [String]) throws -> [Instrument] {
    if let twice = symbols.first(where: { symbol in symbols.count { $0 == symbol } > 1 }) {
      throw SessionError("instruments: \(twice) stands twice")
    }
    if let other = instruments.keys.sorted().first(where: { !symbols.contains($0) }) {
      throw SessionError("\(section).instruments.\(other): the session does not trade it")
    }
    if case .synthetic = input {
      guard let derived = DerivedRules.instruments(symbols: symbols),
        symbols == [DerivedRules.syntheticSymbol], instruments.isEmpty
      else { throw SessionError("instruments: the synthetic market is of \(DerivedRules.syntheticSymbol) alone") }
      return derived
    }
    let files = try marketFiles()
    return try symbols.map { symbol in
      guard let found = files.first(where: { $0.instrument.symbol.text == symbol }) else {
        let there = files.map(\.instrument.symbol.text).joined(separator: ", ")
        throw SessionError("instruments: no input of the backtest has \(symbol); there is \(there)")
      }
      if found.instrument.kind == .spot, instruments[symbol] == nil,
        let derived = DerivedRules.instruments(symbols: [symbol])?.first
      {
        return derived
      }
      do throws(RulesError) {
        return try InferredRules.instrument(
          found.instrument, instruments[symbol] ?? InstrumentTerms(), index: InstrumentIndex(0))
      } catch {
        throw SessionError("\(symbol): \(error)")
      }
    }
  }
}
