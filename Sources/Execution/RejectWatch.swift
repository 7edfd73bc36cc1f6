// Counts a venue's rejects of one instrument, to notice when it refuses the same thing again and again.

/// Rejects for one reason in a row, in a window that begins with the first of them.
struct RejectWatch: BitwiseCopyable {
  /// More than the few orders that are under way when a rule changes, and less than a minute of a strategy that insists.
  static var limit: Int { 10 }
  static var windowNs: Int64 { 10_000_000_000 }

  private var reason: UInt16 = 0
  private var rejects = 0
  private var sinceNs: Int64 = 0

  /// The venue took an order.
  @inline(always)
  mutating func clear() { rejects = 0 }

  /// Counts a reject; true when it is the one too many.
  @inline(always)
  mutating func count(_ reason: UInt16, nowNs: Int64) -> Bool {
    if reason != self.reason || rejects == 0 || nowNs &- sinceNs >= Self.windowNs {
      self.reason = reason
      rejects = 0
      sinceNs = nowNs
    }
    rejects &+= 1
    if rejects < Self.limit { return false }
    rejects = 0
    return true
  }
}
