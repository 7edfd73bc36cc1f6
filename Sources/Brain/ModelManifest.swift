// What a model file says about its model: the contract between training and the bot. Cold path.

/// The manifest of a brain model, kept as texts in the metadata of its safetensors file.
public struct ModelManifest: Sendable, Equatable {
  /// The one layout of tensors and manifest that this build reads.
  public static let format = "apus.brain.1"

  /// A name for people.
  public var name: String
  /// The names of the inputs, in order.
  public var features: [String]
  /// The model steps at every whole multiple of this in the session's clock (see `StepClock`).
  public var clockIntervalNs: Int64
  /// The forecast is of the mid price's move from a step to this much later.
  public var horizonNs: Int64
  /// A move counts as up or down when it is larger than this, in units of 10^-4 of the price (basis points).
  public var thresholdBasisPoints: Double
  /// What it was trained on, for people.
  public var training: String

  public init(
    name: String, features: [String], clockIntervalNs: Int64, horizonNs: Int64, thresholdBasisPoints: Double,
    training: String
  ) {
    self.name = name
    self.features = features
    self.clockIntervalNs = clockIntervalNs
    self.horizonNs = horizonNs
    self.thresholdBasisPoints = thresholdBasisPoints
    self.training = training
  }

  /// - Throws: `ModelError.manifest`, naming the entry.
  init(metadata: [String: String]) throws(ModelError) {
    func text(_ key: String) throws(ModelError) -> String {
      guard let value = metadata[key], !value.isEmpty else { throw .manifest(key: key, problem: "missing") }
      return value
    }
    func positive(_ key: String) throws(ModelError) -> Int64 {
      let value = try text(key)
      guard let number = Int64(value), number > 0, number <= 3_600_000_000_000 else {
        throw .manifest(key: key, problem: "\(value) is no time in nanoseconds up to an hour")
      }
      return number
    }
    let found = try text("format")
    guard found == Self.format else {
      throw .manifest(key: "format", problem: "\(found), this build reads \(Self.format)")
    }
    let clock = try text("clock")
    guard clock == "grid" else { throw .manifest(key: "clock", problem: "\(clock), this build has only grid") }
    name = try text("name")
    features = try text("features").split(separator: ",").map(String.init)
    clockIntervalNs = try positive("clock_interval_ns")
    horizonNs = try positive("horizon_ns")
    let threshold = try text("threshold_basis_points")
    guard let number = Double(threshold), number.isFinite, number >= 0 else {
      throw .manifest(key: "threshold_basis_points", problem: "\(threshold) is no number from 0")
    }
    thresholdBasisPoints = number
    training = try text("training")
  }

  /// The entries as they stand in a file, without the checksum.
  public var metadata: [String: String] {
    [
      "format": Self.format, "clock": "grid", "name": name, "features": features.joined(separator: ","),
      "clock_interval_ns": String(clockIntervalNs), "horizon_ns": String(horizonNs),
      "threshold_basis_points": String(thresholdBasisPoints), "training": training,
    ]
  }
}
