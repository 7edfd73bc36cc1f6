// What the exchange tells: one flat record a happening, in the order in which it happened.

public import Market

/// Why a request is refused, beside the answer that Binance gives (filters.md, errors.md; futures error codes).
public enum ExchangeRefusal: UInt8, Error, BitwiseCopyable, Sendable, CaseIterable {
  case unknownInstrument
  case unknownAccount
  /// No such open order of the account (-2011).
  case unknownOrder
  /// The instrument is not in a state that takes this (MARKET_CLOSED).
  case marketClosed
  /// PRICE_FILTER.
  case priceFilter
  /// PERCENT_PRICE.
  case priceBand
  /// LOT_SIZE.
  case lotSize
  /// NOTIONAL.
  case notional
  /// ICEBERG_PARTS, or a displayed part that is not below the quantity.
  case icebergParts
  /// MAX_NUM_ORDERS.
  case tooManyOpenOrders
  /// MAX_POSITION.
  case positionLimit
  /// Fields that contradict each other: a post-only market order, an expiry in the past.
  case badCombination
  /// -2010, account has insufficient balance; -2019, margin is insufficient.
  case insufficientBalance
  /// -2010, order would immediately match and take; -5022 of futures.
  case wouldTake
  /// -2010, stop price would trigger immediately; -2021 of futures.
  case wouldTrigger
  /// -2022, reduce-only order is rejected.
  case reduceOnly
  /// An amendment that changes nothing, or leaves no quantity (-2038).
  case amendChangesNothing
  /// Every slot for open orders is in use: the configuration's bound.
  case exchangeFull
}

/// Why an order ended unasked.
public enum ExchangeExpiry: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// Immediate-or-cancel or market: the rest found no quantity.
  case noLiquidity
  /// Fill-or-kill: it could not be filled whole.
  case notFillable
  /// Good-till-date: its time came.
  case goodTilDate
  /// Reduce-only: no position is left for it to reduce.
  case reduceOnly
  /// A market order whose account could not pay for another lot, or open another contract.
  case insufficientBalance
  /// EXPIRED_IN_MATCH.
  case selfTrade
  /// Taken off because its account is being liquidated.
  case liquidation
}

public enum ExchangeEventKind: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  /// `quantity` is the order's whole quantity.
  case accepted
  /// `refusal` says why; `id` is none for a new order.
  case refused
  /// One of the two fills of a trade, the maker's before the taker's; `quantity` traded at `price`, `remaining` is left.
  case filled
  case canceled
  /// `expiry` says why; `remaining` is what was left.
  case expired
  /// `quantity` was taken off the order instead of a trade with `counterOrder` of the same account or
  /// trade group.
  case prevented
  /// Now `price` and `remaining`; it kept its place in the queue when `keptPriority`.
  case amended
  /// A stop order became active.
  case triggered
  /// A new part of an iceberg of `quantity` lots joined the queue's back.
  case replenished
  /// `amount` of `asset` was paid to the account for funding (negative: by it).
  case funding
  /// The account's margin no longer supports its position; the exchange's order follows.
  case liquidated
  /// The insurance fund took over a position of `quantity` lots (buy: long), worth `amount` at the mark `price`.
  case takenOver
  /// `amount` of `asset` went from the account to the insurance fund: the liquidation fee, or what was left of the margin
  /// of a position that was taken over.
  case forfeited
  /// The insurance fund paid `amount` of `asset` for an account that had lost more than it owned.
  case shortfall
  /// The instrument's state changed.
  case stateChanged
  /// One of the two sides of a position's forced end at its bankruptcy price, the bankrupt account's before that of the
  /// account opposite: `side` is what it trades, `quantity` lots worth `amount`; `price` is the mark.
  case deleveraged
  /// One of the two sides of a transfer between accounts of a trade group, the maker's before the taker's: `quantity` was
  /// taken off the order and changed hands for `amount` at `price` with `counterOrder`, without a trade and its fees.
  case transferred
}

/// One happening. Fields that its kind does not use are zero.
public struct ExchangeEvent: BitwiseCopyable, Equatable, Sendable {
  public var kind: ExchangeEventKind
  public var side = Side.buy
  public var isMaker = false
  public var keptPriority = false
  public var refusal = ExchangeRefusal.unknownOrder
  public var expiry = ExchangeExpiry.noLiquidity
  public var state = InstrumentState.trading
  public var instrument = InstrumentIndex(0)
  public var account = AccountIndex(0)
  public var asset = AssetIndex(0)
  public var id = OrderId.none
  public var counterOrder = OrderId.none
  public var clientNumber: UInt64 = 0
  /// Numbers the trades of the exchange from 1; both fills of a trade have it.
  public var trade: UInt64 = 0
  public var price = Price(ticks: 0)
  public var quantity = Quantity.zero
  public var remaining = Quantity.zero
  /// The value of a fill or transfer in the quote asset (inverse contracts: in the base asset); of other kinds, as said
  /// there.
  public var amount = Amount.zero
  /// The commission of a fill in units of `asset`; negative for a rebate.
  public var fee = Amount.zero
  public var timeNs: Int64

  @inline(always)
  init(_ kind: ExchangeEventKind, timeNs: Int64) {
    self.kind = kind
    self.timeNs = timeNs
  }
}
