// Which connection brought the last messages first, and when: against this the second arrival is measured. One thread.

/// The newest first arrivals of one instrument's diffs.
struct FirstArrivals: BitwiseCopyable {
  /// 16 diffs are 1.6 s of `@100ms` and 0.3 s of SBE: a copy that comes later than that is not compared.
  private var updates = SIMD16<UInt64>(repeating: 0)
  private var timesNs = SIMD16<Int64>(repeating: 0)
  private var connections = SIMD16<UInt8>(repeating: 0)
  private var next = 0

  mutating func note(_ update: UInt64, _ connection: Int, _ nowNs: Int64) {
    updates[next] = update
    timesNs[next] = nowNs
    connections[next] = UInt8(truncatingIfNeeded: connection)
    next = (next &+ 1) & 15
  }

  /// - Returns: who brought that update first, and when; -1 when it is not remembered.
  func find(_ update: UInt64) -> (connection: Int, timeNs: Int64) {
    for i in 0..<16 where updates[i] == update { return (Int(connections[i]), timesNs[i]) }
    return (-1, 0)
  }
}
