// Lost connections, each counted under the name of its reason. Counted by the thread of the stage that owns the channel.

public import Pipeline

/// One counter for each `CloseReason`, such as "feed.binance.closed.certificateRejected".
public struct CloseCounters: @unchecked Sendable {  // Safe: the table is complete after init and never freed.
  /// By raw value. It stays for the life of the process, as the counters do.
  private let table: UnsafeMutablePointer<Counter>

  /// - Parameter name: what stands before the reason, "feed.binance.closed".
  public init(_ file: CounterFile, name: String) {
    table = .allocate(capacity: CloseReason.allCases.count)
    for reason in CloseReason.allCases {
      (table + Int(reason.rawValue)).initialize(to: file.counter("\(name).\(reason)"))
    }
  }

  @_noLocks @inline(never)
  public func count(_ reason: CloseReason) { table[Int(reason.rawValue)].add() }
}
