// How far the comparison with each venue has come: what a step of it waits for. One thread; no allocation.

import Market

/// How often and how long. In the session's clock.
enum ReconciliationTiming {
  /// Between two attempts at a list that failed, and between two looks at what disagrees: longer than reports are under
  /// way beside a list.
  static var settlementNs: Int64 { BalanceBook.settlementNs }
  /// Silence on a list after which it is asked for again. A gateway answers for itself after 11 s.
  static var unansweredNs: Int64 { OrderTiming.unansweredNs }
  /// A session that goes on from another lists once more so long after its beginning: an order whose record a power cut
  /// took may have been on its way. "No such order" is believed after the same time.
  static var inFlightNs: Int64 { 2_500_000_000 }
}

/// The comparison with one venue.
///
/// A run goes through its phases in order: no order whose outcome is open, no order of ours at the venue that should not
/// be there, no trade unknown, no balance different. Each needs the one before: a trade finds its order by the venue's
/// number, which the order's status tells; balances follow from trades. What a phase finds sends the run back to its
/// first phase. While trading the same lists are asked for again every `checkIntervalNs`, and a finding turns red.
struct VenueReconciliation: BitwiseCopyable {
  var phase = ReconciliationPhase.down
  /// All agreed, and nothing has spoken against it since.
  var isGreen = false
  /// Balances have a beginning to be counted from.
  var hasBaseline = false
  /// A run that found nothing but a balance difference has looked a second time.
  var isSecondLook = false
  /// A finding that the run does not resolve by itself: its lists are asked for again.
  var isAgainWanted = false
  /// When the machine has something to do; `.max` while it waits for an answer.
  var dueNs = Int64.max
  /// Lists of open orders asked for before this do not count.
  var listsCountFromNs = Int64.min
  /// When the present round of lists was begun.
  var roundNs = Int64.min
  /// A bit for each instrument whose list is to be asked for, and for each whose answer is awaited.
  var unasked: UInt64 = 0
  var awaited: UInt64 = 0
  /// A bit for each balance that the venue is to tell.
  var awaitedAssets: UInt64 = 0
  var areBalancesUnasked = false
  /// When the last request went out.
  var askedNs = Int64.min
}

/// What lists tell of one instrument.
struct InstrumentList: BitwiseCopyable {
  /// When its open orders were last asked for, and its trades.
  var ordersAskedNs = Int64.min
  /// Orders of others in the list under way, and in the last whole one.
  var foreignOrders: Int64 = 0
  var listedForeign: Int64 = 0
  /// The first trade of the next page.
  var fromTrade: UInt64 = 0
  /// The last trade that a list named.
  var lastTrade: UInt64 = 0
  /// A listed trade that no report told of, seen while trading: in the check under way, and in the one before.
  var suspect: UInt64 = 0
  var lastSuspect: UInt64 = 0
  /// Its trades are counted from a beginning: what is listed and not known is new. Without one the list is of before.
  var hasBaseline = false
  /// Lots bought less lots sold since the beginning of this session.
  var filledLots: Int64 = 0
  /// What the session began with.
  var startLots: Int64 = 0
}

/// What a trade that names no order of ours is.
enum TradeJudgement {
  /// Counted already.
  case known
  /// To be counted.
  case new
  /// Listed while trading, and its report may be under way: only noted.
  case suspect
  /// Of before this session's beginning: nobody's business, the position begins at nothing.
  case beforeBaseline
}

/// The comparisons with all venues.
struct Reconciliation: ~Copyable {
  let venues: UnsafeMutablePointer<VenueReconciliation>
  let count: Int

  init(venues count: Int) {
    self.count = count
    venues = .allocate(capacity: max(1, count))
    venues.initialize(repeating: VenueReconciliation(), count: max(1, count))
  }

  deinit { venues.deallocate() }

  /// Orders, trades and balances agree with every venue: trading may be allowed.
  @inline(always)
  var isGreen: Bool {
    for i in 0..<count where !venues[i].isGreen { return false }
    return true
  }

  /// When the next comparison has something to do.
  @inline(always)
  var nextDueNs: Int64 {
    var earliest = Int64.max
    for i in 0..<count { earliest = min(earliest, venues[i].dueNs) }
    return earliest
  }
}
