// The estimate of a venue's clock: the better measurement stays, unless the venue's clock was stepped.

import Testing
import Venues

@Suite("Venue clock")
struct VenueClockTests {
  /// Session time stands at 0 when the venue's stands at 1 s; the first question takes 2 ms.
  private func measured() -> VenueClock {
    var clock = VenueClock()
    #expect(!clock.isSet && clock.currentErrorNs(0) == .max)
    let isTaken = clock.update(sentNs: 0, venueNs: 1_001_000_000, resolutionNs: 1_000_000, receivedNs: 2_000_000)
    #expect(isTaken)
    return clock
  }

  @Test("the offset is taken at the middle of the round trip, half of which and a millisecond bound its error")
  func first() {
    let clock = measured()
    #expect(clock.offsetNs == 1_000_000_000 && clock.errorNs == 2_000_000)
    #expect(clock.milliseconds(5_000_000) == 1_005)
    #expect(clock.currentErrorNs(3_002_000_000) == 2_300_000, "100 ppm of three seconds")
  }

  @Test("a slower answer that agrees does not replace a faster one")
  func worse() {
    var clock = measured()
    let isTaken = clock.update(
      sentNs: 5_000_000_000, venueNs: 6_012_000_000, resolutionNs: 1_000_000, receivedNs: 5_020_000_000)
    #expect(!isTaken)
    #expect(clock.offsetNs == 1_000_000_000)
  }

  @Test("an answer that cannot agree replaces it however slow: the venue's clock was stepped")
  func stepped() {
    var clock = measured()
    let isTaken = clock.update(
      sentNs: 5_000_000_000, venueNs: 1_010_000_000, resolutionNs: 1_000_000, receivedNs: 5_020_000_000)
    #expect(isTaken)
    #expect(clock.offsetNs == 1_010_000_000 - 5_010_000_000 && clock.errorNs == 11_000_000)
  }

  @Test("an answer before its question is none")
  func backwards() {
    var clock = measured()
    let isTaken = clock.update(sentNs: 9, venueNs: 2_000_000_000, resolutionNs: 1_000_000, receivedNs: 8)
    #expect(!isTaken)
    #expect(clock.offsetNs == 1_000_000_000)
  }
}
