import Simulation
import Testing

@Suite struct ParameterTests {
  private static let signal = SignalParameters(movesPerSecond: 4, strength: 0.3, flipsPerSecond: 0.125)

  @Test(arguments: [HawkesParameters.plain, HawkesParameters.plain.planting(signal)])
  func theTextReadsBackToTheSame(_ parameters: HawkesParameters) throws {
    let text = parameters.json
    let read = try HawkesParameters(parsing: text.utf8)
    #expect(read == parameters)
    #expect(read.json == text)
  }

  @Test(arguments: [
    (#""decays_per_second":[50.0,1.0]"#, #""decays_per_second":[50.0,-1.0]"#, "decays_per_second"),
    (#""decays_per_second":[50.0,1.0]"#, #""decays_per_second":[50.0]"#, "same_side"),
    (#""start_ticks":600000"#, #""start_ticks":"many""#, "start_ticks"),
    (#""start_ticks":600000"#, #""start_ticks":5"#, "start_ticks"),
    (#""refill_follows":0.5"#, #""refill_follows":1.5"#, "refill_follows"),
    (#""refill_per_second":50.0"#, #""refill":50.0"#, "refill_per_second"),
    (#""model":"hawkes""#, #""model":"brownian""#, "model"),
    (#""deep_ticks":[1, 1"#, #""deep_ticks":[0, 1"#, "deep_ticks"),
    (#""market_lots":[1, 2"#, #""market_lots":[3, 2"#, "market_lots"),
    (#""strength":0.3"#, #""strength":1"#, "strength"),
    (#"[[0.25"#, #"[[0.95"#, "same_side"),
  ])
  func whatMakesNoMarketIsRefusedByName(_ old: String, _ new: String, _ key: String) throws {
    let text = HawkesParameters.plain.planting(Self.signal).json
    let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let error = #expect(throws: ParameterError.self) { try HawkesParameters(parsing: (parts[0] + new + parts[1]).utf8) }
    #expect(error?.key == key)
  }

  @Test func noJSONIsRefused() {
    #expect(throws: ParameterError.self) { try HawkesParameters(parsing: "{".utf8) }
  }

  @Test func aTableHasTheQuantilesOfItsSample() throws {
    let table = try #require(QuantileTable(sample: Array(1...1001)))
    #expect(table.values == [1, 101, 201, 301, 401, 501, 601, 701, 801, 901, 951, 981, 991, 996, 1000, 1001])
    #expect(abs(table.mean - 501) < 0.1)
    #expect(QuantileTable(sample: []) == nil && QuantileTable(sample: [0, 1]) == nil)
  }
}
