// The guard's section of the configuration, and the bounds that follow from it.

import Bot
import Control
import Testing

private let demo = DemoConfiguration.text(cpus: [0, 1], instrument: "BTCUSDT")

private func read(_ section: String, venue: String = "") throws -> Configuration {
  try Configuration(file: "test.yaml", text: demo + venue + "guard: {apiKeyFile: a, secretFile: b\(section)}\n")
}

@Suite("Guard configuration")
struct GuardConfigurationTests {
  @Test("without the section there is no guard; with its keys alone the rest has defaults")
  func defaults() throws {
    #expect(try Configuration(file: "test.yaml", text: demo).guarding == nil)
    let settings = try #require(try read("").guarding)
    #expect(settings.silenceMs == 1_000 && settings.diskSilenceMs == 10_000)
    #expect(settings.cpu == nil && settings.directory == "guard")
    #expect(settings.account.apiKeyFile == "a" && settings.account.secretFile == "b")
  }

  @Test("only the worker that runs the journal is given the disk's bound")
  func bounds() throws {
    let configuration = try read(", silenceMs: 700, diskSilenceMs: 4000")
    let bounds = configuration.guardBounds(try #require(configuration.guarding))
    #expect(bounds.silenceNs == 700_000_000)
    #expect(bounds.slowWorkers == [1: 4_000_000_000])
    // The demo's receive window, and one more question.
    #expect(bounds.verifyNs == 61_000_000_000)
  }

  @Test("a venue that plays faster stretches the bounds of real time, and not its own receive window")
  func stretched() throws {
    let configuration = try read(", silenceMs: 700", venue: "venue: {clock: venue, speed: 20}\n")
    let bounds = configuration.guardBounds(try #require(configuration.guarding))
    #expect(bounds.silenceNs == 14_000_000_000 && bounds.slowWorkers == [1: 200_000_000_000])
    #expect(bounds.verifyNs == 60_000_000_000 + bounds.verifyIntervalNs)
  }

  @Test(
    "what is wrong is named",
    arguments: [
      (", silenceMs: 5", "guard.silenceMs"), (", silenceMs: 2000, diskSilenceMs: 1000", "guard.diskSilenceMs"),
      (", silence: 5", "guard.silence"), (", cpu: -1", "guard.cpu"),
    ])
  func wrong(section: String, path: String) {
    let problem = #expect(throws: ConfigurationError.self) { try read(section) }
    #expect(problem?.path == path)
  }
}
