// What a learning environment needs of a synthetic market: its next message, and to trade against it.

public import Market

/// A seeded market that answers. Nothing is allocated by its methods. Not thread-safe.
public protocol InteractiveMarket: ~Copyable {
  /// Rows of the largest message: the least that a buffer must hold.
  static var rowsPerMessage: Int { get }

  /// Best bid and ask as of the last message; there is always one.
  var bestBid: BookLevel { get }
  var bestAsk: BookLevel { get }
  /// What is displayed at a price; 0 where there is no level.
  func displayedLots(_ side: Side, at price: Price) -> Int64
  /// The venue's time of the last message, in nanoseconds since 1970.
  var timeNs: Int64 { get }

  /// Writes the next message, a snapshot first. The last row `endsMessage`.
  ///
  /// - Returns: how many rows it has, at least one.
  mutating func next(into rows: UnsafeMutablePointer<TapeRow>) -> Int

  /// Lets an order of the caller take liquidity now; what is not taken expires. The message tells of it as of any trade.
  mutating func take(_ taker: Side, lots: Int64, into rows: UnsafeMutablePointer<TapeRow>) -> Int
}

/// One that is made of parameters and a seed alone.
public protocol SeededMarket: InteractiveMarket, ~Copyable {
  associatedtype Parameters: Sendable

  /// - Throws: why the parameters make no market.
  init(_ parameters: Parameters, seed: UInt64) throws(ParameterError)
}

extension HawkesMarket: SeededMarket {}
extension QueueReactiveMarket: SeededMarket {}
