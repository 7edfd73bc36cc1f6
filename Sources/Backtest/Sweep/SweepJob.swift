// One run of a sweep: its number, its settings and the key that says whether a stored result is its.

import Pipeline

/// A job. Jobs are numbered in the order of the parameter space, then of the windows.
public struct SweepJob: Equatable, Sendable {
  public var number: Int
  public var settings: [ParameterSetting]
  /// The time that it runs over, in nanoseconds since 1970; nil for all of the data.
  public var window: Range<Int64>?
  /// Of the run's identity and the settings: 16 hexadecimal digits of a SHA-256.
  public var key: String

  /// - Parameter identity: what else a result depends on: the hash of the configuration and the checksums of the data.
  public init(number: Int, settings: [ParameterSetting], window: Range<Int64>? = nil, identity: String) {
    self.number = number
    self.settings = settings
    self.window = window
    // Lengths before texts: no two jobs share their bytes.
    var text = "\(identity.utf8.count):\(identity)"
    for setting in settings {
      text += "|\(setting.name.utf8.count):\(setting.name)=\(setting.value.utf8.count):\(setting.value)"
    }
    if let window { text += "|\(window.lowerBound)..<\(window.upperBound)" }
    key = String(Array(text.utf8).withUnsafeBytes { SHA256.hex($0) }.prefix(16))
  }

  /// Each point in each window.
  public static func all(
    _ points: [[ParameterSetting]], windows: [Range<Int64>] = [], identity: String
  ) -> [SweepJob] {
    let spans: [Range<Int64>?] = windows.isEmpty ? [nil] : windows
    let pairs = points.flatMap { point in spans.map { (point, $0) } }
    return pairs.enumerated().map { number, pair in
      SweepJob(number: number, settings: pair.0, window: pair.1, identity: identity)
    }
  }
}
