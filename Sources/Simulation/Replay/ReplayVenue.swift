// What stands at the other end of the wire in a replay.

/// An exchange that a market is played to: a pure value of rows and requests. It is generic in the replay and specialised
/// with it. Belongs to one replay.
protocol ReplayVenue: ~Copyable {
  associatedtype Row: TimedRow

  /// Every fill of ours, in the venue's order.
  var fills: [ReplayFill] { get }
  /// Rows that the venue could make nothing of.
  var unusableRows: UInt64 { get }
  var hasAnswer: Bool { get }

  mutating func apply(_ row: Row)
  mutating func receive(_ request: ReplayOrder, timeNs: Int64)

  /// - Returns: the oldest answer that was not taken yet; there must be one.
  mutating func takeAnswer() -> ReplayOrder
}
