// The plan of a venue's faults: which, how often, for whom; as a value and as text.

/// One line of a fault plan.
package struct FaultRule: Sendable, Equatable {
  package var kind: FaultKind
  /// How often it strikes, in parts of a million of the messages that it is for.
  package var chance: Int64 = 0
  /// Strikes that message alone, counted from 1; instead of `chance`.
  package var ordinal: Int?
  /// How long what has a duration takes: drawn evenly between both.
  package var delayNs: ClosedRange<Int64> = 0...0
  /// Only requests of this method, and their replies.
  package var method: String?
  /// Only requests, replies and events of this API key.
  package var key: String?
  /// Only the n-th connection of its kind since the venue began, from 1.
  package var connection: Int?

  package init(_ kind: FaultKind, perMillion chance: Int64, delayNs: ClosedRange<Int64> = 0...0) {
    self.kind = kind
    self.chance = chance
    self.delayNs = delayNs
  }
}

/// Why a fault plan cannot be read.
package struct FaultPlanError: Error, CustomStringConvertible {
  package let description: String
}

/// All faults of a venue. The same plan and the same messages give the same faults.
package struct FaultPlan: Sendable, Equatable {
  package var seed: UInt64 = 1
  package var rules: [FaultRule] = []
  /// How long every message takes, in each direction, without changing places.
  package var latencyNs: ClosedRange<Int64> = 0...0
  /// Added to the venue's clock.
  package var clockOffsetNs: Int64 = 0

  package init() {}

  /// Reads rules apart by `;` or on lines of their own; `#` begins a comment.
  ///
  ///     seed 7
  ///     latency 100us..2ms
  ///     clock -250ms
  ///     reply.late 5% 10ms..3s method=order.cancel
  ///     reply.cut once@3 method=order.place key=bot
  ///     market.lost always connection=2
  package init(parsing text: String) throws(FaultPlanError) {
    for line in text.split(whereSeparator: { $0 == ";" || $0.isNewline }) {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let name = words.first else { continue }
      do throws(FaultPlanError) {
        switch (name, words.count) {
        case ("seed", 2): seed = try Self.number(words[1])
        case ("latency", 2): latencyNs = try Self.delays(words[1])
        case ("clock", 2): clockOffsetNs = try Self.offset(words[1])
        default: rules.append(try FaultRule(words))
        }
      } catch {
        throw FaultPlanError(description: "\(words.joined(separator: " ")): \(error.description)")
      }
    }
  }

  private static func number(_ text: String) throws(FaultPlanError) -> UInt64 {
    guard let number = UInt64(text) else { throw FaultPlanError(description: "\(text) is not a number") }
    return number
  }

  private static func offset(_ text: String) throws(FaultPlanError) -> Int64 {
    let isNegative = text.hasPrefix("-")
    let delay = try delays(String(text.drop { $0 == "-" || $0 == "+" })).lowerBound
    return isNegative ? -delay : delay
  }

  /// `20ms` or `20ms..3s`.
  fileprivate static func delays(_ text: String) throws(FaultPlanError) -> ClosedRange<Int64> {
    let parts = text.components(apartBy: "..")
    guard let first = parts.first.flatMap(nanoseconds), let last = parts.last.flatMap(nanoseconds), first <= last,
      parts.count <= 2
    else { throw FaultPlanError(description: "\(text) is not a time (20ms) or a span of times (20ms..3s)") }
    return first...last
  }

  private static func nanoseconds(_ text: String) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units: [String: Int64] = ["us": 1_000, "ms": 1_000_000, "s": 1_000_000_000]
    guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))] else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : product
  }
}

extension FaultRule {
  fileprivate init(_ words: [String]) throws(FaultPlanError) {
    guard let kind = FaultKind(rawValue: words[0]) else { throw FaultPlanError(description: "there is no such fault") }
    self.kind = kind
    guard words.count > 1 else { throw FaultPlanError(description: "how often? (5%, always, once@3)") }
    try readFrequency(words[1])
    var hasDelay = false
    for word in words.dropFirst(2) {
      let pair = word.split(separator: "=", maxSplits: 1).map(String.init)
      switch (pair[0], pair.count) {
      case ("method", 2): method = pair[1]
      case ("key", 2): key = pair[1]
      case ("connection", 2): connection = Int(pair[1])
      case (_, 1):
        delayNs = try FaultPlan.delays(word)
        hasDelay = true
      default: throw FaultPlanError(description: "\(word) is none of method=, key=, connection= or a time")
      }
    }
    if kind.needsDelay, !hasDelay { throw FaultPlanError(description: "how long? (20ms, 20ms..3s)") }
  }

  private mutating func readFrequency(_ text: String) throws(FaultPlanError) {
    if text == "always" {
      chance = 1_000_000
    } else if text.hasPrefix("once@"), let number = Int(text.dropFirst(5)), number > 0 {
      ordinal = number
    } else if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent >= 0, percent <= 100 {
      chance = Int64((percent * 10_000).rounded())
    } else {
      throw FaultPlanError(description: "\(text) is not a frequency (5%, always, once@3)")
    }
  }
}

extension String {
  fileprivate func components(apartBy separator: String) -> [String] {
    guard let range = firstRange(of: separator) else { return [self] }
    return [String(self[..<range.lowerBound]), String(self[range.upperBound...])]
  }
}
