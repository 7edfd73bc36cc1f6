// The unit of the times that a client is told.

/// Milliseconds, unless the client asked for microseconds: a WebSocket connection with `timeUnit` in its address
/// (web-socket-api.md, "General API Information"), a REST request with `X-MBX-TIME-UNIT` (rest-api.md, same section).
package enum TimeUnit: Equatable {
  case millisecond
  case microsecond

  /// - Parameter name: as the client wrote it; nil where it wrote none.
  /// - Throws: -1194 for a unit that there is not (errors.md, INVALID_TIME_UNIT).
  package init(_ name: String?) throws(APIError) {
    switch name {
    case nil, "MILLISECOND", "millisecond": self = .millisecond
    case "MICROSECOND", "microsecond": self = .microsecond
    default: throw .invalidTimeUnit
    }
  }

  package var ns: Int64 {
    switch self {
    case .millisecond: 1_000_000
    case .microsecond: 1_000
    }
  }

  /// A time in this unit; what is less than one of it is cut off.
  package func count(_ timeNs: Int64) -> Int64 { timeNs / ns }

  /// The last whole one that is not after `timeNs`, in nanoseconds.
  package func roundedDown(_ timeNs: Int64) -> Int64 { timeNs - timeNs % ns }

  /// The first whole one that is not before `timeNs`, in nanoseconds; the end of the range where there is none.
  package func roundedUp(_ timeNs: Int64) -> Int64 {
    let below = roundedDown(timeNs)
    return below == timeNs ? timeNs : below <= .max - ns ? below + ns : .max
  }
}

/// A time that a client sent.
struct RequestTime {
  var ns: Int64
  /// What it was sent in, and is exact to.
  var unit: TimeUnit
}

extension Parameters {
  /// "Timestamp parameters can be passed in milliseconds or microseconds" (web-socket-api.md, "General API Information"):
  /// which of the two it is, its size tells. Milliseconds have 13 digits in this era, microseconds 16.
  ///
  /// - Returns: nil when it was not sent.
  func time(_ name: String) throws(APIError) -> RequestTime? {
    guard let count = try unsigned(name) else { return nil }
    let unit: TimeUnit = count < 100_000_000_000_000 ? .millisecond : .microsecond
    let (ns, overflow) = count.multipliedReportingOverflow(by: UInt64(unit.ns))
    guard !overflow, let ns = Int64(exactly: ns) else { throw .overflow(name) }
    return RequestTime(ns: ns, unit: unit)
  }
}
