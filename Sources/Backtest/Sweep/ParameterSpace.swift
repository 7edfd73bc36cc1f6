// The configurations of a sweep: every point of a grid, or points drawn at random.

import Foundation
import Simulation

/// One setting of a job: the name of a parameter and its value as configuration text.
public struct ParameterSetting: Equatable, Sendable {
  public var name: String
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// The values that a parameter takes in a sweep.
public enum ParameterAxis: Equatable, Sendable {
  case values(name: String, [String])
  /// Evenly between two numbers.
  case uniform(name: String, ClosedRange<Double>)
  /// Evenly between the logarithms of two positive numbers.
  case logarithmic(name: String, ClosedRange<Double>)

  /// - Parameter text: `value,value`, `LOW..HIGH` for numbers drawn evenly between, `log:LOW..HIGH` for their logarithms.
  public init(name: String, text: String) {
    let isLogarithmic = text.hasPrefix("log:")
    let ends = text.dropFirst(isLogarithmic ? 4 : 0).components(separatedBy: "..").map { Double($0) }
    if ends.count == 2, let low = ends[0], let high = ends[1], low < high, (high - low).isFinite {
      self = isLogarithmic ? .logarithmic(name: name, low...high) : .uniform(name: name, low...high)
    } else {
      self = .values(name: name, text.split(separator: ",").map(String.init))
    }
  }

  /// Whether it has no end of values: a grid cannot be made of it.
  public var isRange: Bool {
    if case .values = self { false } else { true }
  }

  public var name: String {
    switch self {
    case .values(let name, _), .uniform(let name, _), .logarithmic(let name, _): name
    }
  }
}

public enum ParameterSpace {
  public enum Problem: Error, Equatable {
    /// A grid needs values; a range has no end of them.
    case notDiscrete(String)
    case empty(String)
    case twice(String)
    /// A logarithmic range begins above zero.
    case notPositive(String)
  }

  /// Every combination, the last axis changing fastest: the order in which jobs are numbered.
  public static func grid(_ axes: [ParameterAxis]) throws(Problem) -> [[ParameterSetting]] {
    try check(axes)
    var points: [[ParameterSetting]] = [[]]
    for axis in axes {
      guard case .values(let name, let values) = axis else { throw .notDiscrete(axis.name) }
      points = points.flatMap { point in values.map { point + [ParameterSetting(name: name, value: $0)] } }
    }
    return points
  }

  /// `count` points drawn from the seed (Bergstra and Bengio, Random search for hyper-parameter optimization, Journal of
  /// Machine Learning Research 2012). More points with the same seed begin with the same points.
  public static func random(
    _ axes: [ParameterAxis], count: Int, seed: UInt64
  ) throws(Problem) -> [[ParameterSetting]] {
    try check(axes)
    var random = SplitMix64(seed: seed)
    var points: [[ParameterSetting]] = []
    for _ in 0..<count {
      points.append(axes.map { ParameterSetting(name: $0.name, value: $0.draw(&random)) })
    }
    return points
  }

  private static func check(_ axes: [ParameterAxis]) throws(Problem) {
    for (index, axis) in axes.enumerated() {
      if axes[..<index].contains(where: { $0.name == axis.name }) { throw .twice(axis.name) }
      if case .values(let name, []) = axis { throw .empty(name) }
      if case .logarithmic(let name, let range) = axis, range.lowerBound <= 0 { throw .notPositive(name) }
    }
  }
}

extension ParameterAxis {
  fileprivate func draw(_ random: inout SplitMix64) -> String {
    switch self {
    case .values(_, let values): return values[random.next(below: values.count)]
    case .uniform(_, let range): return text(range, at: random.unit())
    case .logarithmic(_, let range):
      let (low, high) = (log(range.lowerBound), log(range.upperBound))
      return "\(min(max(exp(low + (high - low) * random.unit()), range.lowerBound), range.upperBound))"
    }
  }

  private func text(_ range: ClosedRange<Double>, at place: Double) -> String {
    "\(range.lowerBound + (range.upperBound - range.lowerBound) * place)"
  }
}
