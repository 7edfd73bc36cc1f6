// The journal's record of the comparison with a venue, step by step and finding by finding.

public import Market

/// How far the comparison with a venue has come; `Reconciliation` tells what each waits for.
public enum ReconciliationPhase: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// The venue's order session is not up.
  case down = 0
  case orders = 1
  case openOrders = 2
  case trades = 3
  case balances = 4
  /// Everything was compared and agrees.
  case done = 5
}

/// What a comparison with a venue did or found.
public enum ReconciliationEvent: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// It goes on with `phase`.
  case phase = 1
  /// All agree: trading is allowed.
  case green = 2
  /// A finding, or a lost session: no trading until all agree again.
  case red = 3
  // Findings.
  /// An open order of an earlier session, which is cancelled. `number` is the venue's.
  case strayOrder = 4
  /// An open order that this bot did not place; only its owner can end it. `number` is the venue's.
  case foreignOrder = 5
  /// The venue does not list an order that was taken for open: its status is asked.
  case missingOrder = 6
  /// The venue lists an order that is closed here.
  case ghostOrder = 7
  /// A trade of the venue that no report told of. `number` is the trade's.
  case missedFill = 8
  /// The venue's balance (`found`) is not the computed one (`expected`).
  case balanceDifference = 9
  /// The same, and no trade explains it: the venue's is taken over.
  case unexplainedBalance = 10
  /// What open orders hold back (`found`) is not what is reserved (`expected`).
  case reservationDifference = 11
  /// The fills since the beginning make another position (`found`) than there is (`expected`).
  case positionDifference = 12
  /// The venue did not give a list; it is asked again.
  case listFailed = 13
}

/// One step or finding (`RecordType.reconciliation`). 64 bytes without padding.
public struct ReconciliationRecord: BitwiseCopyable, Equatable, Sendable {
  /// Of a balance; empty otherwise.
  public let asset: ShortName
  public let clientOrder: ClientOrderIdentifier
  /// The venue's number of an order or a trade.
  public let number: UInt64
  public let expected: Int64
  public let found: Int64
  /// Of this session: once all agree, nothing of an earlier one is open.
  public let bootEpoch: UInt32
  public let instrument: InstrumentIndex
  public let venue: VenueIndex
  public let event: ReconciliationEvent
  public let phase: ReconciliationPhase
  let reserved8: UInt8
  let reserved16: UInt16
  let reserved32: UInt32

  @inline(always)
  init(
    _ event: ReconciliationEvent, phase: ReconciliationPhase, venue: VenueIndex, bootEpoch: UInt32,
    instrument: InstrumentIndex = InstrumentIndex(0), asset: ShortName = .empty,
    clientOrder: ClientOrderIdentifier = .none, number: UInt64 = 0, expected: Int64 = 0, found: Int64 = 0
  ) {
    self.asset = asset
    self.clientOrder = clientOrder
    self.number = number
    self.expected = expected
    self.found = found
    self.bootEpoch = bootEpoch
    self.instrument = instrument
    self.venue = venue
    self.event = event
    self.phase = phase
    reserved8 = 0
    reserved16 = 0
    reserved32 = 0
  }
}
