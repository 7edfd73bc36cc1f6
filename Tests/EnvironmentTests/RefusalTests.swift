import CEnvironment
import Environment
import Simulation
import Testing

@Suite struct RefusalTests {
  @Test func everyCodeHasItsOwnMessage() {
    let codes = EnvironmentError.allCases.map(\.rawValue)
    #expect(codes == Array(1...APUS_BAD_PARAMETERS).map(Int32.init))
    let texts = ([0] + codes + [99]).map { String(cString: apus_environment_message($0)) }
    #expect(Set(texts).count == texts.count)
  }

  @Test func anotherVersionsStructIsRefused() {
    var config = apus_environment_config.scripted(.trade)
    config.size -= 8
    var made: OpaquePointer?
    #expect(apus_environment_create(&config, &made) == APUS_BAD_SIZE && made == nil)
    #expect(apus_environment_create(nil, &made) == APUS_NULL_POINTER)
    #expect(apus_environment_version() == 2)
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt32])
  func anActionOutsideItsSpaceChangesNothing(_ bad: UInt32) throws {
    let task: LearningTask = bad < 2 ? .trade : .execute
    let configuration = try EnvironmentConfiguration(.scripted(task))
    let batch = configuration.batch()
    var observation = [Float](repeating: 0, count: 8)
    var seed: UInt64 = 1
    try batch.reset(seeds: &seed, mask: nil, observations: &observation)
    let before = observation
    let words: [UInt32] = [3, UInt32(bitPattern: -1), Float.nan.bitPattern, Float(1.01).bitPattern]
    var (word, reward, terminated, truncated) = (words[Int(bad)], Float(0), UInt8(0), UInt8(0))
    #expect(throws: EnvironmentError.badAction) {
      try batch.step(
        actions: &word, observations: &observation, rewards: &reward, terminated: &terminated, truncated: &truncated,
        info: nil)
    }
    #expect(observation == before)
  }

  @Test(arguments: [
    (APUS_MARKET_HAWKES, "plain", ""), (APUS_MARKET_SIGNAL, "plain", ""),
    (APUS_MARKET_QUEUE_REACTIVE, "queue-reactive", ""),
    (APUS_MARKET_HAWKES, "queue-reactive", "model: must be hawkes"),
    (APUS_MARKET_SIGNAL, "queue-reactive", "model: must be hawkes"),
    (APUS_MARKET_QUEUE_REACTIVE, "{}", "model: must be a text"),
    (APUS_MARKET_QUEUE_REACTIVE, "no JSON", "parameters: is no JSON"),
  ])
  func parametersThatMakeNoMarketAreNamed(_ market: Int, _ name: String, _ problem: String) {
    let preset = SyntheticParameters.presets.first { $0.name == name }
    let parameters = preset?.parameters.json ?? name
    let kind = UInt32(market)
    parameters.withCString { text in
      var config = apus_environment_config.scripted(.trade) { ($0.market, $0.parameters) = (kind, text) }
      var made: OpaquePointer?
      let expected = problem.isEmpty ? Int32(APUS_OK) : Int32(APUS_BAD_PARAMETERS)
      #expect(apus_environment_create(&config, &made) == expected)
      apus_environment_close(made)
      let told = UnsafeMutablePointer<CChar>.allocate(capacity: 100)
      defer { told.deallocate() }
      #expect(apus_environment_parameters_problem(kind, text, told, 100) == APUS_OK)
      let whole = String(cString: told)
      #expect(whole == problem)
      // A short buffer gets what fits, ended by a zero.
      #expect(apus_environment_parameters_problem(kind, text, told, 4) == APUS_OK)
      #expect(String(cString: told) == whole.prefix(3))
      #expect(apus_environment_parameters_problem(9, text, told, 100) == APUS_BAD_MARKET)
      #expect(apus_environment_parameters_problem(kind, text, told, 0) == APUS_BAD_COUNT)
    }
  }
}
