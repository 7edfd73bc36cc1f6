// Cancels everything that is open in an account and asks the venue until it says that nothing is.

public import Market

/// The way of one account, over its instruments, to "nothing is open". Sans I/O: it says what to ask for and takes what
/// is reported.
///
/// Each round asks for two things of an instrument: to cancel all its orders, and which are open. The answers to the
/// second are counted, so that one that was asked for before the sweep began (or began anew) confirms nothing. The
/// session answers each such question once, with a list or `listFailed`, in the order in which they were asked.
public struct AccountSweep: Sendable {
  private struct Item {
    /// Questions asked and answered so far, in this and all earlier sweeps.
    var asked = 0
    var answered = 0
    /// The first question whose answer counts.
    var firstValid = 1
    var isClear = true
    var openOrders = 0
    var dueNs = Int64.max
    var pauseNs: Int64 = 0
  }

  private let retryNs: Int64
  private let longestRetryNs: Int64
  private var items: [Item]
  private var canceled: Set<UInt64> = []

  /// - Parameters:
  ///   - instruments: how many the account trades; their indices count from 0.
  ///   - retryNs: the pause before the second round; it doubles up to `longestRetryNs`.
  public init(instruments: Int, retryNs: Int64, longestRetryNs: Int64) {
    precondition(instruments > 0 && retryNs > 0 && longestRetryNs >= retryNs)
    items = Array(repeating: Item(), count: instruments)
    self.retryNs = retryNs
    self.longestRetryNs = longestRetryNs
  }

  /// Whether the venue said of every instrument, asked since `begin`, that nothing is open.
  public var isClear: Bool { items.allSatisfy(\.isClear) }
  /// Orders cancelled since `begin`, each counted once though the reply and the user stream both tell it.
  public var canceledOrders: Int { canceled.count }
  /// Orders that the venue held when it was last asked.
  public var openOrders: Int { items.reduce(0) { $0 + $1.openOrders } }

  /// Everything is to be cancelled and confirmed from now on.
  public mutating func begin(nowNs: Int64) {
    canceled.removeAll(keepingCapacity: true)
    repeatAll(nowNs: nowNs)
  }

  /// The same once more: what was cancelled since `begin` stays counted.
  public mutating func repeatAll(nowNs: Int64) {
    for index in items.indices {
      items[index].firstValid = items[index].asked + 1
      items[index].isClear = false
      items[index].openOrders = 0
      items[index].dueNs = nowNs
      items[index].pauseNs = retryNs
    }
  }

  /// Asks the rest again at once: the session with the venue is new.
  public mutating func hasten(nowNs: Int64) {
    for index in items.indices where !items[index].isClear {
      items[index].dueNs = nowNs
      items[index].pauseNs = retryNs
    }
  }

  /// The instruments whose turn it is: for each the caller sends `cancelAll` and then `queryOpenOrders`.
  public mutating func takeDue(nowNs: Int64) -> [InstrumentIndex] {
    var due: [InstrumentIndex] = []
    for index in items.indices where !items[index].isClear && nowNs >= items[index].dueNs {
      items[index].asked += 1
      items[index].dueNs = nowNs + items[index].pauseNs
      items[index].pauseNs = min(2 * items[index].pauseNs, longestRetryNs)
      due.append(InstrumentIndex(UInt16(index)))
    }
    return due
  }

  /// Takes what the venue, or the session in its stead, reports.
  public mutating func take(_ report: ExecutionReport) {
    let index = Int(report.instrument.rawValue)
    guard items.indices.contains(index) else { return }
    switch report.kind {
    case .canceled: canceled.insert(report.venueOrder)
    case .listFailed: items[index].answered += 1
    case .openOrdersListed:
      items[index].answered += 1
      guard items[index].answered >= items[index].firstValid else { return }
      items[index].openOrders = Int(clamping: report.trade)
      items[index].isClear = report.trade == 0
    default: break
    }
  }
}
