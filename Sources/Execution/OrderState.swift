// The life cycle of an order: its states, what can happen to it, and the one table of transitions.

/// Where an order stands. An order to be cancelled carries that wish beside its state: it can still fill.
public enum OrderState: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// Handed to the gateway; nothing heard yet.
  case pendingNew = 1
  /// On the venue's book, nothing filled.
  case working = 2
  case partiallyFilled = 3
  /// Sent, and what became of it is being asked. Counts as open in every limit.
  case unknown = 4
  // Closed: nothing is open at the venue any more.
  case filled = 5
  case canceled = 6
  case expired = 7
  /// Refused by the venue, or never arrived there.
  case rejected = 8
  /// Dropped by the gateway before sending.
  case notSent = 9

  /// Whether it may still fill, as far as is known.
  @inline(always) public var isOpen: Bool { rawValue <= 4 }
}

/// What reports say of an order, reduced to what matters for its state.
public enum OrderEvent: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case acknowledged = 1
  /// A fill that leaves a rest.
  case partialFill = 2
  /// A fill that leaves none.
  case finalFill = 3
  case canceled = 4
  case expired = 5
  case rejected = 6
  case notSent = 7
  /// Late reply, lost session, or the venue itself does not know.
  case outcomeUnknown = 8
  /// A status reply: it is on the book.
  case statusOpen = 9
  /// A status reply, repeated until the order cannot be under way any more: the venue has no such order.
  case statusNotFound = 10

  /// Only an order that reached the venue's book can cause it.
  @inline(always) var provesLife: Bool {
    switch self {
    case .acknowledged, .partialFill, .finalFill, .statusOpen: true
    case .canceled, .expired, .rejected, .notSent, .outcomeUnknown, .statusNotFound: false
    }
  }
}

/// How an event fits a state.
public enum OrderVerdict: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// It is news.
  case advanced = 1
  /// Nothing new: the same told twice, or told late. Legal.
  case repeated = 2
  /// The venue contradicts what it said before. Counted and recorded, never trapped.
  case contradiction = 3
}

/// Where an event leads.
public struct OrderTransition: BitwiseCopyable, Equatable, Sendable {
  public let next: OrderState
  public let verdict: OrderVerdict

  @inline(always)
  init(_ next: OrderState, _ verdict: OrderVerdict) {
    self.next = next
    self.verdict = verdict
  }
}

extension OrderState {
  /// The table of transitions.
  ///
  /// Reports come in any order (a reply and the user stream are two messages): an acknowledgement after a fill, a fill
  /// after a cancel and everything told twice are legal. A closed order never opens again.
  ///
  /// - Parameter hasFills: something of the order was filled before this event.
  @_noLocks
  public func after(_ event: OrderEvent, hasFills: Bool) -> OrderTransition {
    switch self {
    case .pendingNew, .working, .partiallyFilled, .unknown: afterOpen(event, hasFills: hasFills)
    case .filled: afterFilled(event)
    case .canceled, .expired: afterCanceled(event)
    case .rejected, .notSent: afterNeverLived(event)
    }
  }

  @inline(always)
  private func afterOpen(_ event: OrderEvent, hasFills: Bool) -> OrderTransition {
    switch event {
    case .acknowledged, .statusOpen: return moved(to: hasFills ? .partiallyFilled : .working)
    // A fill does not tell whether the rest is still there: an unknown order stays unknown until it is answered.
    case .partialFill: return OrderTransition(self == .unknown ? .unknown : .partiallyFilled, .advanced)
    case .finalFill: return OrderTransition(.filled, .advanced)
    case .canceled: return OrderTransition(.canceled, .advanced)
    case .expired: return OrderTransition(.expired, .advanced)
    case .outcomeUnknown: return moved(to: .unknown)
    case .rejected, .notSent, .statusNotFound:
      let mayNeverHaveLived = (self == .pendingNew || self == .unknown) && !hasFills
      if !mayNeverHaveLived { return OrderTransition(.unknown, .contradiction) }
      return OrderTransition(event == .notSent ? .notSent : .rejected, .advanced)
    }
  }

  @inline(always)
  private func afterFilled(_ event: OrderEvent) -> OrderTransition {
    switch event {
    case .acknowledged, .statusOpen, .outcomeUnknown: OrderTransition(.filled, .repeated)
    case .partialFill, .finalFill, .canceled, .expired, .rejected, .notSent, .statusNotFound:
      OrderTransition(.filled, .contradiction)
    }
  }

  @inline(always)
  private func afterCanceled(_ event: OrderEvent) -> OrderTransition {
    switch event {
    case .partialFill: OrderTransition(self, .advanced)
    case .finalFill: OrderTransition(.filled, .advanced)
    case .acknowledged, .canceled, .expired, .outcomeUnknown, .statusOpen, .statusNotFound:
      OrderTransition(self, .repeated)
    case .rejected, .notSent: OrderTransition(self, .contradiction)
    }
  }

  @inline(always)
  private func afterNeverLived(_ event: OrderEvent) -> OrderTransition {
    switch event {
    case .outcomeUnknown, .statusNotFound: OrderTransition(self, .repeated)
    case .rejected: OrderTransition(self, self == .rejected ? .repeated : .contradiction)
    case .notSent: OrderTransition(self, self == .notSent ? .repeated : .contradiction)
    case .acknowledged, .partialFill, .finalFill, .canceled, .expired, .statusOpen:
      OrderTransition(self, .contradiction)
    }
  }

  @inline(always)
  private func moved(to next: OrderState) -> OrderTransition {
    OrderTransition(next, next == self ? .repeated : .advanced)
  }
}
