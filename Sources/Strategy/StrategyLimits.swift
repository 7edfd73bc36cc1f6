// The bounds of a strategy stage: what one step may take in and give out. ARCHITECTURE.md derives ring sizes from them.

/// Named bounds of a strategy stage.
public enum StrategyLimits {
  /// Instruments of one shard.
  public static var markets: Int { 8 }
  /// Market data rings of one shard: with the order updates they fill the four counts of a step record.
  public static var feeds: Int { 3 }
  /// Events taken from one feed in a step: several of the largest depth messages' worth, some 50 us of work.
  public static var eventsPerStep: Int { 1024 }
  /// Order updates taken in a step.
  public static var updatesPerStep: Int { 256 }
  /// Intents given out in a step: a touch per market, and what the outbox holds.
  public static var intentsPerStep: Int { markets &+ Outbox.capacity }
  /// The least capacity of the ring to execution: two full steps.
  public static var intentRingCapacity: Int { 256 }
  /// The least capacity of the ring to a feed: a book faults once for each snapshot, and the feed takes what is there
  /// before it publishes another, so that two of each instrument can be under way.
  public static var faultRingCapacity: Int { 2 &* markets }
  /// The most a step writes into its record ring: the step, forecasts and intents with their headers, and a skip.
  public static var recordBytesPerStep: Int { 72 &+ markets &* 72 &+ intentsPerStep &* 136 &+ 136 }
}
