// A million records to disk and back, and how fast: the figures stand in docs/journal.md.

#if !DEBUG
  import Glibc
  import Journal
  import Market
  import Pipeline
  import Testing

  @Suite("Journal throughput", .serialized)
  struct ThroughputTests {
    /// Seconds of CPU, kernel included, that this thread spends in `body`: a shared machine's neighbours do not count.
    private func cpuSeconds(_ body: () throws -> Void) rethrows -> Double {
      func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
      }
      let start = now()
      try body()
      return now() - start
    }

    @Test("a million records: each comes back once, in order", arguments: [160, 1000])
    func million(payloadBytes: Int) throws {
      let scratch = try ScratchDirectory()
      let ring = RecordRing(stage: 1, capacityBytes: 8 << 20)
      var producer = ring.producer
      var writer = try JournalWriter(
        directory: scratch.path, header: sessionHeader(), sources: [RecordSource(ring.consumer)],
        counters: try journalCounters(), nowNs: { 0 })
      let payload = (0..<payloadBytes).map { UInt8(truncatingIfNeeded: $0) }
      var appended: UInt64 = 0
      var writing = 0.0
      while appended < 1_000_000 {
        while appended < 1_000_000,
          payload.withUnsafeBytes({ producer.append(type: 3, cause: 0, timeNs: Int64(appended), $0) }) != nil
        { appended += 1 }
        producer.publish()
        writing += cpuSeconds { while writer.poll() > 0 {} }
      }
      try writer.finish()
      var count: UInt64 = 0
      let reading = try cpuSeconds {
        var reader = try JournalReader(directory: scratch.path)
        while let record = try reader.next() {
          if record.header.timeNs != Int64(count) || record.payload.count != payloadBytes { break }
          count += 1
        }
        #expect(reader.end == .finished)
      }
      #expect(count == 1_000_000)
      let megabytes = Double(writer.counters.bytes.value) / 1e6
      print(
        "journal, payload \(payloadBytes) bytes, per second of CPU: written \(Int(megabytes / writing)) MB,"
          + " read and checked \(Int(megabytes / reading)) MB")
    }
  }
#endif
