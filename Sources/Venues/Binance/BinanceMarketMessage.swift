// What one message of Binance's market streams says, and the names of what can be wrong with it.

public import Market

/// The kind of a market message, recognised by its fields and not by the stream's name.
public enum BinanceMessageKind: UInt8, BitwiseCopyable, Sendable {
  /// A diff of the book: `<symbol>@depth` or `<symbol>@depth@100ms`.
  case depth = 1
  /// The best bid and ask: `<symbol>@bookTicker`.
  case bookTicker = 2
  /// One trade: `<symbol>@trade`.
  case trade = 3
  /// The answer to a control message (`SUBSCRIBE`): done.
  case reply = 4
  /// The answer to a control message: refused, `code` says why.
  case replyError = 5
  /// The server is about to close the connection.
  case serverShutdown = 6
  /// Well-formed and none of the above: a message that this bot did not ask for.
  case other = 7
}

/// Why a message was refused. The numbers stand in `StreamRecord.detail`.
public enum BinanceDecodeError: UInt8, BitwiseCopyable, Sendable, CaseIterable {
  case none = 0
  /// Neither JSON nor a whole SBE message, or a field of another type than documented; of JSON
  /// `BinanceMarketDecoder.jsonError` says more.
  case malformed = 1
  case missingField = 2
  /// A field that stands twice: which one holds is not for us to guess.
  case duplicateField = 3
  /// A symbol that this feed does not carry.
  case unknownSymbol = 4
  /// A price or quantity that is not decimal text, is negative or exceeds 64 bits.
  case badDecimal = 5
  /// A price between the ticks of the instrument's definition: the definition has changed.
  case offGrid = 6
  /// More levels than `BinanceLimits.levelsPerDiff` or than a snapshot buffer holds.
  case tooManyLevels = 7
  /// Update ids that run backwards within one message.
  case badSequence = 8
  /// An SBE message of another schema: none of its bytes mean what they seem to.
  case wrongSchema = 9
}

/// The fields of one decoded message. Which of them are set follows from `kind`.
public struct BinanceMarketMessage: BitwiseCopyable, Sendable {
  public var kind = BinanceMessageKind.other
  /// The taker's side of a trade.
  public var takerSide = Side.buy
  /// Position of the symbol in the decoder's instruments; -1 without one.
  public var instrument = -1
  /// Depth: the first (`U`) and last (`u`) update id. bookTicker: `u` in both. Trade: the trade id in both.
  public var firstSequence: UInt64 = 0
  public var lastSequence: UInt64 = 0
  /// Event time (`E`), of a trade its trade time (`T`); 0 where the message carries none: a bookTicker in JSON.
  public var eventTimeNs: Int64 = 0
  /// bookTicker: best bid and ask. Trade: its price and quantity stand in `bid`.
  public var bid = BookLevel.none
  public var ask = BookLevel.none
  /// Control replies: the request's id, -1 without one.
  public var requestIdentifier: Int64 = -1
  /// Control error: the venue's code.
  public var code: Int64 = 0

  public init() {}
}

/// Bounds of this feed, each with its reason.
public enum BinanceLimits {
  /// Levels of both sides in one diff. A diff of 100 ms touches at most what lies in the book the venue publishes
  /// (5000 levels a side); the largest recorded one has 1076.
  public static var levelsPerDiff: Int { 10_000 }
  /// Levels a side of a snapshot: the venue's own maximum for `limit`.
  public static var levelsPerSnapshotSide: Int { 5_000 }
  /// Diffs kept while a snapshot is under way: 51 s of SBE's, which come every 20 ms, more than the longest retry delay of
  /// a snapshot. Those that wait for the other connection are far fewer: 25 in the wait of half a second.
  public static var pendingDiffs: Int { 2_560 }
  /// Levels kept while a snapshot is under way: 512 diffs of `@100ms` with 128 levels; the recorded mean is 36. Faster ones
  /// have as many in the same time, or fewer.
  public static var pendingLevels: Int { 65_536 }
  /// Trades that wait for the other connection: the fastest second of the BTC recording has 954, and the wait is half
  /// a second.
  public static var pendingTrades: Int { 1_024 }
  /// Weight of a depth request of 5000 levels, of 6000 that an address may use in a minute.
  public static var snapshotWeight: Int64 { 250 }
  /// Snapshot requests in any minute, half of that weight: the rest is for orders. At most 16.
  public static var snapshotsPerMinute: Int { 12 }
  /// What a feed may use of the address' weight in any minute (`SnapshotBudget`).
  public static var feedWeightPerMinute: Int64 { Int64(snapshotsPerMinute) * snapshotWeight }
}
