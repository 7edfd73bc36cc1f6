// The rings from one feed to the strategy shards, and which shard trades which instrument. One thread: the feed's.

public import Market
public import Pipeline

/// One ring of market events for each strategy shard; an instrument belongs to exactly one shard.
///
/// The rings lie side by side in raw memory, because an array cannot hold what cannot be copied.
public struct MarketOutputs: ~Copyable {
  public let shardCount: Int
  private let rings: UnsafeMutablePointer<RingProducer<MarketEvent>>
  private var connected = 0

  public init(shardCount: Int) {
    precondition(shardCount > 0 && shardCount <= 64, "between 1 and 64 shards")
    self.shardCount = shardCount
    rings = .allocate(capacity: shardCount)
  }

  /// One shard for everything.
  public init(_ ring: consuming RingProducer<MarketEvent>) {
    self.init(shardCount: 1)
    connect(ring)
  }

  deinit {
    rings.deinitialize(count: connected)
    rings.deallocate()
  }

  /// Gives the next shard its ring, in the order of the shards' numbers. At start.
  public mutating func connect(_ ring: consuming RingProducer<MarketEvent>) {
    precondition(connected < shardCount, "every shard has its ring already")
    (rings + connected).initialize(to: ring)
    connected += 1
  }

  public var isComplete: Bool { connected == shardCount }

  /// The ring of a shard, in place.
  @inline(always)
  func ring(_ shard: Int) -> UnsafeMutablePointer<RingProducer<MarketEvent>> {
    precondition(shard >= 0 && shard < connected)
    return rings + shard
  }
}
