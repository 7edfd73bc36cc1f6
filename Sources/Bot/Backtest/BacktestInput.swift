// What a backtest's input is of: the definitions of its instruments, found before anything is played.

import Market
import Simulation

extension BacktestSettings {
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
  func definitions(of symbols: [String], in files: [MarketFiles]) throws -> [Instrument] {
    if let other = instruments.keys.sorted().first(where: { !symbols.contains($0) }) {
      throw SessionError("backtest.instruments.\(other): the session does not trade it")
    }
    if case .synthetic = input {
      guard let derived = DerivedRules.instruments(symbols: symbols),
        symbols == [DerivedRules.syntheticSymbol], instruments.isEmpty
      else { throw SessionError("instruments: the synthetic market is of \(DerivedRules.syntheticSymbol) alone") }
      return derived
    }
    return try symbols.enumerated().map { i, symbol in
      guard let found = files.first(where: { $0.instrument.symbol.text == symbol }) else {
        let there = files.map(\.instrument.symbol.text).joined(separator: ", ")
        throw SessionError("instruments: no input of the backtest has \(symbol); there is \(there)")
      }
      if found.instrument.kind == .spot, instruments[symbol] == nil,
        var derived = DerivedRules.instruments(symbols: [symbol])?.first
      {
        derived.index = InstrumentIndex(UInt16(i))
        return derived
      }
      do throws(RulesError) {
        return try InferredRules.instrument(
          found.instrument, instruments[symbol] ?? InstrumentTerms(), index: InstrumentIndex(UInt16(i)))
      } catch {
        throw SessionError("\(symbol): \(error)")
      }
    }
  }
}
