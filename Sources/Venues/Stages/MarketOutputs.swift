// The rings between one feed and the strategy shards: market events there, faults of books back. One thread: the feed's.

public import Market
public import Pipeline

/// One ring of market events and one of book faults for each strategy shard; an instrument belongs to exactly one shard.
///
/// The rings lie side by side in raw memory, because an array cannot hold what cannot be copied.
public struct MarketOutputs: ~Copyable {
  public let shardCount: Int
  private let rings: UnsafeMutablePointer<RingProducer<MarketEvent>>
  private let faults: UnsafeMutablePointer<RingConsumer<BookFault>>
  private var connected = 0

  /// - Parameter shardCount: at most four, as many input rings as a step record counts.
  public init(shardCount: Int) {
    precondition(shardCount > 0 && shardCount <= 4, "between 1 and 4 shards")
    self.shardCount = shardCount
    rings = .allocate(capacity: shardCount)
    faults = .allocate(capacity: shardCount)
  }

  /// One shard for everything.
  public init(_ ring: consuming RingProducer<MarketEvent>, faults: consuming RingConsumer<BookFault>) {
    self.init(shardCount: 1)
    connect(ring, faults: faults)
  }

  deinit {
    rings.deinitialize(count: connected)
    rings.deallocate()
    faults.deinitialize(count: connected)
    faults.deallocate()
  }

  /// Gives the next shard its rings, in the order of the shards' numbers. At start.
  public mutating func connect(
    _ ring: consuming RingProducer<MarketEvent>, faults: consuming RingConsumer<BookFault>
  ) {
    precondition(connected < shardCount, "every shard has its rings already")
    (rings + connected).initialize(to: ring)
    (self.faults + connected).initialize(to: faults)
    connected += 1
  }

  public var isComplete: Bool { connected == shardCount }

  /// The ring of a shard, in place.
  @inline(always)
  func ring(_ shard: Int) -> UnsafeMutablePointer<RingProducer<MarketEvent>> {
    precondition(shard >= 0 && shard < connected)
    return rings + shard
  }

  /// The faults that a shard has told, in place.
  @inline(always)
  func faults(_ shard: Int) -> UnsafeMutablePointer<RingConsumer<BookFault>> {
    precondition(shard >= 0 && shard < connected)
    return faults + shard
  }
}
