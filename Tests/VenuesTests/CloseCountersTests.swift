// Each reason of a lost connection has a counter of its own name.

import Pipeline
import Testing
import Venues

struct CloseCountersTests {
  @Test func reasonsAreCountedApart() throws {
    let file = try CounterFile()
    let counters = CloseCounters(file, name: "feed.test.closed")
    for reason in CloseReason.allCases {
      for _ in 0...reason.rawValue { counters.count(reason) }
    }
    let values = try file.reader().counters()
    #expect(values.count == CloseReason.allCases.count)
    #expect(values["feed.test.closed.none"] == 1 && values["feed.test.closed.certificateRejected"] == 7)
    for (number, reason) in CloseReason.allCases.enumerated() {
      #expect(Int(reason.rawValue) == number, "the table is indexed by raw value")
      #expect(values["feed.test.closed.\(reason)"] == Int64(number) + 1)
    }
  }
}
