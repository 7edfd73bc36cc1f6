// What a session takes over from the one before it. The same for a live session and for its replay.

import Control
import Execution
import Journal

/// How a session begins.
package struct SessionStart: Sendable {
  /// What the session trades with; nil where nobody configured it, as in a demo.
  var mode: TradingMode?
  /// How the session before this one ended.
  var lastEnd: SessionEnd
  /// The account it left, in this session's instruments; nil when there was none.
  var account: AccountState?

  /// A session that knows of no other.
  package static let first = SessionStart(mode: nil, lastEnd: .none, account: nil)

  init(mode: TradingMode?, lastEnd: SessionEnd, account: AccountState?) {
    self.mode = mode
    self.lastEnd = lastEnd
    self.account = account
  }

  /// The beginning of a recorded session.
  init(_ header: SessionHeader, _ configuration: Configuration) throws(AccountError) {
    mode = configuration.mode
    account = header.account.isEmpty ? nil : try AccountState(encoded: header.account)
    lastEnd = account == nil ? .none : header.isAfterCrash ? .crashed : .orderly
  }

  /// What may be traded before anybody commands anything.
  var state: StartState { mode?.start(after: lastEnd) ?? .armed }
}

extension AccountState {
  /// The account before the first record of a session.
  init(beginningOf header: SessionHeader) throws(AccountError) {
    if header.account.isEmpty {
      self.init(stage: StageNumber.execution.rawValue, instruments: header.instruments)
    } else {
      try self.init(encoded: header.account)
    }
  }
}
