// The market event: what a feed publishes, one cache line each, in ring slots.

/// The number of an instrument within this session, given by the order of the configuration.
public struct InstrumentIndex: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt16
  @inline(always) public init(_ rawValue: UInt16) { self.rawValue = rawValue }
}

/// The number of a venue within this session, given by the order of the configuration.
public struct VenueIndex: BitwiseCopyable, Hashable, Sendable {
  public var rawValue: UInt8
  @inline(always) public init(_ rawValue: UInt8) { self.rawValue = rawValue }
}

/// What a market event says. A message of a venue becomes one or more events, published together.
public enum MarketEventKind: UInt8, BitwiseCopyable, Sendable {
  /// The quantity displayed at a price is now this (0: the level is gone). Followed by others and `depthEnd`.
  case level = 1
  /// The depth message is complete; `sequence` is its last update id. The book is consistent here and not before.
  case depthEnd = 2
  /// The best price and quantity of one side, faster than depth. Always a pair in one publish: bid, then ask.
  case touch = 3
  /// A trade; `side` is the taker's, `sequence` the venue's trade id.
  case trade = 4
  /// The book is replaced by the snapshot buffer named in `price.ticks`; `sequence` is its last update id.
  case snapshot = 5
  /// The stream lost its sequence, its connection or its place in the ring: the book is void until the next `snapshot`.
  case streamBroken = 6
  /// The instrument may not be traded until its definition is fetched again (an off-grid price, a changed rule).
  case instrumentHalted = 7
}

/// One normalised change of a market. 64 bytes, passed by value through rings.
public struct MarketEvent: BitwiseCopyable, Sendable {
  public var kind: MarketEventKind
  public var side: Side
  public var venue: VenueIndex
  /// Reserved, zero: keeps the record's bytes determined.
  public var reserved: UInt8
  public var instrument: InstrumentIndex
  /// Which definition of the instrument `price` and `quantity` are expressed in.
  public var definitionVersion: UInt16
  /// The venue's update id (book) or trade id (trade).
  public var sequence: UInt64
  /// The journal record of the frame that this came from (`RecordIdentifier.rawValue`).
  public var cause: UInt64
  /// The venue's event time in nanoseconds since 1970; 0 where the message carries none (spot bookTicker).
  public var eventTimeNs: Int64
  /// When the frame was received, in the session's clock.
  public var receiveTimeNs: Int64
  /// When the frame was received, in real time-stamp-counter cycles: for latency figures only.
  public var receiveTsc: UInt64
  public var price: Price
  public var quantity: Quantity

  @inline(always)
  public init(
    kind: MarketEventKind, side: Side = .buy, venue: VenueIndex, instrument: InstrumentIndex,
    definitionVersion: UInt16, sequence: UInt64, cause: UInt64, eventTimeNs: Int64, receiveTimeNs: Int64,
    receiveTsc: UInt64, price: Price = Price(ticks: 0), quantity: Quantity = Quantity(lots: 0)
  ) {
    self.kind = kind
    self.side = side
    self.venue = venue
    self.instrument = instrument
    self.definitionVersion = definitionVersion
    self.sequence = sequence
    self.cause = cause
    self.eventTimeNs = eventTimeNs
    self.receiveTimeNs = receiveTimeNs
    self.receiveTsc = receiveTsc
    self.price = price
    self.quantity = quantity
    reserved = 0
  }
}
