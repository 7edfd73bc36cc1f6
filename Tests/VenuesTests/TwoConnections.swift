// A recorded session over two simulated connections, each with its own loss, delay, repetition and disconnects.

import Market
import Support
import Venues

/// What a recorded message is to the feed, told by a session that lost nothing.
struct LosslessMessage {
  var timeNs: Int64
  var text: [UInt8]
  /// Without receive stamps; empty for a message that published nothing.
  var events: [PlainEvent]

  var isDepth: Bool { events.last?.kind == .depthEnd }
  var isTicker: Bool { events.last?.kind == .touch }
  var isTrade: Bool { events.last?.kind == .trade }
}

/// A market event without what depends on when and how its message came.
struct PlainEvent: Equatable {
  var kind: MarketEventKind
  var side: Side
  var sequence: UInt64
  var eventTimeNs: Int64
  var price: Price
  var quantity: Quantity

  init(_ event: MarketEvent) {
    kind = event.kind
    side = event.side
    sequence = event.sequence
    eventTimeNs = event.eventTimeNs
    price = event.kind == .snapshot ? Price(ticks: 0) : event.price  // its buffer's number
    quantity = event.quantity
  }
}

/// A recording, and what the loss-free session over one connection makes of it.
struct LosslessSession {
  /// Up to and with the snapshot: what both connections bring alike, before anything goes wrong.
  var opening: [RecordedLine] = []
  var messages: [LosslessMessage] = []

  /// - Parameter limit: messages after the snapshot.
  init(_ market: RecordedMarket, limit: Int) throws {
    let feed = try FeedUnderTest([market.instrument])
    feed.nowNs = market.lines[0].timeNs
    feed.subscribe()
    var isOpen = false
    for line in market.lines.prefix(while: { _ in messages.count < limit }) {
      if line.isSnapshot {
        opening.append(line)
        feed.requests.answer = (200, line.text)
        feed.run(line.timeNs)
        isOpen = true
        continue
      }
      let before = feed.taken.count
      feed.stream.events.append(.message(line.text, tsc: 1))
      feed.run(line.timeNs)
      if isOpen {
        messages.append(
          LosslessMessage(timeNs: line.timeNs, text: line.text, events: feed.taken[before...].map(PlainEvent.init)))
      } else {
        opening.append(line)
      }
    }
  }
}

/// One thing that happens to one connection.
struct Delivery {
  enum Kind {
    case opened, closed
    case message(Int)
  }
  var timeNs: Int64
  var connection: Int
  var kind: Kind
}

/// The seeded faults of two connections: what each brings, and when.
struct FaultPlan {
  /// In the order of time.
  private(set) var deliveries: [Delivery] = []
  private(set) var lost = 0
  private(set) var repeated = 0
  private(set) var disconnects = 0

  private var random: SeededRandom
  /// When each connection loses nothing: it is just back, and the other may be lost next.
  private var settling: [[ClosedRange<Int64>]] = [[], []]
  private static let longestDelayNs: Int64 = 250_000_000

  /// - Parameters:
  ///   - outageEveryNs: how far outages lie apart, more than four times the longest delay; the connections take turns.
  ///   - lostOnBoth: a message that neither brings; every other one is brought by at least one of them.
  init(_ messages: [LosslessMessage], seed: UInt64, outageEveryNs: Int64, lostOnBoth: Int = -1) {
    random = SeededRandom(seed)
    let arrivals = [delays(messages), delays(messages)]
    let outages = outages(messages, arrivals, everyNs: outageEveryNs)
    let lossPercent = Int.random(in: 0...30, using: &random)
    let first = messages.first.map { $0.timeNs } ?? 0
    // Messages are in the order of time: what has passed for one has passed for all that follow.
    var (nextOutage, nextSettling) = ([0, 0], [0, 0])
    for (i, message) in messages.enumerated() {
      for c in 0..<2 {
        while nextOutage[c] < outages[c].count, outages[c][nextOutage[c]].upperBound <= message.timeNs {
          nextOutage[c] += 1
        }
        while nextSettling[c] < settling[c].count, settling[c][nextSettling[c]].upperBound < message.timeNs {
          nextSettling[c] += 1
        }
      }
      // Down: on the way when the connection was lost, or sent before it was back.
      let isDown = (0..<2).map { c in
        nextOutage[c] < outages[c].count && arrivals[c][i] >= outages[c][nextOutage[c]].lowerBound
      }
      precondition(!(isDown[0] && isDown[1]), "the outages overlap")
      let loser = Int.random(in: 0..<100, using: &random) < lossPercent ? Int.random(in: 0..<2, using: &random) : -1
      for c in 0..<2 where !isDown[c] {
        let isSettling =
          nextSettling[c] < settling[c].count && settling[c][nextSettling[c]].contains(message.timeNs)
        if i == lostOnBoth || (loser == c && !isDown[1 - c] && !isSettling) {
          lost += 1
          continue
        }
        deliveries.append(Delivery(timeNs: arrivals[c][i], connection: c, kind: .message(i)))
        if Int.random(in: 0..<50, using: &random) == 0 {
          deliveries.append(Delivery(timeNs: arrivals[c][i], connection: c, kind: .message(i)))
          repeated += 1
        }
      }
    }
    for c in 0..<2 {
      for outage in outages[c] where outage.lowerBound > first {
        deliveries.append(Delivery(timeNs: outage.lowerBound, connection: c, kind: .closed))
        deliveries.append(Delivery(timeNs: outage.upperBound, connection: c, kind: .opened))
        disconnects += 1
      }
    }
    // By time; what happens to a connection at one moment keeps its order, and a closed one brings nothing more.
    deliveries = deliveries.enumerated().sorted { a, b in
      (a.element.timeNs, a.element.rank, a.offset) < (b.element.timeNs, b.element.rank, b.offset)
    }.map(\.element)
  }

  /// When each message would arrive: delays change from message to message, their order does not.
  private mutating func delays(_ messages: [LosslessMessage]) -> [Int64] {
    let usual = Int64.random(in: 0...20_000_000, using: &random)
    let spread = Int64.random(in: 1...(Self.longestDelayNs - usual), using: &random)
    var last = Int64.min
    return messages.map { message in
      let isLate = Int.random(in: 0..<40, using: &random) == 0
      let delay = usual + Int64.random(in: 0...(isLate ? spread : spread / 50 + 1), using: &random)
      last = max(last, message.timeNs + delay)
      return last
    }
  }

  /// Outages in turn, each begun when the other connection has brought depth since its own.
  private mutating func outages(
    _ messages: [LosslessMessage], _ arrivals: [[Int64]], everyNs: Int64
  ) -> [[Range<Int64>]] {
    var outages: [[Range<Int64>]] = [[], []]
    guard let start = messages.first?.timeNs, let end = messages.last?.timeNs else { return outages }
    var c = Int.random(in: 0..<2, using: &random)
    var earliest = start + everyNs / 2
    var next = 0
    while earliest + everyNs / 2 < end {
      let from = earliest + Int64.random(in: 0...everyNs / 4, using: &random)
      let until = from + Int64.random(in: 1...everyNs / 4, using: &random)
      outages[c].append(from..<until)
      // The first depth message that the connection brings after it is back.
      while next < messages.count, messages[next].timeNs < until || !messages[next].isDepth { next += 1 }
      let back = next < messages.count ? next : nil
      guard let back else { break }
      settling[c].append(until...messages[back].timeNs)
      earliest = max(until + everyNs / 2, arrivals[c][back] + 1)
      c = 1 - c
    }
    return outages
  }
}

extension Delivery {
  /// At one moment: messages, then the end of a connection, then its beginning.
  fileprivate var rank: Int {
    switch kind {
    case .message: 0
    case .closed: 1
    case .opened: 2
    }
  }
}
