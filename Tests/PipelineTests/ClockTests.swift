// The session's clock against the kernel's, within bounds that each test measures.

import CShims
import MallocCounter
import Pipeline
import Support
import Testing

@Suite struct ClockTests {
  @Test func fixedPointAgreesWithExactArithmetic() {
    var random = SeededRandom(7)
    for _ in 0..<10_000 {
      let rate = CycleRate(multiplier: Int64(random.next() >> 20))
      let cycles = Int64(bitPattern: random.next()) >> 4
      // Exact in 128 bits, rounded down.
      let exact = (Int128(cycles) * Int128(rate.multiplier)) >> 40
      guard let expected = Int64(exactly: exact) else { continue }
      #expect(rate.nanoseconds(cycles) == expected)
    }
  }

  @Test func fixedPointHoldsForAHundredYears() {
    let rate = CycleRate(nsPerCycle: 0.2)  // 5 GHz
    let year: Int64 = 365 * 86_400 * 1_000_000_000
    let relative = Double(rate.nanoseconds(100 * year / 2 * 5) - 50 * year) / Double(50 * year)
    #expect(abs(relative) < 1e-11)
  }

  @Test func calibrationBracketsTheKernelsRate() {
    let calibration = TimeStampCounterCalibration.measured
    let start = ClockReading.monotonic()
    apus_park(10_000_000)
    let end = ClockReading.monotonic()
    let cycles = Double(end.tsc - start.tsc)
    let rate = Double(end.clockNs - start.clockNs) / cycles
    let error = Double(start.uncertaintyCycles + end.uncertaintyCycles) / cycles
    // NTP may slew the monotonic clock between the two measurements, by at most 500 ppm (adjtimex(2)).
    let bound = calibration.relativeError + error + 500e-6
    #expect(abs(rate / calibration.nsPerCycle - 1) <= bound)
  }

  @Test func standsOnTheSystemsTime() throws {
    let clock = try Clock()
    let before = apus_realtime_ns()
    let now = clock.nowNs()
    let after = apus_realtime_ns()
    // The rate's error acts on the time since the anchor, which is shorter than the test.
    let bound = clock.anchorErrorNs + (after - before) + 1_000_000
    #expect(now >= before - bound && now <= after + bound)
  }

  @Test func runsFromItsOriginAtItsSpeed() throws {
    let clock = try Clock(originNs: 1_000, speed: 20)
    let first = clock.nowNs()
    let firstTsc = apus_tsc()
    apus_park(2_000_000)
    let secondTsc = apus_tsc()
    let second = clock.nowNs()
    #expect(first >= 1_000)
    // The counter was read inside the clock's interval, so this is a lower bound; rounding is down, once each.
    #expect(second - first >= clock.cyclesToNs(Int64(secondTsc - firstTsc)) * 20 - 20)
  }

  @Test(arguments: [40_000, -40_000, 3_000_000_000, -3_000_000_000] as [Int64])
  func theKeeperBendsAndNeverSteps(errorNs: Int64) throws {
    let clock = try Clock(originNs: 0, speed: 1)
    var keeper = ClockKeeper(clock)
    // A reading as if the kernel's clock stood `errorNs` elsewhere.
    var reading = ClockReading.monotonic()
    reading.clockNs += errorNs
    let bend = reading.tsc + 1_000_000
    let (before, at) = (clock.nanoseconds(at: bend - 1000), clock.nanoseconds(at: bend))
    keeper.correct(reading, bendingAt: bend)
    #expect(clock.nanoseconds(at: bend) == at)
    // Both ways the new line rises as the old one does, to the allowed 500 ppm and the measured rate's own error.
    let (rise, newRise) = (at - before, clock.nanoseconds(at: bend + 1000) - at)
    #expect(abs(newRise - rise) <= 2)
  }

  @Test func theKeeperTakesADriftAway() throws {
    let clock = try Clock(originNs: 0, speed: 1)
    let rate = TimeStampCounterCalibration.measured.nsPerCycle
    let start = ClockReading.monotonic()
    var keeper = ClockKeeper(clock)
    // A kernel whose clock is 100 ppm slower than calibrated: readings of a simulated future, one a second.
    let cyclesPerSecond = UInt64(1e9 / rate)
    var errors: [Int64] = []
    for second in 1...30 as ClosedRange<UInt64> {
      var reading = start
      reading.tsc = start.tsc + second * cyclesPerSecond
      reading.clockNs = start.clockNs + Int64(Double(second) * 1e9 * (1 - 100e-6))
      keeper.correct(reading, bendingAt: reading.tsc)
      errors.append(keeper.lastErrorNs)
    }
    #expect(abs(errors[0] - 100_000) < 1_000)
    // From the third period on only the rounding of rates and readings is left.
    #expect(errors[2...].allSatisfy { abs($0) < 100 }, "\(errors)")
  }

  @Test func readingDoesNotAllocate() throws {
    let clock = try Clock()
    let before = malloc_counter_value()
    var last: Int64 = 0
    var ordered = true
    for _ in 0..<100_000 {
      let now = clock.nowNs()
      ordered = ordered && now >= last
      last = now
    }
    #expect(malloc_counter_value() == before)
    #expect(ordered)
  }
}
