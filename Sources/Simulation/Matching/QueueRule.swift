// Where in a displayed level those stood who left it: what no recording by price level can tell.

import Market

/// How the queue ahead of a resting order shrinks when the displayed quantity at its price falls without a trade.
///
/// The two rules are the ends of what is possible: with the queue that an order joins known (everything displayed), its
/// place lies between them, whoever really left. A fall that its own trade report explains is no departure. A trade whose
/// report comes after the fall that it made counts twice, which moves the optimistic end outwards only.
public enum QueueRule: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// Everybody who leaves stood behind us: the queue ahead is never more than what is displayed. The default; the
  /// risk-averse model of hftbacktest's documentation ("Order Fill", queue models).
  case leaveBehind
  /// Everybody who leaves stood before us.
  case leaveAhead
}

extension VenueOrder {
  /// The displayed quantity at the order's price has become `displayed`.
  mutating func follow(_ displayed: Quantity, _ rule: QueueRule) {
    let left = displayedThen.lots - displayed.lots - tradedSince.lots
    if rule == .leaveAhead, left > 0 { queueAhead.lots = max(0, queueAhead.lots - left) }
    queueAhead = min(queueAhead, displayed)
    guard displayed != displayedThen else { return }
    displayedThen = displayed
    tradedSince = .zero
  }
}
