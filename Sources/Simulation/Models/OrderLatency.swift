// How long orders and their answers travel.

/// Latency of order entry and of responses, apart. Both ways are FIFO: what would overtake arrives with what it follows.
///
/// The model is generic in the replay and specialised with it; it may keep state and is asked in the order of time.
public protocol OrderLatencyModel {
  /// From the decision to the exchange, for a request sent at `localTimeNs`. Negative: the request is rejected on its way,
  /// and the sender hears of it after as many nanoseconds (hftbacktest's convention).
  mutating func entryNs(at localTimeNs: Int64) -> Int64

  /// From the exchange to the sender, for a response made at `exchangeTimeNs`; not negative.
  mutating func responseNs(at exchangeTimeNs: Int64) -> Int64
}

/// The same latency for every order.
public struct ConstantLatency: OrderLatencyModel, Sendable {
  private let entry: Int64
  private let response: Int64

  public init(entryNs: Int64, responseNs: Int64) {
    precondition(responseNs >= 0)
    entry = entryNs
    response = responseNs
  }

  @inline(__always)
  public mutating func entryNs(at localTimeNs: Int64) -> Int64 { entry }
  @inline(__always)
  public mutating func responseNs(at exchangeTimeNs: Int64) -> Int64 { response }
}

/// What one order was measured to take.
public struct MeasuredLatency: BitwiseCopyable, Hashable, Sendable {
  public var requestTimeNs: Int64
  /// When the exchange processed it; 0 when it rejected it on its way, as overloaded venues do.
  public var exchangeTimeNs: Int64
  public var responseTimeNs: Int64

  public init(requestTimeNs: Int64, exchangeTimeNs: Int64, responseTimeNs: Int64) {
    self.requestTimeNs = requestTimeNs
    self.exchangeTimeNs = exchangeTimeNs
    self.responseTimeNs = responseTimeNs
  }
}

/// Measured latencies, linear in time between one measurement and the next; before the first and after the last, theirs.
///
/// Source: hftbacktest 2.4, `IntpOrderLatency`. With y the latency and x the time of two neighbouring measurements,
/// latency(x) = trunc((y2 - y1) / (x2 - x1) * (x - x1)) + y1, in that order of operations in Double; a request between two
/// of which one was rejected is rejected too, and hears of it after the interpolated round trip.
public struct InterpolatedLatency: OrderLatencyModel, Sendable {
  private let measured: [MeasuredLatency]
  private var entryPlace = 0
  private var responsePlace = 0

  /// - Parameter measured: at least one, in the order of their times.
  public init(_ measured: [MeasuredLatency]) {
    precondition(!measured.isEmpty, "there must be something to interpolate")
    self.measured = measured
  }

  public mutating func entryNs(at localTimeNs: Int64) -> Int64 {
    if localTimeNs < measured[0].requestTimeNs { return Self.entry(measured[0]) }
    while entryPlace + 1 < measured.count, measured[entryPlace + 1].requestTimeNs <= localTimeNs { entryPlace += 1 }
    let a = measured[entryPlace]
    guard entryPlace + 1 < measured.count else { return Self.entry(a) }
    let b = measured[entryPlace + 1]
    if a.exchangeTimeNs <= 0 || b.exchangeTimeNs <= 0 {
      return -Interpolation.value(
        localTimeNs, a.requestTimeNs, a.responseTimeNs - a.requestTimeNs, b.requestTimeNs,
        b.responseTimeNs - b.requestTimeNs)
    }
    return Interpolation.value(localTimeNs, a.requestTimeNs, Self.entry(a), b.requestTimeNs, Self.entry(b))
  }

  public mutating func responseNs(at exchangeTimeNs: Int64) -> Int64 {
    if exchangeTimeNs < measured[0].exchangeTimeNs { return Self.response(measured[0]) }
    while responsePlace + 1 < measured.count, measured[responsePlace + 1].exchangeTimeNs <= exchangeTimeNs {
      responsePlace += 1
    }
    let a = measured[responsePlace]
    guard responsePlace + 1 < measured.count else { return Self.response(a) }
    let b = measured[responsePlace + 1]
    return max(
      0,
      Interpolation.value(exchangeTimeNs, a.exchangeTimeNs, Self.response(a), b.exchangeTimeNs, Self.response(b)))
  }

  private static func entry(_ one: MeasuredLatency) -> Int64 { one.exchangeTimeNs - one.requestTimeNs }
  private static func response(_ one: MeasuredLatency) -> Int64 { one.responseTimeNs - one.exchangeTimeNs }
}

/// A straight line between two measurements, in Double and in this order of operations (hftbacktest's).
enum Interpolation {
  static func value(_ x: Int64, _ x1: Int64, _ y1: Int64, _ x2: Int64, _ y2: Int64) -> Int64 {
    Int64(Double(y2 - y1) / Double(x2 - x1) * Double(x - x1)) + y1
  }
}
