// How long a venue took to acknowledge orders, as an earlier session's journal has it: what a paper venue's latency is
// drawn from.

import Backtest
import Control
import Journal
import Market
import Risk
import Simulation

/// The stamps of one acknowledged order, in nanoseconds.
package struct Acknowledgement: Equatable {
  /// In the session's clock.
  package var sentNs: Int64
  package var receivedNs: Int64
  /// In the venue's clock; 0 where it gave no stamp.
  package var venueNs: Int64

  package init(sentNs: Int64, receivedNs: Int64, venueNs: Int64) {
    self.sentNs = sentNs
    self.receivedNs = receivedNs
    self.venueNs = venueNs
  }
}

package struct MeasuredAcknowledgements {
  package let trips: [EmpiricalLatency.RoundTrip]
  /// How many of them the venue's stamps tell how to split.
  package let stamped: Int

  /// So that the slowest percent is at least one of them.
  package static let fewest = 100

  /// Reads the new orders that a session sent and its venue acknowledged.
  ///
  /// - Parameter journal: the folder of the session's journal.
  /// - Throws: `SessionError` for a paper session and for too few acknowledgements; `JournalError` for a damaged journal.
  init(journal: String) throws {
    let session = try RecordedSession(directory: journal)
    let configuration = try Configuration(file: "the journal's configuration", text: session.header.configuration)
    guard configuration.mode != .paper else {
      throw SessionError("\(journal): a paper session's acknowledgements were drawn, not measured")
    }
    try self.init(session.acknowledgements, of: journal)
  }

  package init(_ acknowledgements: [Acknowledgement], of journal: String) throws {
    guard acknowledgements.count >= Self.fewest else {
      throw SessionError(
        "\(journal): \(acknowledgements.count) acknowledged orders; a latency is drawn from at least \(Self.fewest)")
    }
    trips = Self.split(acknowledgements)
    stamped = acknowledgements.count { $0.venueNs > 0 }
  }

  /// Splits each round trip at the venue's stamp, and those without one in half.
  ///
  /// The two clocks differ by an offset that is taken from the fastest ways: it is what makes the fastest way there as
  /// long as the fastest way back (the symmetric path that NTP assumes; RFC 5905, section 8, with the smallest delay of
  /// each way as its clock filter's). A stamp is clamped to the round trip, which stays as it was measured.
  private static func split(_ acknowledgements: [Acknowledgement]) -> [EmpiricalLatency.RoundTrip] {
    let stamped = acknowledgements.filter { $0.venueNs > 0 }
    let there = stamped.map { $0.venueNs - $0.sentNs }.min() ?? 0
    let back = stamped.map { $0.receivedNs - $0.venueNs }.min() ?? 0
    let offsetNs = (there - back) / 2
    return acknowledgements.map { one in
      let totalNs = max(0, one.receivedNs - one.sentNs)
      let thereNs =
        one.venueNs > 0 ? min(max(0, one.venueNs - offsetNs - one.sentNs), totalNs) : totalNs / 2
      return EmpiricalLatency.RoundTrip(thereNs: thereNs, backNs: totalNs - thereNs)
    }
  }

  /// How the ways there and back were told apart, in words.
  var splitting: String {
    switch stamped {
    case 0: "split in halves: the venue gave no stamps"
    case trips.count: "split by the venue's stamps"
    default: "\(stamped) split by the venue's stamps, the others in halves"
    }
  }
}

extension RecordedSession {
  fileprivate var acknowledgements: [Acknowledgement] {
    requests.compactMap { request in
      guard case .order(let terms) = request.request, terms.action == .place, let receivedNs = request.answeredNs else {
        return nil
      }
      return Acknowledgement(sentNs: request.sentNs, receivedNs: receivedNs, venueNs: request.venueNs ?? 0)
    }
  }
}

/// The latency of a paper venue, and what is to be said of it.
struct PaperLatency {
  let drawn: EmpiricalLatency
  /// Where it comes from, in words.
  let source: String

  init(_ settings: PaperSettings) throws {
    switch settings.latency {
    case .constant(let orderNs, let responseNs):
      drawn = EmpiricalLatency(constant: .init(thereNs: orderNs, backNs: responseNs))
      source = "constant, \(Figures.duration(orderNs)) there and \(Figures.duration(responseNs)) back"
    case .journal(let journal):
      let measured = try MeasuredAcknowledgements(journal: journal)
      drawn = EmpiricalLatency(measured.trips, seed: settings.seed)
      source =
        "drawn (seed \(settings.seed)) from \(measured.trips.count) acknowledgements in \(journal), \(measured.splitting)"
    }
  }

  /// What the user reads before the session begins.
  var text: String {
    "latency \(source): p50 \(Figures.duration(drawn.percentile(50))), p99 \(Figures.duration(drawn.percentile(99)))"
  }
}
