import Environment
import MallocCounter
import Market
import Simulation
import Testing

/// The environments through their C interface.
@Suite struct EnvironmentTests {
  @Test func configurationsAreRefusedByKey() {
    for (text, key) in [
      ("[", "config"), ("{}", "task"), (#"{"task":"gamble"}"#, "task"), (#"{"task":"trade","lots":0}"#, "lots"),
      (#"{"task":"trade","fee":1}"#, "fee"), (#"{"task":"trade","market":"real"}"#, "market"),
      (#"{"task":"trade","signal":{"moves_per_second":1}}"#, "signal"),
    ] {
      let error = #expect(throws: Vector.Refused.self) { try Vector(text) }
      #expect(error?.reason.hasPrefix("\(key): ") == true, "\(text): \(error?.reason ?? "no reason")")
    }
  }

  /// A position that is held earns what the mid-price does, less what it cost to get: worked out on a second copy of the market.
  @Test func holdingEarnsTheMidPrice() throws {
    let vector = try Vector(
      #"{"task":"trade","seed":5,"lots":3,"taker_fee_bps":0.5,"events_per_step":4,"episode_steps":100000}"#)
    var market = try HawkesMarket(.plain, seed: 5)
    let rows = UnsafeMutablePointer<TapeRow>.allocate(capacity: HawkesMarket.rowsPerMessage)
    defer { rows.deallocate() }
    for _ in 0..<1_000 { _ = market.next(into: rows) }
    // Three lots may be spread over levels: the cost is that of the book as it stands.
    var cost: Int64 = 0
    var left: Int64 = 3
    var book = SyntheticSight()
    var again = try HawkesMarket(.plain, seed: 5)
    for _ in 0..<1_000 { book.take(rows, count: again.next(into: rows)) }
    let levels = UnsafeMutableBufferPointer<BookLevel>.allocate(capacity: 16)
    defer { levels.deallocate() }
    let count = book.book.levels(.sell, into: levels)
    for level in levels.prefix(count) where left > 0 {
      cost += min(left, level.quantity.lots) * level.price.ticks
      left -= min(left, level.quantity.lots)
    }
    let doubleMid = market.bestBid.price.ticks + market.bestAsk.price.ticks
    var total = 0.0
    for _ in 0..<500 {
      vector.step([2])
      total += Double(vector.rewards[0])
      for _ in 0..<4 { _ = market.next(into: rows) }
    }
    let worth = 1.5 * Double(market.bestBid.price.ticks + market.bestAsk.price.ticks)
    let expected = 1e4 * (worth - Double(cost)) / (1.5 * Double(doubleMid)) - 0.5
    // Each reward is relative to its own step's mid-price, which wanders by less than a thousandth.
    #expect(abs(total - expected) < 1e-3 * (abs(expected) + 1))
    #expect(vector.observations[48] == 1)
  }

  /// Taking a slice at once ends the order after its slices, and its reward is its cost against the arrival price.
  @Test func executionEndsWithTheOrder() throws {
    let vector = try Vector(#"{"task":"execute","seed":6,"lots":2,"units":5,"taker_fee_bps":1,"episode_steps":50}"#)
    #expect(vector.observations[48] == 1)
    var total: Float = 0
    for step in 1...5 {
      vector.step([2])
      total += vector.rewards[0]
      #expect(vector.terminated[0] == (step == 5 ? 1 : 0) && vector.truncated[0] == 0)
    }
    // Half a spread and the fee for each slice at least, whatever the market did meanwhile: five events move it little.
    #expect(total < -1 && total > -1.5)
    #expect(vector.observations[48] == 0)
    vector.step([0])
    #expect(vector.rewards[0] == 0 && vector.observations[48] == -1)  // the next order is a sale
  }

  /// Waiting to the end means paying for everything then.
  @Test func whatIsLeftAtTheEndIsTaken() throws {
    let vector = try Vector(#"{"task":"execute","seed":7,"lots":40,"units":50,"episode_steps":10}"#)
    for step in 1...10 {
      vector.step([0])
      #expect(vector.terminated[0] == (step == 10 ? 1 : 0))
    }
    #expect(vector.rewards[0] < 0 && vector.observations[48] == 0)
  }

  /// Quotes at the touch get filled on both sides and never go beyond the limit.
  @Test func quotesKeepTheirLimit() throws {
    let vector = try Vector(
      #"{"task":"quote","seed":8,"lots":1,"units":2,"events_per_step":5,"episode_steps":1000000}"#)
    var seen: Set<Float> = []
    for _ in 0..<4_000 {
      vector.step([4])
      seen.insert(vector.observations[48])
    }
    #expect(seen == [-1, -0.5, 0, 0.5, 1])
  }

  /// The constants are what a debug build made; a release build has to make the same.
  @Test(arguments: [
    ("trade", 747_393_406_076_112_736 as UInt64), ("execute", 101_300_305_049_015_440),
    ("quote", 17_653_235_423_655_919_915),
  ])
  func aSeedIsATrajectory(_ task: String, _ digest: UInt64) throws {
    let vector = try Vector(#"{"task":"\#(task)","seed":9,"count":3,"events_per_step":2,"episode_steps":50}"#)
    var random = SplitMix64(seed: 10)
    var found: UInt64 = 0xcbf2_9ce4_8422_2325
    for _ in 0..<500 {
      vector.step((0..<3).map { _ in Int32(random.next() % UInt64(vector.actions)) })
      for value in vector.observations + vector.rewards {
        found = (found ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
      }
    }
    #expect(found == digest)
  }

  #if !DEBUG
    /// In release only: a debug build boxes what it cannot see through.
    @Test func stepsAllocateNothing() throws {
      let vector = try Vector(#"{"task":"quote","seed":11,"count":4,"episode_steps":100}"#)
      vector.step([4, 4, 8, 0])
      let before = malloc_counter_value()
      for _ in 0..<20_000 { vector.repeatStep() }
      #expect(malloc_counter_value() - before == 0)
    }
  #endif
}

/// A vector with memory of its own, as a caller in C would have it.
final class Vector {
  struct Refused: Error { let reason: String }

  let actions: Int32
  private(set) var observations: [Float]
  private(set) var rewards: [Float]
  private(set) var terminated: [UInt8]
  private(set) var truncated: [UInt8]
  private var acted: [Int32]
  private let handle: UnsafeMutableRawPointer

  init(_ config: String) throws {
    var reason = [CChar](repeating: 0, count: 256)
    let made = config.withCString { environmentCreate($0, config.utf8.count, &reason, reason.count) }
    guard let made else {
      throw Refused(reason: String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    handle = made
    let count = Int(environmentCount(made))
    actions = environmentActions(made)
    observations = [Float](repeating: .nan, count: count * Int(environmentObservationSize(made)))
    rewards = [Float](repeating: .nan, count: count)
    terminated = [UInt8](repeating: 9, count: count)
    truncated = terminated
    acted = [Int32](repeating: 0, count: count)
    environmentReset(handle, nil, nil, &observations)
  }

  deinit { environmentDestroy(handle) }

  func step(_ actions: [Int32]) {
    acted = actions
    repeatStep()
  }

  func repeatStep() {
    let status = environmentStep(handle, acted, &observations, &rewards, &terminated, &truncated)
    precondition(status == 0)
  }
}
