// The market a demo plays: which symbol, and what the account begins with.

import Foundation
import Journal
import Market
import Simulation

/// A recorded or the synthetic market.
struct DemoMarket {
  let captures: [String]
  let instrument: Instrument

  var symbol: String { instrument.symbol.text }
  var isSynthetic: Bool { captures.isEmpty }

  /// Reads the symbol off the captures' first stream.
  ///
  /// - Throws: `CaptureError` for a file that cannot be read, `SessionError` for a market without rules.
  init(captures: [String]) throws {
    self.captures = captures
    var symbol = DerivedRules.syntheticSymbol
    if !captures.isEmpty {
      var reader = try CaptureReader(paths: captures)
      guard let line = try reader.next() else { throw SessionError("\(captures[0]): the capture is empty") }
      symbol = line.symbol
    }
    guard let instrument = DerivedRules.instruments(symbols: [symbol])?.first else {
      throw SessionError("there are no trading rules for \(symbol); Sources/Simulation/DerivedRules.swift lists them")
    }
    self.instrument = instrument
  }

  /// What the account begins with, as the venue's options say it: enough of both assets to sell before buying.
  var balances: [String] { ["\(instrument.quote.text)=100000", "\(instrument.base.text)=2"] }

  /// The captures by name and digest, for the journal's header.
  func identities() throws -> [CaptureIdentity] {
    try captures.map {
      CaptureIdentity(name: ($0 as NSString).lastPathComponent, digest: try Digest.of(file: $0))
    }
  }
}
