// What figures are told of: an instrument, the instruments of a venue that settle in one asset, all that settle in one.

import Market

public enum ScopeKind: String, Sendable, CaseIterable {
  case instrument
  case venue
  case total
}

/// Several instruments that are told of together. Amounts of different assets are never added, so each settlement asset
/// has groups of its own.
struct ScopeGroup: Equatable {
  var kind: ScopeKind
  var venue: VenueIndex?
  var settlement: ShortName
  /// Places of its instruments.
  var members: [Int]

  /// Venues in order of their index, then the totals; assets in the order in which instruments name them.
  static func all(of instruments: [Instrument]) -> [ScopeGroup] {
    var assets: [ShortName] = []
    for instrument in instruments where !assets.contains(instrument.settlement) { assets.append(instrument.settlement) }
    let venues = Set(instruments.map(\.venue.rawValue)).sorted()
    let scopes: [VenueIndex?] = venues.map { VenueIndex($0) } + [nil]
    return scopes.flatMap { venue in
      assets.compactMap { asset in
        let members = instruments.indices.filter { index in
          instruments[index].settlement == asset && (venue == nil || instruments[index].venue == venue)
        }
        guard !members.isEmpty else { return nil }
        return ScopeGroup(kind: venue == nil ? .total : .venue, venue: venue, settlement: asset, members: members)
      }
    }
  }
}
