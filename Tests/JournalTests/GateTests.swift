// What the journal and the replay need of rings: gates that show exact counts, and record runs that stay until released.

import Pipeline
import Testing

@Suite("Ring gate")
struct GateTests {
  @Test("a consumer sees what the gate shows and no more")
  func shows() {
    var ring = GatedRing<Int>(capacity: 8)
    ring.gate.free()
    for i in 0..<5 { #expect(ring.producer.tryPush(i) == true) }
    #expect(ring.consumer.available() == 0)
    ring.gate.show(3)
    #expect(ring.consumer.available() == 3)
    #expect(ring.consumer.peek(2).pointee == 2)
    ring.consumer.release(3)
    #expect(ring.gate.consumed == 3 && ring.gate.published == 5)
    ring.gate.show(0)
    #expect(ring.consumer.available() == 0)
  }

  @Test("a ring of capacity 16 looks full where one of capacity 4 was")
  func fullMark() {
    var session = Ring<Int>(capacity: 4)
    var replay = GatedRing<Int>(capacity: 16)
    for i in 0..<4 { #expect(session.producer.tryPush(i) == true) }
    #expect(session.consumer.tryPop() == 0)
    #expect(session.producer.tryPush(4) == true)
    #expect(session.producer.tryPush(5) == false)
    let mark = session.producer.fullMark
    #expect(mark == 5)

    replay.gate.free(before: Int(mark))
    for i in 0..<5 { #expect(replay.producer.tryPush(i) == true) }
    #expect(replay.producer.free == 0)
    #expect(replay.producer.tryPush(5) == false)
    #expect(replay.producer.fullMark == mark)
    replay.gate.free()
    #expect(replay.producer.tryPush(5) == true)
  }

  @Test("nothing can be claimed before the gate was told to")
  func closed() {
    var ring = GatedRing<UInt8>(capacity: 4)
    #expect(ring.producer.tryPush(1) == false)
    ring.gate.free()
    #expect(ring.producer.tryPush(1) == true)
  }
}

@Suite("Waiting records")
struct WaitingTests {
  @Test("a run stays until it is released, over many laps of the ring")
  func laps() {
    var ring = RecordRing(stage: 3, capacityBytes: 4096)
    var written: UInt64 = 0
    var read: UInt64 = 0
    var seed: UInt64 = 7
    while read < 5000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1
      let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: written &+ 1), count: Int(seed >> 33) % 300)
      let fits = payload.withUnsafeBytes { ring.producer.append(type: 9, cause: 0, timeNs: 0, $0) != nil }
      if fits { written += 1 }
      ring.producer.publish()
      if fits, seed >> 40 & 1 == 0 { continue }
      let again = ring.consumer.waiting(limitBytes: 1024)
      let run = ring.consumer.waiting(limitBytes: 1024)
      #expect(run.baseAddress == again.baseAddress && run.count == again.count && run.count > 0)
      var offset = 0
      while offset < run.count {
        let header = run.loadUnaligned(fromByteOffset: offset, as: RecordHeader.self)
        read += 1
        #expect(header.sequence == read)
        let end = offset + Int(header.length)
        #expect(run[(offset + RecordHeader.byteCount)..<end].allSatisfy { $0 == UInt8(truncatingIfNeeded: read) })
        offset = (end + 7) & ~7
      }
      #expect(offset == run.count)
      ring.consumer.release(run.count)
    }
    #expect(written >= read)
  }
}
