// What execution is told from outside the flow of trading: by an operator, a signal, or the session itself.

public import Market

/// What a command does. `docs/operations.md` says when an operator uses which.
public enum CommandKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// Nothing new is sent and everything open is cancelled by the emergency lane. Survives a restart.
  case halt = 1
  /// No new orders, open ones are cancelled. Does not survive a restart.
  case pause = 2
  /// Ends a pause, a reduce-only profile, or a halt of less than everything.
  case resume = 3
  /// Allows trading: after a start, a crash or a halt of everything. Only while reconciliation is green.
  case arm = 4
  case disarm = 5
  /// Only orders that reduce a position.
  case reduceOnly = 6
  /// Cancels what is open now, once.
  case cancel = 7
  /// Pauses, cancels, and closes positions until there are none.
  case flatten = 8
  /// Sets one limit to `value`.
  case setLimit = 9
}

/// How far a command reaches.
public enum CommandScope: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case all = 1
  case venue = 2
  case instrument = 3
  case strategy = 4
}

/// Who gave a command.
public enum CommandOrigin: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case user = 1
  /// A signal to the process.
  case signal = 2
  /// The guard, through the shared halt word.
  case guardProcess = 3
  /// The bot's own checks.
  case session = 4
}

/// A limit that can be changed while trading; `value` of the command is in the unit named.
public enum CommandLimit: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case none = 0
  /// Lots of the instrument.
  case maximumOrderQuantity = 1
  /// Units of 10^-8 of the quote asset.
  case maximumOrderNotional = 2
  /// Lots of the instrument.
  case maximumPosition = 3
  case maximumOpenOrders = 4
  case priceCollarBasisPoints = 5
  /// Orders of all instruments.
  case ordersPerSecond = 6
  case ordersPerTenSeconds = 7
  /// Units of 10^-8 of the quote asset, of all instruments together.
  case maximumDailyLoss = 8
}

/// One command on its way from the control stage to execution. 64 bytes without padding.
public struct Command: BitwiseCopyable, Sendable {
  public var kind: CommandKind
  public var scope: CommandScope
  public var origin: CommandOrigin
  public var limit: CommandLimit
  /// Of the scope, or of the limit.
  public var instrument: InstrumentIndex
  public var venue: VenueIndex
  public var strategy: UInt8
  /// The halt word that the command was given under. A scoped halt raises the word, to void what is approved and not
  /// yet sent, and names the new value here: execution takes that as armed. A value that no command names is a halt of
  /// everything. So the command goes into its ring first and the word is raised after it: who sees the word then also
  /// finds the command.
  public var haltEpoch: UInt32
  /// The user's number at the operating system; 0 also where there is no user (`origin`).
  public var user: UInt32
  /// Counted from 1 by the control stage, so that an outcome can name it.
  public var number: UInt64
  public var value: Int64
  /// When it was decided, in the session's clock.
  public var timeNs: Int64
  /// The journal record it came from.
  public var cause: UInt64
  public var reserved: UInt64
  public var reserved2: UInt64

  @inline(always)
  public init(
    _ kind: CommandKind, scope: CommandScope = .all, origin: CommandOrigin, limit: CommandLimit = .none,
    instrument: InstrumentIndex = InstrumentIndex(0), venue: VenueIndex = VenueIndex(0), strategy: UInt8 = 0,
    haltEpoch: UInt32, user: UInt32 = 0, number: UInt64, value: Int64 = 0, timeNs: Int64, cause: UInt64
  ) {
    self.kind = kind
    self.scope = scope
    self.origin = origin
    self.limit = limit
    self.instrument = instrument
    self.venue = venue
    self.strategy = strategy
    self.haltEpoch = haltEpoch
    self.user = user
    self.number = number
    self.value = value
    self.timeNs = timeNs
    self.cause = cause
    reserved = 0
    reserved2 = 0
  }
}

/// What became of a command.
public enum CommandResult: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// It is in force.
  case accepted = 1
  /// Nothing changed; the reason tells why.
  case refused = 2
  /// What it set going has ended: the last cancel of a halt is confirmed, the last position of a flatten is closed.
  case completed = 3
  /// What it set going did not come to its end and is not tried any more; the reason tells why.
  case abandoned = 4
}

/// Why a command was refused.
public enum CommandRefusal: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case none = 0
  /// Reconciliation is not green; the gauges `execution.reconciliation.*` say what is waited for.
  case notReconciled = 1
  /// The halt word was raised after the command was given.
  case newerHalt = 2
  /// No such instrument, venue or strategy.
  case unknownScope = 3
  /// A value that the limit cannot have.
  case badValue = 4
  /// There is nothing that the command could end.
  case nothingToEnd = 5
  /// The session is ending.
  case stopping = 6
  /// The daily loss limit is used up.
  case dailyLoss = 7
  /// Flatten: nothing may be sent, because the session is not armed or the scope is halted.
  case notTrading = 8
  /// Flatten: the venue did not take what would close the position, however often it was tried.
  case notFlat = 9
}

/// Execution's answer to a command. 32 bytes without padding.
public struct CommandOutcome: BitwiseCopyable, Sendable {
  public var result: CommandResult
  public var refusal: CommandRefusal
  public var kind: CommandKind
  public var scope: CommandScope
  /// Of a completed halt or flatten: how many orders were still open when it was given.
  public var openOrders: UInt32
  public var number: UInt64
  /// Of a completed halt or flatten: from the command's `timeNs` to the last confirmation.
  public var durationNs: Int64
  public var timeNs: Int64

  @inline(always)
  public init(
    _ result: CommandResult, of command: Command, refusal: CommandRefusal = .none, openOrders: UInt32 = 0,
    durationNs: Int64 = 0, timeNs: Int64
  ) {
    self.result = result
    self.refusal = refusal
    kind = command.kind
    scope = command.scope
    self.openOrders = openOrders
    number = command.number
    self.durationNs = durationNs
    self.timeNs = timeNs
  }
}
