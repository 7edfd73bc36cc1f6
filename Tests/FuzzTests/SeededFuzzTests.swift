// Every fuzz target with seeded mutations of its seeds: the short form of `make fuzz`, the same inputs every time.

import Foundation
import FuzzTargets
import Support
import Testing

@Suite struct SeededFuzzTests {
  #if DEBUG
    static let rounds = 3_000
  #else
    static let rounds = 30_000
  #endif

  static let names = [
    "handshake", "frames", "deflate", "http", "json", "market", "sbe", "snapshot", "orders", "exchange-info", "journal",
    "counters", "capture", "model", "account", "ring-file", "control", "import", "records",
  ]

  @Test func theNamesAreComplete() throws {
    #expect(try allFuzzTargets(recordings: nil).map(\.name) == Self.names)
  }

  /// Inputs that once broke what has to hold, by their target.
  @Test(
    arguments: [
      // Bad text, then bad DEFLATE: the reason depended on how the bytes were cut.
      ("deflate", "A8ERagBi"),
      // A fill whose fee asset is no name: the account could not be read back.
      (
        "account",
        "SW50AEsAAQQBAADh8s0+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//////////////8AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
          + "AAAAAAAAAAAAAAEBAQEAAAAgAAAAAAAA1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU"
          + "1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1AAAAAEBAQEB"
      ),
    ])
  func findingsStayFixed(name: String, input: String) throws {
    let target = try #require(try allFuzzTargets(recordings: nil).first { $0.name == name })
    let bytes = try #require(Data(base64Encoded: input))
    Array(bytes).withUnsafeBytes { target.run($0) }
  }

  /// A trap ends the test process: that is the finding.
  @Test(arguments: names)
  func decodersSurviveMutations(name: String) throws {
    let target = try #require(try allFuzzTargets(recordings: sharedData).first { $0.name == name })
    for seed in target.seeds { seed.withUnsafeBytes { target.run($0) } }
    var mutator = Mutator(target, seed: 2026)
    var lengths = Set<Int>()
    for _ in 0..<Self.rounds {
      let bytes = mutator.next()
      lengths.insert(bytes.count)
      bytes.withUnsafeBytes { target.run($0) }
    }
    #expect(lengths.count > 10, "mutations that change nothing try nothing")
  }
}
