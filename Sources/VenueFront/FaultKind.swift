// What can go wrong between a client and the venue.

/// When a fault can strike.
package enum FaultMoment: Sendable {
  /// A request on its way in.
  case request
  /// The reply to a request that was carried out.
  case reply
  /// An event of the user data stream.
  case event
  /// A message of a market stream.
  case market
}

/// Every fault there is, by its name in a fault plan.
package enum FaultKind: String, CaseIterable, Sendable {
  /// Never arrives; the connection stays.
  case requestLost = "request.lost"
  /// Arrives late: requests sent after it overtake it.
  case requestLate = "request.late"
  /// The connection breaks, and the request never arrives.
  case requestCut = "request.cut"
  /// Answered with status 503 and -1007, "execution status unknown"; it was not carried out.
  case requestTimeout = "request.timeout"
  /// Answered with status 500 and -1006, "execution status unknown"; it was not carried out.
  case requestUnexpected = "request.unexpected"
  /// Refused with status 429 and the time to come back.
  case requestLimited = "request.limited"
  /// Refused with status 418 and the time to come back.
  case requestBanned = "request.banned"

  /// Carried out, and nothing is answered.
  case replyLost = "reply.lost"
  /// Answered twice.
  case replyTwice = "reply.twice"
  /// Answered late: after events and replies that came to be after it.
  case replyLate = "reply.late"
  /// The connection breaks between the carrying out and the reply; its events are lost too.
  case replyCut = "reply.cut"
  /// Carried out, and answered with status 503 and -1007.
  case replyTimeout = "reply.timeout"
  /// Carried out, and answered with status 500 and -1006.
  case replyUnexpected = "reply.unexpected"
  /// After the reply `serverShutdown` is announced, and the connection closed when the delay is over.
  case replyShutdown = "reply.shutdown"
  /// Nothing passes in either direction until the delay is over.
  case replyStall = "reply.stall"

  case eventLost = "event.lost"
  case eventTwice = "event.twice"
  case eventLate = "event.late"
  /// The connection breaks between the reply and the event.
  case eventCut = "event.cut"

  /// With `always` the connection is mute, and stays open.
  case marketLost = "market.lost"
  /// The connection's messages wait until the delay is over.
  case marketStall = "market.stall"
  case marketCut = "market.cut"

  package var moment: FaultMoment {
    switch self {
    case .requestLost, .requestLate, .requestCut, .requestTimeout, .requestUnexpected, .requestLimited, .requestBanned:
      .request
    case .replyLost, .replyTwice, .replyLate, .replyCut, .replyTimeout, .replyUnexpected, .replyShutdown, .replyStall:
      .reply
    case .eventLost, .eventTwice, .eventLate, .eventCut: .event
    case .marketLost, .marketStall, .marketCut: .market
    }
  }

  /// Whether a rule must say for how long.
  var needsDelay: Bool {
    switch self {
    case .requestLate, .requestLimited, .requestBanned, .replyLate, .replyShutdown, .replyStall, .eventLate,
      .marketStall:
      true
    default: false
    }
  }
}
