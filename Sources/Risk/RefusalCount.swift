// How often the risk gate gave one reason: what an observer outside the session is told.

/// Orders and amendments that the gate refused for one reason.
public struct RefusalCount: Equatable, Sendable {
  public var reason: RefusalReason
  public var count: Int64

  public init(_ reason: RefusalReason, _ count: Int64) {
    self.reason = reason
    self.count = count
  }
}
