// The deterministic scheduler: one market, one strategy, events in the order of their times.

import Market

/// Replays a tape against a strategy under the preset `hftbacktest-2.4`.
///
/// The strategy's book applies rows at local time, the exchange's at exchange time. At equal times the order is: local
/// data, answers, exchange data, requests. The strategy wakes when everything at or before its wake time has happened; the
/// first wake is one interval after the first event, and it is not woken once nothing is left to happen.
///
/// Generic over the models, and specialised by `AnyReplay`: no existential and no allocation for an event. One owner.
struct Replay<Latency: OrderLatencyModel, Queue: QueueModel>: ~Copyable {
  var account: ReplayAccount { desk.account }
  /// In the exchange's order.
  var fills: [ReplayFill] { venue.fills }

  private var desk: ReplayDesk
  private var venue: PresetVenue<Queue>
  private var latency: Latency
  private var requests = Fifo<OrderInFlight>()
  private var answers = Fifo<OrderInFlight>()
  private let localRows: ReplayRows
  private let exchangeRows: ReplayRows
  private var localRow: UnsafePointer<ReplayRow>
  private var exchangeRow: UnsafePointer<ReplayRow>
  private var localIsOver = false
  private var exchangeIsOver = false

  /// - Parameters:
  ///   - local: the market's rows in the order of local time, from the first.
  ///   - exchange: the same in the order of exchange time.
  init(
    _ market: any ReplayMarket, local: ReplayRows, exchange: ReplayRows, latency: Latency, queue: Queue,
    fees: ReplayFees, fills: PresetFills
  ) {
    self.latency = latency
    desk = ReplayDesk(market, fees: fees)
    venue = PresetVenue(market, queue: queue, mode: fills)
    localRows = local
    exchangeRows = exchange
    localRow = ReplayRow.nothing
    exchangeRow = ReplayRow.nothing
  }

  /// Runs to the end of the data and of everything under way.
  mutating func run<Strategy: ReplayStrategy>(_ strategy: inout Strategy) throws(TapeError) {
    try nextRows()
    desk.timeNs = min(localRow.pointee.timeNs, exchangeRow.pointee.timeNs)
    guard desk.timeNs != .max else { return }
    precondition(strategy.intervalNs > 0, "a strategy that never sleeps would stop time")
    var wakeNs = desk.timeNs + strategy.intervalNs
    while try advance(to: wakeNs) {
      desk.timeNs = wakeNs
      strategy.wake(&desk)
      while desk.outbox.count > 0 { send(desk.outbox.removeFirst()) }
      wakeNs += strategy.intervalNs
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
      if venue.outbox.count > 0 {
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
    while venue.outbox.count > 0 {
      let answer = venue.outbox.removeFirst()
      answers.send(answer, arrivalNs: answer.exchangeTimeNs + latency.responseNs(at: answer.exchangeTimeNs))
    }
  }
}
