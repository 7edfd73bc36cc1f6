import CEnvironment
import Environment
import MallocCounter
import Testing

@Suite struct DeterminismTests {
  private func config(_ task: LearningTask, market: Int = APUS_MARKET_HAWKES) -> apus_environment_config {
    .scripted(task) {
      $0.market = UInt32(market)
      $0.features = 1
      $0.events_per_step = 2
      $0.latency_events = 1
      $0.episode_steps = 50
      $0.maximum_lots = 40
      $0.maker_fee_ppm = 5
      $0.taker_fee_ppm = 20
      $0.inventory_penalty_bps = 0.01
    }
  }

  private func seeds(_ seed: UInt64) -> [UInt64] {
    var seeds = [UInt64](repeating: 0, count: 3)
    _ = apus_environment_seeds(seed, &seeds, 3)
    return seeds
  }

  /// Debug and release must give these; a change of the market, the features or the tasks changes them.
  @Test(arguments: [
    (LearningTask.trade, [0xc0bd_ce25_448e_cfa8 as UInt64, 0xb2d4_2ebc_fbc0_e064, 0x78b7_6563_d395_fff4]),
    (.execute, [0x286e_0d17_f943_2e3d, 0xc710_f6ee_7bfd_1fca, 0x9df6_59a3_0600_21cb]),
    (.quote, [0x7c1e_e60d_7662_6c75, 0x40a3_d2ce_a4d3_59d7, 0xf0dd_626a_2c78_54de]),
  ])
  func trajectoriesAreTheSameInEveryBuildAndBatch(_ task: LearningTask, _ expected: [UInt64]) {
    compare(config(task), with: expected)
  }

  @Test(arguments: [
    (LearningTask.trade, [0xacca_9e8f_3fb9_1432 as UInt64, 0x19aa_2c50_c895_d273, 0xa2fa_04a7_7f5c_f3fc]),
    (.execute, [0x07aa_93a0_7a55_7536, 0xc85d_a99d_742e_c270, 0x2668_b152_911a_4ad8]),
    (.quote, [0x41c1_3610_852b_bd51, 0xf1e0_c0a4_55c8_6f30, 0xe8df_4b04_e074_5379]),
  ])
  func soAreThoseOfQueuesThatReact(_ task: LearningTask, _ expected: [UInt64]) {
    compare(config(task, market: APUS_MARKET_QUEUE_REACTIVE), with: expected)
  }

  private func compare(_ config: apus_environment_config, with expected: [UInt64]) {
    let seeds = seeds(7)
    var together = [UInt64](repeating: 0xcbf2_9ce4_8422_2325, count: 3)
    var alone = together
    let batch = BatchUnderTest(config, seeds: seeds)
    let singles = seeds.map { BatchUnderTest(config, seeds: [$0]) }
    for number in 0..<300 {
      batch.step(number)
      for i in 0..<3 {
        batch.digest(i, &together[i])
        singles[i].step(number, first: i)
        singles[i].digest(0, &alone[i])
      }
    }
    #expect(together == alone)
    #expect(together == expected)
  }

  @Test(arguments: [LearningTask.trade, .execute, .quote])
  func numbersStayFinite(_ task: LearningTask) {
    let batch = BatchUnderTest(config(task), seeds: seeds(8))
    var rewarded = 0
    for number in 0..<3000 {
      batch.step(number)
      for i in 0..<batch.count * batch.size { #expect(batch.observations[i].isFinite) }
      for i in 0..<batch.count {
        #expect(batch.rewards[i].isFinite)
        if batch.rewards[i] != 0 { rewarded += 1 }
      }
    }
    #expect(rewarded > 1000)
  }

  #if !DEBUG
    /// Counted in release only, as everywhere: without optimisation the standard library's generics allocate.
    @Test(
      arguments: [LearningTask.trade, .execute, .quote], [APUS_MARKET_HAWKES, APUS_MARKET_QUEUE_REACTIVE])
    func stepsAllocateNothing(_ task: LearningTask, _ market: Int) {
      let batch = BatchUnderTest(config(task, market: market), seeds: seeds(9))
      let before = malloc_counter_value()
      for number in 0..<20_000 { batch.step(number) }
      #expect(malloc_counter_value() == before)
    }
  #endif
}
