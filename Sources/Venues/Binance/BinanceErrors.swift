// What an error reply of Binance means for the request: refused, to be sent again, or unknown.
//
// Sources: binance-spot-api-docs, web-socket-api.md ("Status codes") and errors.md. docs/venues.md prints these tables; a
// test keeps both in step.

public import Market

/// What became of a request that was answered with an error; the worse of two is the greater.
public enum BinanceOutcome: UInt8, BitwiseCopyable, Sendable, CaseIterable, Comparable {
  /// Not carried out, and it would be refused again.
  case refused = 0
  /// Not carried out for a reason that passes: the same request may be sent again.
  case retry = 1
  /// It may have been carried out all the same: the venue has to be asked.
  case unknown = 2

  @inline(always)
  public static func < (a: BinanceOutcome, b: BinanceOutcome) -> Bool { a.rawValue < b.rawValue }
}

/// What is known of a request after an error reply.
struct BinanceVerdict: BitwiseCopyable {
  var reason: ReportReason
  var outcome: BinanceOutcome
}

/// A status, or a range of them; HTTP and the WebSocket API share their meaning.
public struct BinanceStatusRule: BitwiseCopyable, Sendable {
  public let lowest: Int64
  public let highest: Int64
  public let meaning: StaticString
  public let reason: ReportReason
  public let outcome: BinanceOutcome
}

/// An error code of errors.md.
public struct BinanceCodeRule: BitwiseCopyable, Sendable {
  public let code: Int32
  public let name: StaticString
  public let reason: ReportReason
  public let outcome: BinanceOutcome
  /// The matching engine's or a filter's error: the message says which, and `BinanceMessageRule`s come first.
  public let hasMessages: Bool

  init(
    _ code: Int32, _ name: StaticString, _ reason: ReportReason, _ outcome: BinanceOutcome = .refused,
    hasMessages: Bool = false
  ) {
    self.code = code
    self.name = name
    self.reason = reason
    self.outcome = outcome
    self.hasMessages = hasMessages
  }
}

/// How a message of the matching engine or of a filter begins.
public struct BinanceMessageRule: BitwiseCopyable, Sendable {
  public let message: StaticString
  public let reason: ReportReason
  public let outcome: BinanceOutcome

  init(_ message: StaticString, _ reason: ReportReason, _ outcome: BinanceOutcome = .refused) {
    self.message = message
    self.reason = reason
    self.outcome = outcome
  }
}

/// The tables, in memory taken at start so that the hot path reads them without initialising a global.
///
/// Status and code are judged each on its own, and the worse outcome counts: a status of 500 makes any code unknown, a
/// code such as -1007 makes any status unknown. A code that is not listed is a refusal (`other`) unless its status says
/// otherwise: 4xx "indicate invalid requests". A status that is not listed is an unknown outcome.
public struct BinanceErrors: ~Copyable {
  private let statuses: UnsafeMutableBufferPointer<BinanceStatusRule>
  private let codes: UnsafeMutableBufferPointer<BinanceCodeRule>
  private let messages: UnsafeMutableBufferPointer<BinanceMessageRule>

  public init() {
    statuses = Self.copy(Self.statusTable)
    codes = Self.copy(Self.codeTable)
    messages = Self.copy(Self.messageTable)
  }

  deinit {
    statuses.deallocate()
    codes.deallocate()
    messages.deallocate()
  }

  @_noLocks
  func verdict(status: Int64, code: Int64, message: JSONText) -> BinanceVerdict {
    let byStatus = verdict(status: status)
    let byCode = verdict(code: code, message: message)
    return BinanceVerdict(
      reason: byCode.reason == .other ? byStatus.reason : byCode.reason, outcome: max(byStatus.outcome, byCode.outcome))
  }

  private func verdict(status: Int64) -> BinanceVerdict {
    for i in 0..<statuses.count where statuses[i].lowest <= status && status <= statuses[i].highest {
      return BinanceVerdict(reason: statuses[i].reason, outcome: statuses[i].outcome)
    }
    return BinanceVerdict(reason: .venueUnknownOutcome, outcome: .unknown)
  }

  private func verdict(code: Int64, message: JSONText) -> BinanceVerdict {
    for i in 0..<codes.count where Int64(codes[i].code) == code {
      if codes[i].hasMessages, let found = verdict(message: message) { return found }
      return BinanceVerdict(reason: codes[i].reason, outcome: codes[i].outcome)
    }
    return BinanceVerdict(reason: .other, outcome: .refused)
  }

  private func verdict(message: JSONText) -> BinanceVerdict? {
    for i in 0..<messages.count where message.begins(with: messages[i].message) {
      return BinanceVerdict(reason: messages[i].reason, outcome: messages[i].outcome)
    }
    return nil
  }

  private static func copy<Rule: BitwiseCopyable>(_ table: [Rule]) -> UnsafeMutableBufferPointer<Rule> {
    let copy = UnsafeMutableBufferPointer<Rule>.allocate(capacity: table.count)
    _ = copy.initialize(from: table)
    return copy
  }
}
