// The record ring against an array of records, and what it leaves in a file.

import Foundation
import MallocCounter
import Pipeline
import Support
import Testing

@Suite struct RecordRingTests {
  @Test func theHeaderHasNoPadding() {
    #expect(MemoryLayout<RecordHeader>.size == RecordHeader.byteCount)
    #expect(MemoryLayout<RecordHeader>.stride == RecordHeader.byteCount)
    #expect(MemoryLayout<RecordHeader>.offset(of: \.sequence) == 8)
    #expect(MemoryLayout<RecordHeader>.offset(of: \.cause) == 16)
    #expect(MemoryLayout<RecordHeader>.offset(of: \.timeNs) == 24)
    #expect(MemoryLayout<RecordHeader>.offset(of: \.checksum) == 32)
  }

  /// Records of all lengths come out whole, in order and numbered without holes, whatever does not fit in between.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func behavesAsAnArray(seed: UInt64) {
    var random = SeededRandom(seed)
    let ring = RecordRing(stage: 3, capacityBytes: 4096)
    var producer = ring.producer
    var consumer = ring.consumer
    var expected: [[UInt8]] = []
    var appended: UInt64 = 0
    for _ in 0..<3_000 {
      if random.next() % 3 > 0 {
        let bytes = (0..<Int(random.next() % 1_900)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let promised = producer.hasRoom(payloadBytes: 8 + bytes.count)
        let identifier = bytes.withUnsafeBytes {
          producer.append(type: 9, cause: appended, timeNs: 5, UInt64(bytes.count), raw: $0)
        }
        #expect(identifier != nil || !promised)
        if let identifier {
          appended += 1
          #expect(identifier == RecordIdentifier(stage: 3, sequence: appended))
          expected.append(bytes)
        }
      } else {
        producer.publish()
        let limit = Int(random.next() % 3_000)
        let read = drain(&consumer, limit, &expected)
        #expect(read > 0 || expected.isEmpty || limit == 0)
      }
    }
    producer.publish()
    _ = drain(&consumer, .max, &expected)
    #expect(expected.isEmpty)
    #expect(consumer.pendingBytes == 0)
  }

  private func drain(_ consumer: inout RecordConsumer, _ limit: Int, _ expected: inout [[UInt8]]) -> Int {
    consumer.drain(limitBytes: limit) { record in
      let header = record.load(as: RecordHeader.self)
      #expect(header.type == 9 && header.stage == 3 && header.timeNs == 5)
      #expect(header.sequence == header.cause + 1)
      #expect(Int(header.length) == record.count)
      #expect(record.load(fromByteOffset: 40, as: UInt64.self) == UInt64(record.count - 48))
      #expect(Array(record.dropFirst(48)) == expected.removeFirst())
    }
  }

  @Test func whatIsNotPublishedIsNotSeen() {
    let ring = RecordRing(stage: 1, capacityBytes: 4096)
    var producer = ring.producer
    var consumer = ring.consumer
    #expect(producer.append(type: 1, cause: 0, timeNs: 0, UInt64(7)) == RecordIdentifier(stage: 1, sequence: 1))
    #expect(consumer.drain { _ in } == 0)
    producer.publish()
    #expect(consumer.drain { _ in } == 1)
  }

  @Test func aFullRingRefusesAndDoesNotNumber() {
    let ring = RecordRing(stage: 1, capacityBytes: 4096)
    var producer = ring.producer
    var consumer = ring.consumer
    var count: UInt64 = 0
    while producer.append(type: 1, cause: 0, timeNs: 0, SIMD32<UInt8>()) != nil { count += 1 }
    #expect(count == 4096 / 72)
    let hasRoom = producer.hasRoom(payloadBytes: 32)
    #expect(!hasRoom)
    producer.publish()
    #expect(consumer.drain { _ in } == Int(count))
    #expect(producer.append(type: 1, cause: 0, timeNs: 0, SIMD32<UInt8>())?.sequence == count + 1)
  }

  @Test func appendingDoesNotAllocate() {
    let ring = RecordRing(stage: 1, capacityBytes: 65_536)
    var producer = ring.producer
    var consumer = ring.consumer
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: 300, alignment: 8)
    defer { raw.deallocate() }
    raw.initializeMemory(as: UInt8.self, repeating: 1)
    var records = 0
    let before = malloc_counter_value()
    for _ in 0..<20_000 {
      _ = producer.append(type: 1, cause: 0, timeNs: 0, UInt64(1), raw: UnsafeRawBufferPointer(raw))
      producer.publish()
      records += consumer.drain { _ in }
    }
    #expect(malloc_counter_value() == before)
    #expect(records == 20_000)
  }

  @Test func theTailSurvivesInItsFile() throws {
    let file = try TemporaryFile()
    // In a function of its own, so that the ring is gone when the file is read, as after the end of a process.
    func session() throws {
      let ring = try RecordRing(stage: 5, capacityBytes: 4096, path: file.path, session: 77)
      var producer = ring.producer
      var consumer = ring.consumer
      for value in 1...80 as ClosedRange<UInt64> {
        // The ring goes round; the journal takes all but the last 20.
        _ = producer.append(type: 2, cause: 0, timeNs: 0, value)
        producer.publish()
        if value == 60 { _ = consumer.drain { _ in } }
      }
      _ = producer.append(type: 2, cause: 0, timeNs: 0, UInt64(81))  // not published: never happened
    }
    try session()
    let remains = try RecordRingRemains(path: file.path)
    #expect(remains.stage == 5 && remains.session == 77)
    #expect(remains.unpublished == 81..<82)
    let values = remains.records.map { $0.withUnsafeBytes { $0.load(fromByteOffset: 40, as: UInt64.self) } }
    #expect(values == Array(61...80))
  }

  @Test func foreignAndDamagedFilesAreNamedErrors() throws {
    let file = try TemporaryFile()
    try Data(repeating: 0, count: 9000).write(to: URL(fileURLWithPath: file.path))
    #expect(throws: RecordRingError.notARecordRing) { try RecordRingRemains(path: file.path) }
    var ring = try RecordRing(stage: 5, capacityBytes: 4096, path: file.path)
    _ = ring.producer.append(type: 2, cause: 0, timeNs: 0, UInt64(1))
    ring.producer.publish()
    #expect(try RecordRingRemains(path: file.path).records.count == 1)
    // The record's length, then the tail, the capacity and the version.
    try file.patch(offset: 384, [200])
    #expect(throws: RecordRingError.damaged("a record of 200 bytes at 0")) { try RecordRingRemains(path: file.path) }
    try file.patch(offset: 128, [0, 0, 1])
    #expect(throws: RecordRingError.damaged("cursors 0 and 65536")) { try RecordRingRemains(path: file.path) }
    try file.patch(offset: 16, [0, 0x20])
    #expect(throws: RecordRingError.damaged("a capacity of 8192 in a file of 4480 bytes")) {
      try RecordRingRemains(path: file.path)
    }
    try file.patch(offset: 8, [3])
    #expect(throws: RecordRingError.unsupportedVersion(3)) { try RecordRingRemains(path: file.path) }
  }
}
