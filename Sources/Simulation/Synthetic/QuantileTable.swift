// A distribution of whole numbers told by its quantiles: order sizes and distances, read off a capture.

/// Numbers drawn by inversion: uniform between neighbouring quantiles.
public struct QuantileTable: Equatable, Sendable {
  /// The shares of the distribution that the table's values stand for. Close together at the top, where sizes are heavy.
  public static let shares: [Double] = [
    0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1,
  ]

  /// One value for each of `shares`, at least 1 and not falling.
  public let values: [Int64]

  /// - Returns: nil unless there is a value of at least 1 for each share, none below the one before it.
  public init?(values: [Int64]) {
    guard values.count == Self.shares.count, values[0] >= 1, zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 })
    else { return nil }
    self.values = values
  }

  /// The quantiles of a sample, by the nearest rank; nil for an empty one or one with values below 1.
  public init?(sample: [Int64]) {
    guard !sample.isEmpty else { return nil }
    let sorted = sample.sorted()
    self.init(values: Self.shares.map { sorted[Int(($0 * Double(sorted.count - 1)).rounded())] })
  }

  /// The mean of what `QuantileDraws` draws, before rounding down.
  public var mean: Double {
    var sum = 0.0
    for i in 1..<values.count {
      sum += (Self.shares[i] - Self.shares[i - 1]) * 0.5 * Double(values[i] + values[i - 1])
    }
    return sum
  }
}

/// A table in memory of its own: no reference counting where numbers are drawn.
struct QuantileDraws: ~Copyable {
  private let values: UnsafeMutablePointer<Double>
  private let shares: UnsafeMutablePointer<Double>

  init(_ table: QuantileTable) {
    let count = table.values.count
    values = .allocate(capacity: count)
    values.initialize(from: table.values.map(Double.init), count: count)
    shares = .allocate(capacity: count)
    shares.initialize(from: QuantileTable.shares, count: count)
  }

  deinit {
    values.deallocate()
    shares.deallocate()
  }

  @inline(always)
  func draw(_ random: inout SplitMix64) -> Int64 {
    let share = random.unit()
    var i = 1
    while shares[i] < share { i &+= 1 }  // the last share is 1, and no draw is above it
    let part = (share - shares[i &- 1]) / (shares[i] - shares[i &- 1])
    return Int64(values[i &- 1] + part * (values[i] - values[i &- 1]))
  }
}
