// Which of a venue's connections are up, and what was sent on the order session and not answered.

import Market
import Risk

/// The connections between a bot and one venue. Edges are taken in the order of time; one owner, one thread.
struct LinkState {
  /// A connection goes down, or comes back.
  enum Edge: Equatable {
    /// The feed is lost until then.
    case feedDown(untilNs: Int64)
    case feedUp
    case ordersDown
    case ordersUp
  }

  /// What is on the wire to the venue.
  struct Sent {
    var number: UInt64
    var request: VenueRequest
    var sentNs: Int64
  }

  private(set) var isFeedUp = true
  private(set) var areOrdersUp = true
  private var edges: [(timeNs: Int64, edge: Edge)]
  private var nextEdge = 0
  /// Sent and not known to be answered, oldest first.
  private var underWay: [Sent] = []
  private var sentCount: UInt64 = 0

  init(_ conduct: VenueConduct) {
    edges = conduct.feedOutages.flatMap {
      [($0.lowerBound, Edge.feedDown(untilNs: $0.upperBound)), ($0.upperBound, .feedUp)]
    }
    edges += conduct.orderOutages.flatMap { [($0.lowerBound, Edge.ordersDown), ($0.upperBound, .ordersUp)] }
    // Those of one time stay in this order: the feed, then the order session.
    edges = edges.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element)
  }

  /// When the next edge is; `.max` for none.
  var nextNs: Int64 { nextEdge < edges.count ? edges[nextEdge].timeNs : .max }

  mutating func takeEdge(byNs timeNs: Int64) -> Edge? {
    guard nextNs <= timeNs else { return nil }
    nextEdge += 1
    let edge = edges[nextEdge - 1].edge
    switch edge {
    case .feedDown: isFeedUp = false
    case .feedUp: isFeedUp = true
    case .ordersDown: areOrdersUp = false
    case .ordersUp: areOrdersUp = true
    }
    return edge
  }

  /// The order session did not come up, and is tried again at that time; where it is to be down by then, at the end of
  /// that.
  mutating func holdOrders(untilNs: Int64) {
    areOrdersUp = false
    guard !edges[nextEdge...].contains(where: { $0.edge == .ordersDown && $0.timeNs <= untilNs }) else { return }
    let place = edges[nextEdge...].firstIndex { $0.timeNs > untilNs } ?? edges.endIndex
    edges.insert((untilNs, .ordersUp), at: place)
  }

  /// Numbers a request that leaves.
  mutating func send(_ request: VenueRequest, atNs timeNs: Int64) -> Sent {
    sentCount += 1
    let sent = Sent(number: sentCount, request: request, sentNs: timeNs)
    underWay.append(sent)
    return sent
  }

  /// The answer to a request is known.
  ///
  /// - Returns: the request, the first time.
  mutating func answered(_ number: UInt64) -> Sent? {
    underWay.firstIndex { $0.number == number }.map { underWay.remove(at: $0) }
  }

  /// What nobody will answer any more.
  mutating func takeLost() -> [Sent] {
    defer { underWay.removeAll(keepingCapacity: true) }
    return underWay
  }
}
