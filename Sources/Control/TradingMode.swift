// The modes of a session: where its orders go, and what it may do before somebody arms it.

/// What a session trades with.
public enum TradingMode: String, CaseIterable, Sendable {
  /// The venue's real market; every order is decided, checked and journaled, and none is sent.
  case shadow
  /// The venue's real market; orders go to the simulator of this machine.
  case paper
  /// The venue's test network: its own market, orders and play money.
  case testnet
  /// The venue, with money.
  case live

  /// Where orders go.
  public var destination: OrderDestination {
    switch self {
    case .shadow: .nowhere
    case .paper: .simulator
    case .testnet, .live: .venue
    }
  }

  /// How a session of this mode begins. No session trades before reconciliation is green, whatever this says.
  ///
  /// Money never moves without a person: live always waits for `apus ctl arm`. The others arm themselves, but not behind
  /// a crash: whatever ended the last session may end this one, so that somebody is to look first.
  public func start(after last: SessionEnd) -> StartState {
    switch (self, last) {
    case (.live, _): .unarmed
    case (_, .crashed): .reduceOnly
    case (_, .orderly), (_, .none): .armed
    }
  }
}

/// Where a session's orders go.
public enum OrderDestination: Sendable {
  case nowhere
  case simulator
  case venue
}

/// How the session before this one ended.
public enum SessionEnd: Sendable {
  /// There was none.
  case none
  case orderly
  case crashed
}

/// What a session may do before anybody commands it.
public enum StartState: Sendable {
  case armed
  /// Only orders that reduce a position, until `arm`.
  case reduceOnly
  /// No orders until `arm`; cancels pass.
  case unarmed
}
