// One venue of a backtest: its settings with the instruments that are traded there, checked, and how its desk is made.

import Backtest
import Market
import Simulation

/// A venue before anything is played.
struct SimulatedVenue {
  let settings: SimulatedVenueSettings
  private let venue: VenueIndex
  /// As the venue's engine numbers them: from 0 on.
  private let instruments: [Instrument]
  /// The session's indices of the same instruments.
  private let indices: [InstrumentIndex]
  private let impact: [Int: any ImpactModel]
  /// Of each instrument, where they are contracts.
  private let contracts: [ContractTerms]

  /// - Parameters:
  ///   - all: the session's instruments.
  ///   - leverage: of the risk limits.
  /// - Throws: `SessionError` for what does not go together.
  init(_ settings: SimulatedVenueSettings, venue: VenueIndex, of all: [Instrument], leverage: Int) throws {
    let traded = all.filter { $0.venue == venue }
    var own = traded
    for i in own.indices { own[i].index = InstrumentIndex(UInt16(i)) }
    self.settings = settings
    self.venue = venue
    instruments = own
    indices = traded.map(\.index)
    contracts = try settings.contractTerms(own, leverage: leverage)
    impact = try Self.impact(settings, own)
    try settings.fees.check(own, section: settings.section, balances: settings.balances.map(\.asset.text))
    let moved = own.flatMap { $0.kind == .spot ? [$0.base, $0.quote] : [$0.settlement] }
    let assets = Set(moved.map(\.text) + settings.fees.assets)
    if let other = settings.balances.first(where: { !assets.contains($0.asset.text) }) {
      throw SessionError(
        "\(settings.section).balances.\(other.asset.text): no instrument is paid for or settled in this asset")
    }
  }

  /// The stated price of the third asset that fees are paid with.
  var feePrice: FeePrice? {
    settings.fees.asset.map {
      FeePrice(asset: $0.asset, settlement: instruments[0].settlement, price: $0.price)
    }
  }

  /// - Throws: `SessionError` for recorded funding that says nothing of a part of what is played.
  func checkFunding(_ window: ClosedRange<Int64>) throws {
    for (instrument, terms) in zip(instruments, contracts) {
      guard case .recorded(let series)? = terms.funding,
        !(series.coveredNs.contains(window.lowerBound) && series.coveredNs.contains(window.upperBound))
      else { continue }
      throw SessionError(
        "\(settings.section).contracts.\(instrument.symbol.text).funding.file: it tells all payments "
          + "from \(series.coveredNs.lowerBound) to \(series.coveredNs.upperBound) ns, and what is played is from "
          + "\(window.lowerBound) to \(window.upperBound)")
    }
  }

  /// The venue at the beginning of a session.
  ///
  /// - Parameter firstNs: when the input begins.
  func desk(_ queue: QueueRule, firstNs: Int64) throws -> VenueDesk {
    let halts = settings.halts.map { $0.halt(instruments, firstNs: firstNs) }
    let models = MatchingModels(
      queue: queue, fees: settings.fees, impact: impact, halts: halts, contracts: contracts)
    guard let engine = MatchingEngine(instruments: instruments, balances: settings.balances, models: models) else {
      throw SessionError("the money of an instrument is finer than 10^-8 or beyond 128 bits")
    }
    return VenueDesk(engine: engine, venue: venue, instruments: indices)
  }

  /// - Throws: `SessionError` for an instrument that is not traded.
  private static func impact(
    _ settings: SimulatedVenueSettings, _ instruments: [Instrument]
  ) throws -> [Int: any ImpactModel] {
    let traded = Dictionary(uniqueKeysWithValues: instruments.map { ($0.symbol.text, $0) })
    if let other = settings.halts.compactMap(\.symbol).first(where: { traded[$0] == nil }) {
      throw SessionError("\(settings.section).halts: \(other) is not traded")
    }
    return try settings.impact.reduce(into: [:]) { models, impact in
      guard let instrument = traded[impact.symbol] else {
        throw SessionError("\(settings.section).impact.\(impact.symbol): it is not traded")
      }
      models[Int(instrument.index.rawValue)] = try impact.model(instrument)
    }
  }
}
