// What the venue of a backtest does besides matching: when its connections are down, and which requests it turns away.

import Market

/// The behaviour of one venue over a session, decided before it begins: equal in every session on the same configuration.
public struct VenueConduct: Equatable, Sendable {
  /// When the feed is down: what was under way is lost, and nothing is sent.
  public var feedOutages: [Range<Int64>]
  /// When the order session is down: requests and reports under way are lost.
  public var orderOutages: [Range<Int64>]
  /// When every request is refused, in nanoseconds since 1970.
  public var closures: [Range<Int64>]
  public var clock: VenueClockRule
  /// Nil: nothing is counted.
  public var limits: LimitTerms?

  /// Ranges are nanoseconds since 1970, in any order; where they overlap they are one.
  public init(
    feedOutages: [Range<Int64>] = [], orderOutages: [Range<Int64>] = [], closures: [Range<Int64>] = [],
    clock: VenueClockRule, limits: LimitTerms? = nil
  ) {
    self.feedOutages = Self.merged(feedOutages)
    self.orderOutages = Self.merged(orderOutages)
    self.closures = Self.merged(closures)
    self.clock = clock
    self.limits = limits
  }

  /// Without what was over by then.
  public func since(_ startNs: Int64) -> VenueConduct {
    func rest(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
      ranges.filter { $0.upperBound > startNs }.map { max($0.lowerBound, startNs)..<$0.upperBound }
    }
    var conduct = self
    conduct.feedOutages = rest(feedOutages)
    conduct.orderOutages = rest(orderOutages)
    conduct.closures = rest(closures)
    return conduct
  }

  /// Why the venue turns a request away on its arrival, with its code; nil for one that is carried out.
  ///
  /// - Parameter sentNs: when it left the bot, which has signed that time.
  func refusal(sentNs: Int64, arrivalNs: Int64) -> (reason: ReportReason, code: Int32)? {
    // errors.md: "This service is no longer available."
    if closures.contains(where: { $0.contains(arrivalNs) }) { return (.venueBusy, -1016) }
    return clock.accepts(sentNs: sentNs, arrivalNs: arrivalNs) ? nil : (.timestampOutsideWindow, -1021)
  }

  private static func merged(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
    var merged: [Range<Int64>] = []
    for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }
}

/// How far the venue's clock is from the one that the bot signs with, and how old a request may be.
///
/// The live gateway measures the venue's clock once a minute: what stands here is what its measurement misses.
public struct VenueClockRule: Equatable, Sendable {
  /// When the offset holds exactly.
  public var startNs: Int64
  /// The venue's clock minus the bot's.
  public var offsetNs: Int64
  /// By how many nanoseconds a second the offset grows: parts per billion.
  public var driftPpb: Double
  public var receiveWindowNs: Int64

  public init(startNs: Int64, offsetNs: Int64 = 0, driftPpb: Double = 0, receiveWindowNs: Int64) {
    self.startNs = startNs
    self.offsetNs = offsetNs
    self.driftPpb = driftPpb
    self.receiveWindowNs = receiveWindowNs
  }

  /// The venue's clock.
  func venueNs(_ nowNs: Int64) -> Int64 {
    nowNs + offsetNs + Int64((Double(nowNs - startNs) * driftPpb / 1e9).rounded())
  }

  /// A timestamp may be this far ahead.
  private static var leadNs: Int64 { 1_000_000_000 }

  /// `timestamp < serverTime + 1000 ms && serverTime - timestamp <= recvWindow` (web-socket-api.md, "Timing security").
  func accepts(sentNs: Int64, arrivalNs: Int64) -> Bool {
    let venueNs = venueNs(arrivalNs)
    return sentNs < venueNs + Self.leadNs && venueNs - sentNs <= receiveWindowNs
  }
}
