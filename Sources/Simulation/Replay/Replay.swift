// The deterministic scheduler: one market, one strategy, events in the order of their times.

import Market

/// Replays a market against a strategy, in the order of events of the preset `hftbacktest-2.4`.
///
/// The strategy's book applies rows at local time, the exchange's at exchange time. At equal times the order is: local
/// data, answers, exchange data, requests. The strategy wakes when everything at or before its wake time has happened; the
/// first wake is one interval after the first event, and it is not woken once nothing is left to happen.
///
/// Generic over latency and venue, and specialised by `AnyReplay`: no existential and no allocation for an event. One owner.
struct Replay<Latency: OrderLatencyModel, Venue: ReplayVenue & ~Copyable>: ~Copyable {
  var account: ReplayAccount { desk.account }
  /// In the exchange's order.
  var fills: [ReplayFill] { venue.fills }
  var unusableRows: UInt64 { venue.unusableRows }

  private var desk: ReplayDesk
  private var venue: Venue
  private var latency: Latency
  private var requests = Fifo<OrderInFlight>()
  private var answers = Fifo<OrderInFlight>()
  private let localRows: ReplayRows<ReplayRow>
  private let exchangeRows: ReplayRows<Venue.Row>
  private var localRow: UnsafePointer<ReplayRow>
  private var exchangeRow: UnsafePointer<Venue.Row>
  private var localIsOver = false
  private var exchangeIsOver = false

  /// - Parameters:
  ///   - local: the market's rows as the strategy receives them, from the first.
  ///   - exchange: those that the venue takes, in the order of exchange time.
  init(
    _ market: any ReplayMarket, local: ReplayRows<ReplayRow>, exchange: ReplayRows<Venue.Row>, latency: Latency,
    venue: consuming Venue, fees: ReplayFees
  ) {
    self.latency = latency
    desk = ReplayDesk(market, fees: fees)
    self.venue = venue
    localRows = local
    exchangeRows = exchange
    localRow = local.nothing
    exchangeRow = exchange.nothing
  }

  /// Runs to the end of the data and of everything under way.
  ///
  /// - Parameters:
  ///   - intervalNs: how long the strategy sleeps first.
  ///   - wake: lets it act, and says how long it sleeps next.
  mutating func run(intervalNs: Int64, _ wake: (inout ReplayDesk) -> Int64) throws(TapeError) {
    try nextRows()
    desk.timeNs = min(localRow.pointee.timeNs, exchangeRow.pointee.timeNs)
    guard desk.timeNs != .max else { return }
    var (sleepNs, wakeNs) = (intervalNs, desk.timeNs)
    while true {
      precondition(sleepNs > 0, "a strategy that never sleeps would stop time")
      wakeNs += sleepNs
      guard try advance(to: wakeNs) else { return }
      desk.timeNs = wakeNs
      sleepNs = wake(&desk)
      while desk.outbox.count > 0 { send(desk.outbox.removeFirst()) }
    }
  }

  /// Lets everything at or before `wakeNs` happen.
  ///
  /// - Returns: whether there is anything after it.
  private mutating func advance(to wakeNs: Int64) throws(TapeError) -> Bool {
    while true {
      if localRow.pointee.timeNs == .max || exchangeRow.pointee.timeNs == .max { try nextRows() }
      let (localNs, exchangeNs) = (localRow.pointee.timeNs, exchangeRow.pointee.timeNs)
      let (answerNs, requestNs) = (answers.nextNs, requests.nextNs)
      let nextNs = min(min(localNs, answerNs), min(exchangeNs, requestNs))
      if nextNs > wakeNs { return nextNs != .max }
      if localNs == nextNs {
        applyLocal(until: min(wakeNs, min(answerNs, min(exchangeNs, requestNs))))
      } else if answerNs == nextNs {
        while answers.nextNs == nextNs { desk.receive(answers.removeFirst().order) }
      } else if exchangeNs == nextNs {
        // Local data and answers come first at equal times, so only what is before them.
        applyExchange(until: min(min(wakeNs, requestNs), min(localNs, answerNs) &- 1))
      } else {
        while requests.nextNs == nextNs { venue.receive(requests.removeFirst().order, timeNs: nextNs) }
        sendAnswers()
      }
    }
  }

  /// Goes on where one of the clocks is at the end of what is in memory.
  private mutating func nextRows() throws(TapeError) {
    if localRow.pointee.timeNs == .max, !localIsOver {
      if let more = try localRows.next() { localRow = more } else { localIsOver = true }
    }
    if exchangeRow.pointee.timeNs == .max, !exchangeIsOver {
      if let more = try exchangeRows.next() { exchangeRow = more } else { exchangeIsOver = true }
    }
  }

  @inline(__always)
  private mutating func applyLocal(until timeNs: Int64) {
    // The row behind the last is later than anything that can be waited for.
    while localRow.pointee.timeNs <= timeNs, localRow.pointee.timeNs != .max {
      desk.book.apply(localRow.pointee)
      localRow += 1
    }
  }

  @inline(__always)
  private mutating func applyExchange(until timeNs: Int64) {
    while exchangeRow.pointee.timeNs <= timeNs, exchangeRow.pointee.timeNs != .max {
      venue.apply(exchangeRow.pointee)
      exchangeRow += 1
      if venue.hasAnswer {
        sendAnswers()
        return
      }
    }
  }

  private mutating func send(_ request: ReplayOrder) {
    let entryNs = latency.entryNs(at: request.localTimeNs)
    guard entryNs < 0 else { return requests.send(request, arrivalNs: request.localTimeNs + entryNs) }
    var refused = request
    refused.request = .rejected
    answers.send(refused, arrivalNs: request.localTimeNs - entryNs)
  }

  private mutating func sendAnswers() {
    while venue.hasAnswer {
      let answer = venue.takeAnswer()
      answers.send(answer, arrivalNs: answer.exchangeTimeNs + latency.responseNs(at: answer.exchangeTimeNs))
    }
  }
}
