// The account as execution sees it, for summaries and comparisons. Cold: while no worker runs the stage.

public import Market

/// One asset of the account, in units of 10^-8.
public struct AccountBalance: Equatable, Sendable {
  public var asset: String
  public var venue: VenueIndex
  /// The venue's first word plus every fill and fee since.
  public var computed: Amount
  /// What open orders, and positions in contracts, hold back.
  public var reserved: Amount
  /// Fees paid in this asset.
  public var fees: Amount
}

extension ExecutionStage {
  /// Every asset the venue has told of, in the order it first appeared.
  public var accountBalances: [AccountBalance] {
    (0..<balances.count).compactMap { i in
      let row = balances.rows[i]
      guard row.isKnown else { return nil }
      return AccountBalance(
        asset: row.asset.text, venue: row.venue, computed: Amount(units: row.computed),
        reserved: Amount(units: row.reserved), fees: Amount(units: row.fees))
    }
  }

  /// The net position of each instrument, in signed lots.
  public var positionsLots: [Int64] { (0..<instrumentCount).map { instruments[$0].position.lots } }
}
