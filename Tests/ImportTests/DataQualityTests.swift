// A market with one of every defect, counted by hand; and the recordings, of which it is known that they have none.

import Market
import Simulation
import Testing

struct DataQualityTests {
  private static func row(
    _ kind: TapeRowKind, _ side: Side, _ ticks: Int64, _ lots: Int64, at ms: Int64, delayMs: Int64 = 5,
    number: UInt64 = 0,
    ends: Bool = true
  ) -> TapeRow {
    TapeRow(
      kind: kind, side: side, exchangeTimeNs: ms * 1_000_000, localTimeNs: (ms + delayMs) * 1_000_000,
      price: Price(ticks: ticks), quantity: Quantity(lots: lots), number: number, endsMessage: ends)
  }

  @Test func countsEveryDefect() {
    let rows = [
      Self.row(.snapshotLevel, .buy, 99, 5, at: 1_000, ends: false), Self.row(.snapshotLevel, .sell, 101, 5, at: 1_000),
      // Said again at the same venue time.
      Self.row(.snapshotLevel, .buy, 99, 5, at: 1_000, ends: false), Self.row(.snapshotLevel, .sell, 101, 5, at: 1_000),
      // Nothing stood there.
      Self.row(.level, .buy, 98, 0, at: 1_100),
      Self.row(.trade, .buy, 101, 1, at: 1_200, number: 10), Self.row(.trade, .buy, 101, 1, at: 1_201, number: 10),
      // Two numbers are missing, and it is far from the touch.
      Self.row(.trade, .sell, 90, 1, at: 1_202, number: 13),
      // Crossed for 40 ms, then locked for 20 ms.
      Self.row(.level, .buy, 102, 1, at: 1_300), Self.row(.level, .buy, 102, 0, at: 1_340, ends: false),
      Self.row(.level, .buy, 101, 1, at: 1_340), Self.row(.level, .buy, 101, 0, at: 1_360),
      // Late: received after the one above and older by 60 ms.
      Self.row(.level, .sell, 103, 1, at: 1_300, delayMs: 80),
      // A silence of six seconds less the delay above.
      Self.row(.level, .sell, 103, 2, at: 7_375),
    ]
    var quality = DataQuality()
    for row in rows { quality.note(row) }
    let report = quality.finish()
    #expect(report.rows == 14 && report.messages == 11)
    #expect(report.messagesRepeated == 1 && report.removalsOfNothing == 1)
    #expect(report.tradesRepeated == 1 && report.tradesMissing == 2 && report.tradesOutsideTouch == 1)
    #expect(report.crossed == 1 && report.locked == 1 && report.crossedNs == 60_000_000)
    #expect(report.late == 1 && report.latestByNs == 60_000_000)
    #expect(
      report.silences == 1 && report.longestSilences == [DataGap(afterNs: 1_380_000_000, lengthNs: 6_000_000_000)])
    #expect(
      report.smallestDelayNs == 5_000_000 && report.medianDelayNs == 5_000_000 && report.highDelayNs == 80_000_000)
    #expect(report.hasReceiveTimes)
  }

  @Test func clearingUpToAPriceKeepsTheLevelsBehind() {
    var quality = DataQuality()
    for ticks in Int64(90)...99 { quality.note(Self.row(.level, .buy, ticks, 1, at: 1_000)) }
    quality.note(Self.row(.clear, .buy, 95, 0, at: 1_001))
    // 94 is still there, 95 is not.
    quality.note(Self.row(.level, .buy, 94, 0, at: 1_002))
    quality.note(Self.row(.level, .buy, 95, 0, at: 1_003))
    #expect(quality.finish().removalsOfNothing == 1)
  }

  /// A derived time is as new as can be: beside it whatever took longer to arrive would look late.
  @Test func derivedTimesTellNothingOfLateness() {
    let rows = [
      Self.row(.level, .buy, 99, 5, at: 1_000), Self.row(.touch, .buy, 99, 5, at: 1_020, delayMs: 0),
      Self.row(.level, .buy, 99, 6, at: 1_015, delayMs: 7), Self.row(.touch, .buy, 99, 6, at: 1_014, delayMs: 9),
    ]
    func report(_ derived: Set<TapeRowKind>) -> DataQualityReport {
      var quality = DataQuality(derivedTimes: derived)
      for row in rows { quality.note(row) }
      return quality.finish()
    }
    let plain = report([])
    #expect(plain.late == 2 && plain.latestByNs == 6_000_000 && plain.smallestDelayNs == 0)
    let derived = report([.touch])
    #expect(derived.late == 0 && derived.latestByNs == 0)
    #expect(derived.smallestDelayNs == 5_000_000 && derived.highDelayNs == 7_000_000)
  }

  @Test func absurdTradeNumbersAreCountedWithoutEnd() {
    var quality = DataQuality()
    for (i, number) in [UInt64(1), 1 << 63, .max].enumerated() {
      quality.note(Self.row(.trade, .buy, 101, 1, at: 1_000 + Int64(i), number: number))
    }
    #expect(quality.finish().tradesMissing == .max)
  }
}
