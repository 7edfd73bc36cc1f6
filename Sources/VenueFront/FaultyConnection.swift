// An order connection with the faults of a plan between it and its client. Sans I/O: times come in, messages go out.

/// Carries requests to an `OrderConnection` and what it says to the client, each at its time and struck by the faults
/// that are drawn for it. Without faults and latency everything passes at once and in order. One thread.
package final class FaultyConnection {
  package enum Output {
    case text(String)
    /// The venue closes the connection; nothing follows.
    case close
    /// The connection breaks, without a word.
    case broken
  }

  private let connection: OrderConnection
  private let faults: FaultDesk
  private let number: Int
  /// What reaches the client, now.
  private let output: (Output) -> Void
  private var toVenue = DelayLine<OrderRequest>()
  private var toClient = DelayLine<Output>()
  private var nowNs = Int64.min
  private var isAdvancing = false
  /// Nothing more is sent to the client: the break is under way.
  private var isEnding = false
  /// What was under way to the venue when the connection broke still arrives there; nothing comes back.
  private var isBroken = false

  package init(_ connection: OrderConnection, _ faults: FaultDesk, output: @escaping (Output) -> Void) {
    self.connection = connection
    self.faults = faults
    self.output = output
    number = faults.numberOrderConnection()
  }

  /// When `advance` has something to do; `.max` while nothing is under way.
  package var nextDueNs: Int64 { min(toVenue.nextDueNs, toClient.nextDueNs) }

  /// The client sends a message.
  package func receive(_ text: [UInt8], nowNs: Int64) {
    guard !isBroken, !isEnding else { return }
    self.nowNs = nowNs
    var request = connection.read(text)
    let (thereNs, backNs) = faults.requestNs()
    request.replyNs = backNs
    let dueNs = nowNs + thereNs
    guard let fault = faults.draw(.request, subject(request)) else {
      toVenue.add(request, dueNs: dueNs)
      return advance(nowNs: nowNs)
    }
    switch fault.kind {
    case .requestLate: toVenue.addLate(request, dueNs: dueNs + fault.delayNs)
    case .requestCut: breakOff()
    case .requestTimeout: refuse(request, .backendTimeout)
    case .requestUnexpected: refuse(request, .unexpectedResponse)
    case .requestLimited: refuse(request, connection.limited(status: 429, forNs: fault.delayNs))
    case .requestBanned: refuse(request, connection.limited(status: 418, forNs: fault.delayNs))
    default: break  // lost
    }
    advance(nowNs: nowNs)
  }

  /// The account has an event for its subscribers.
  package func tell(_ event: UserEvent, nowNs: Int64) {
    guard !isBroken, !isEnding else { return }
    self.nowNs = max(self.nowNs, nowNs)
    for message in connection.messages(of: event) {
      let dueNs = nowNs + faults.eventNs()
      let fault = faults.draw(.event, FaultSubject(key: connection.logonKey, connection: number))
      switch fault?.kind {
      case .eventLost: break
      case .eventCut:
        isEnding = true
        toClient.add(.broken, dueNs: dueNs)
      case .eventLate: toClient.addLate(.text(message), dueNs: dueNs + (fault?.delayNs ?? 0))
      case .eventTwice:
        toClient.add(.text(message), dueNs: dueNs)
        toClient.add(.text(message), dueNs: dueNs)
      default: toClient.add(.text(message), dueNs: dueNs)
      }
    }
    advance(nowNs: nowNs)
  }

  /// Announces the venue's end and closes the connection `delayNs` later.
  package func announceShutdown(delayNs: Int64, nowNs: Int64) {
    self.nowNs = max(self.nowNs, nowNs)
    toClient.add(.text(connection.shutdownMessage), dueNs: self.nowNs)
    toClient.addLate(.close, dueNs: self.nowNs + delayNs)
    advance(nowNs: nowNs)
  }

  /// Breaks the connection now.
  package func breakOff() {
    guard !isBroken else { return }
    isBroken = true
    toClient.removeAll()
    output(.broken)
  }

  /// Lets happen what is due.
  package func advance(nowNs: Int64) {
    self.nowNs = max(self.nowNs, nowNs)
    // An event of the request that is being carried out comes here too; it leaves after the reply.
    guard !isAdvancing else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    while nextDueNs <= self.nowNs {
      if toVenue.nextDueNs <= toClient.nextDueNs, let request = toVenue.take(nowNs: self.nowNs) {
        connection.answer(request) { [self] text in reply(text, to: request) }
      } else if let message = toClient.take(nowNs: self.nowNs) {
        if case .text = message {} else { clientClosed() }
        output(message)
      }
    }
  }

  /// The client is gone.
  package func clientClosed() {
    isBroken = true
    toClient.removeAll()
  }

  private func reply(_ text: String, to request: OrderRequest) {
    guard !isBroken, !isEnding else { return }
    let dueNs = nowNs + faults.replyNs(request)
    guard let fault = faults.draw(.reply, subject(request)) else { return toClient.add(.text(text), dueNs: dueNs) }
    switch fault.kind {
    case .replyTwice:
      toClient.add(.text(text), dueNs: dueNs)
      toClient.add(.text(text), dueNs: dueNs)
    case .replyLate: toClient.addLate(.text(text), dueNs: dueNs + fault.delayNs)
    case .replyCut: breakOff()
    case .replyTimeout: toClient.add(.text(connection.refusal(request, .backendTimeout)), dueNs: dueNs)
    case .replyUnexpected: toClient.add(.text(connection.refusal(request, .unexpectedResponse)), dueNs: dueNs)
    case .replyShutdown:
      toClient.add(.text(text), dueNs: dueNs)
      announceShutdown(delayNs: fault.delayNs, nowNs: nowNs)
    case .replyStall:
      toClient.add(.text(text), dueNs: dueNs)
      toClient.hold(untilNs: dueNs + fault.delayNs)
      toVenue.hold(untilNs: dueNs + fault.delayNs)
    default: break  // lost
    }
  }

  private func refuse(_ request: OrderRequest, _ error: APIError) {
    toClient.add(.text(connection.refusal(request, error)), dueNs: nowNs + faults.replyNs(request))
  }

  private func subject(_ request: OrderRequest) -> FaultSubject {
    FaultSubject(method: request.method?.rawValue, key: connection.key(of: request), connection: number)
  }
}
