// The limits in force, what is on its way to execution, and what waits for a second user.

public import Market
public import Risk

/// The limits that a session begins with: the configuration's, or those of the session before.
public struct ControlLimits: Sendable {
  /// By instrument.
  public var instruments: [RiskLimits]
  public var rate: OrderRateLimits
  /// Nil: none is set.
  public var maximumDailyLoss: Amount?

  public init(instruments: [RiskLimits], rate: OrderRateLimits, maximumDailyLoss: Amount? = nil) {
    self.instruments = instruments
    self.rate = rate
    self.maximumDailyLoss = maximumDailyLoss
  }
}

/// A looser limit that one user asked for and another must confirm.
package struct PendingChange: Equatable {
  package var number: UInt64
  package var value: Int64
  var user: UInt32
  var reason: String
  package var expiresNs: Int64
}

/// One limit: of an instrument, or of all together.
package struct LimitEntry: Equatable {
  let limit: CommandLimit
  /// The instrument's place in the session; nil for a limit of all together.
  let instrument: Int?
  /// What a decimal text counts in.
  let step: DecimalStep
  fileprivate(set) var inForce: Int64
  /// Sent to execution and not yet answered, oldest first.
  fileprivate(set) var underWay: [UnderWay] = []
  fileprivate(set) var pending: PendingChange?

  struct UnderWay: Equatable {
    var number: UInt64
    var value: Int64
  }

  /// What a change is held against: the tightest of what is in force and what may be next, so that two changes at once
  /// cannot loosen together what neither may alone.
  var reference: Int64 { underWay.reduce(inForce) { min($0, $1.value) } }

  /// Every limit is an upper bound: more is looser.
  package func isLoosened(by value: Int64) -> Bool { value > reference }
}

/// All limits of a session, in the order in which they are shown.
package struct LimitTable {
  package private(set) var entries: [LimitEntry] = []

  /// How long a pending change can be confirmed.
  static var confirmationNs: Int64 { 600_000_000_000 }

  package init(_ limits: ControlLimits, instruments: [Instrument]) {
    precondition(limits.instruments.count == instruments.count, "limits for each instrument")
    for (i, instrument) in instruments.enumerated() {
      let own = limits.instruments[i]
      func add(_ limit: CommandLimit, _ value: Int64) {
        entries.append(LimitEntry(limit: limit, instrument: i, step: limit.step(lot: instrument.lot), inForce: value))
      }
      add(.maximumOrderQuantity, own.maximumOrderQuantity.lots)
      add(.maximumOrderNotional, own.maximumOrderNotional.units)
      add(.maximumPosition, own.maximumPosition.lots)
      add(.maximumOpenOrders, own.maximumOpenOrders)
      add(.priceCollarBasisPoints, own.collarBasisPoints)
    }
    func add(_ limit: CommandLimit, _ value: Int64) {
      entries.append(LimitEntry(limit: limit, instrument: nil, step: limit.step(lot: .amount), inForce: value))
    }
    add(.ordersPerSecond, Int64(limits.rate.perSecond))
    add(.ordersPerTenSeconds, Int64(limits.rate.perTenSeconds))
    add(.maximumDailyLoss, limits.maximumDailyLoss?.units ?? .max)
  }

  package func place(of limit: CommandLimit, instrument: Int?) -> Int? {
    entries.firstIndex { $0.limit == limit && $0.instrument == instrument }
  }

  /// A change is on its way: what waited for the same limit is void.
  mutating func sent(_ number: UInt64, _ value: Int64, at place: Int) {
    entries[place].underWay.append(LimitEntry.UnderWay(number: number, value: value))
    entries[place].pending = nil
  }

  /// Takes the place of an earlier change of the same limit.
  mutating func hold(_ change: PendingChange, at place: Int) { entries[place].pending = change }

  /// Execution's answer to a change.
  mutating func settle(_ number: UInt64, isAccepted: Bool) {
    for i in entries.indices {
      guard let place = entries[i].underWay.firstIndex(where: { $0.number == number }) else { continue }
      let change = entries[i].underWay.remove(at: place)
      if isAccepted { entries[i].inForce = change.value }
    }
  }

  func pendingPlace(of number: UInt64) -> Int? { entries.firstIndex { $0.pending?.number == number } }

  /// Forgets what nobody confirmed in time.
  mutating func expire(nowNs: Int64) {
    for i in entries.indices where (entries[i].pending?.expiresNs ?? .max) <= nowNs { entries[i].pending = nil }
  }
}

extension CommandLimit {
  /// What a decimal text of the limit counts in.
  ///
  /// - Parameter lot: of the limit's instrument; of no effect for a limit of all together.
  package func step(lot: DecimalStep) -> DecimalStep {
    switch self {
    case .maximumOrderQuantity, .maximumPosition: lot
    case .maximumOrderNotional, .maximumDailyLoss: .amount
    case .none, .maximumOpenOrders, .priceCollarBasisPoints, .ordersPerSecond, .ordersPerTenSeconds:
      DecimalStep(mantissa: 1, exponent: 0)
    }
  }
}
