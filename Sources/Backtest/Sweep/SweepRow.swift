// What a sweep keeps of a finished job: one line of JSON.

import Simulation

/// A job's figures at both ends of its interval, and the profits from which overfitting is judged.
public struct SweepRow: Equatable, Sendable {
  public let number: Int
  public let key: String
  public let settings: [ParameterSetting]
  public let window: Range<Int64>?
  /// Of the first total, in the order of `Metric.allCases`; nil where not defined. Amounts in whole coins.
  public let pessimistic: [Double?]
  public let optimistic: [Double?]
  public let sampleIntervalNs: Int64
  /// The pessimistic run's equity at each of at most `maximumSamples` samples, in units of the settlement asset.
  public let equityUnits: [Int64]
  /// The line itself: results are put together from these, so that a resumed sweep equals one that ran through.
  public let line: String

  /// Ten thousand jobs in memory are then some hundred megabytes.
  public static let maximumSamples = 512

  public init(_ job: SweepJob, _ result: ResultInterval) {
    let total = result.pessimistic.total
    let equity = total?.series.equityUnits ?? []
    var every = 1
    while (equity.count - 1) / every + 1 > Self.maximumSamples { every *= 2 }
    let value = JSONValue.fields([
      ("job", .integer(job.number)),
      ("key", .string(job.key)),
      ("settings", .fields(job.settings.map { ($0.name, .string($0.value)) })),
      ("window_ns", job.window.map { .integers([$0.lowerBound, $0.upperBound]) } ?? .null),
      ("pessimistic", total?.figuresJSON ?? .null),
      ("optimistic", result.optimistic.total?.figuresJSON ?? .null),
      ("sample_interval_ns", .integer(result.pessimistic.sampleIntervalNs * Int64(every))),
      ("equity_units", .integers(stride(from: 0, to: equity.count, by: every).map { equity[$0] })),
    ])
    self.init(line: value.text)!
  }

  /// - Returns: nil for a line that is torn or of another form.
  public init?(line: String) {
    guard let value = JSONValue(parsing: line.utf8), let number = value["job"]?.integer, let key = value["key"]?.string,
      case .object(let settings) = value["settings"], let pessimistic = value["pessimistic"],
      let optimistic = value["optimistic"], let interval = value["sample_interval_ns"]?.integer, interval > 0,
      let equity = value["equity_units"]?.elements
    else { return nil }
    let bounds = value["window_ns"]?.elements?.compactMap(\.integer)
    if let bounds { guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil } }
    self.line = line
    self.number = Int(number)
    self.key = key
    self.settings = settings.map { ParameterSetting(name: $0.key, value: $0.value.string ?? "") }
    window = bounds.map { $0[0]..<$0[1] }
    self.pessimistic = Metric.allCases.map { pessimistic[$0.rawValue]?.real }
    self.optimistic = Metric.allCases.map { optimistic[$0.rawValue]?.real }
    sampleIntervalNs = interval
    equityUnits = equity.compactMap(\.integer)
  }

  public func figure(_ metric: Metric) -> (pessimistic: Double?, optimistic: Double?) {
    let place = Metric.allCases.firstIndex(of: metric)!
    return (pessimistic[place], optimistic[place])
  }

  /// The same result under another number.
  func renumbered(_ number: Int) -> SweepRow {
    guard number != self.number, case .object(var members) = JSONValue(parsing: line.utf8) else { return self }
    members[0].value = .integer(number)
    return SweepRow(line: JSONValue.object(members).text)!
  }

  /// Of the kept samples, not annualised; 0 for a job that never gained or lost, nil below two returns.
  var sharpe: Double? {
    let moments = SampleMoments(returns)
    guard let deviation = moments.standardDeviation else { return nil }
    return deviation > 0 ? moments.mean / deviation : 0
  }

  var returns: [Double] { Returns(equityUnits: equityUnits, intervalNs: sampleIntervalNs).values }
}
