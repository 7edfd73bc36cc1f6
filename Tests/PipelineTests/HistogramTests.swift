// Latency histograms: the bucket formula, and percentiles against a sorted array.

import MallocCounter
import Pipeline
import Support
import Testing

@Suite struct HistogramTests {
  /// HdrHistogram's own example for two digits: 256 sub-buckets, then widths of 2, 4, 8 ...
  @Test(
    arguments: [
      (0, 0, 0...0), (255, 255, 255...255), (256, 256, 256...257), (257, 256, 256...257), (511, 383, 510...511),
      (512, 384, 512...515), (1000, 506, 1000...1003), (1_000_000, 1780, 999_424...1_003_519),
    ] as [(UInt64, Int, ClosedRange<Int64>)])
  func bucketOfKnownValues(value: UInt64, bucket: Int, range: ClosedRange<Int64>) {
    #expect(HistogramLayout.index(of: value) == bucket)
    #expect(HistogramLayout.values(of: bucket) == range)
  }

  @Test func bucketsTileAllValuesWithinTheStatedError() {
    var next: Int64 = 0
    for index in 0..<HistogramLayout.bucketCount {
      let values = HistogramLayout.values(of: index)
      #expect(values.lowerBound == next)
      #expect(HistogramLayout.index(of: UInt64(values.lowerBound)) == index)
      #expect(HistogramLayout.index(of: UInt64(values.upperBound)) == index)
      #expect(Double(values.upperBound - values.lowerBound) <= Double(values.lowerBound) / 128)
      next = values.upperBound + 1
    }
    #expect(UInt64(next) > HistogramLayout.highestValue)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func percentilesAgreeWithASortedArray(seed: UInt64) throws {
    let histogram = try CounterFile().histogram("stage.latency")
    var random = SeededRandom(seed)
    var values: [Int64] = []
    for _ in 0..<20_000 {
      // Magnitudes from 1 ns to an hour, evenly on a logarithmic scale, as latencies are.
      let value = Int64(random.next() >> (22 + random.next() % 42))
      values.append(min(value, Int64(HistogramLayout.highestValue)))
      histogram.record(value)
    }
    values.sort()
    let snapshot = histogram.snapshot()
    #expect(snapshot.count == 20_000)
    for percent in [0, 1, 25, 50, 90, 99, 99.9, 99.99, 100] {
      let rank = max(1, Int((percent / 100 * Double(values.count)).rounded(.up)))
      let exact = values[rank - 1]
      let found = snapshot.percentile(percent)
      #expect(found >= exact && found <= exact + exact / 128, "p\(percent) of seed \(seed)")
    }
    #expect(snapshot.minimumNs == values[0])
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    #expect(abs(snapshot.meanNs - mean) <= mean / 128)
  }

  @Test func extremesAreExactAndNeverTrap() throws {
    let histogram = try CounterFile().histogram("stage.latency")
    let empty = histogram.snapshot()
    #expect((empty.count, empty.maximumNs, empty.minimumNs, empty.percentile(99)) == (0, 0, 0, 0))
    for value in [Int64.max, .min, -1, 5_000_000_000_000, 7] { histogram.record(value) }
    let snapshot = histogram.snapshot()
    #expect(snapshot.count == 5)
    #expect(snapshot.maximumNs == .max)
    #expect(snapshot.minimumNs == 0)
    #expect(snapshot.percentile(50) == 7)
    #expect(histogram.snapshot().since(snapshot).count == 0)
  }

  @Test func recordingDoesNotAllocate() throws {
    let histogram = try CounterFile().histogram("stage.latency")
    let before = malloc_counter_value()
    for value in 0..<100_000 { histogram.record(Int64(value) &* 37) }
    #expect(malloc_counter_value() == before)
  }
}
