import CEnvironment
import Environment
import Testing

@Suite struct RefusalTests {
  @Test func everyCodeHasItsOwnMessage() {
    let codes = EnvironmentError.allCases.map(\.rawValue)
    #expect(codes == Array(1...APUS_NOT_SEEDED).map(Int32.init))
    let texts = ([0] + codes + [99]).map { String(cString: apus_environment_message($0)) }
    #expect(Set(texts).count == texts.count)
  }

  @Test func anotherVersionsStructIsRefused() {
    var config = apus_environment_config.scripted(.trade)
    config.size -= 8
    var made: OpaquePointer?
    #expect(apus_environment_create(&config, &made) == APUS_BAD_SIZE && made == nil)
    #expect(apus_environment_create(nil, &made) == APUS_NULL_POINTER)
    #expect(apus_environment_version() == 1)
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt32])
  func anActionOutsideItsSpaceChangesNothing(_ bad: UInt32) throws {
    let task: LearningTask = bad < 2 ? .trade : .execute
    let configuration = try EnvironmentConfiguration(.scripted(task))
    let batch = EnvironmentBatch(configuration)
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
}
