// The assembly buffer against an array, with seeds; the back-off's bounds.

import Glibc
import Pipeline
import Testing

private func isEqual(_ bytes: UnsafeRawBufferPointer, _ array: [UInt8]) -> Bool {
  bytes.count == array.count && (array.isEmpty || memcmp(bytes.baseAddress!, array, array.count) == 0)
}

@Suite struct AssemblyBufferTests {
  /// Random commits, skips, takes and clears: the buffer always shows what two arrays show.
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func matchesArrays(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let limit = 60_000
    var buffer = AssemblyBuffer(maximumBytes: limit)
    var assembled: [UInt8] = []
    var unparsed: [UInt8] = []
    var next: UInt8 = 0
    for _ in 0..<2000 {
      let roll = generator.next() % 8
      if roll < 3, assembled.count + unparsed.count < limit {
        let space = buffer.makeSpace()
        #expect(space.count >= 32 * 1024)
        let count = Int(generator.next() % 4096)
        let bytes = (0..<count).map { next &+ UInt8(truncatingIfNeeded: $0) }
        next &+= 17
        space.copyBytes(from: bytes)
        unparsed += bytes
        buffer.commit(count)
      } else if roll < 7 {
        let count = unparsed.isEmpty ? 0 : Int(generator.next() % UInt64(unparsed.count + 1))
        if roll < 5 {
          buffer.take(count)
          assembled += unparsed.prefix(count)
        } else {
          buffer.skip(count)
        }
        unparsed.removeFirst(count)
      } else {
        buffer.clearAssembled()
        assembled = []
      }
      let isSame = isEqual(buffer.assembled, assembled) && isEqual(buffer.unparsed, unparsed)
      #expect(isSame)
    }
  }

  @Test func messageOfOnePieceStaysWhereItCame() {
    var buffer = AssemblyBuffer(maximumBytes: 1000)
    let space = buffer.makeSpace()
    space.copyBytes(from: Array("HHpayload".utf8))
    buffer.commit(9)
    buffer.skip(2)
    buffer.take(7)
    #expect(buffer.assembled.baseAddress == UnsafeRawPointer(space.baseAddress! + 2))
  }

  @Test func heldMessageDoesNotMove() {
    var buffer = AssemblyBuffer(maximumBytes: 1 << 20)
    buffer.commit(buffer.makeSpace().count - 20_000)  // little space is left: without the hold this would compact
    buffer.skip(1000)
    buffer.take(5000)
    let place = buffer.assembled.baseAddress
    buffer.hold()
    #expect(buffer.makeSpace().count == 20_000)
    #expect(buffer.assembled.baseAddress == place)
    buffer.clearAssembled()
    _ = buffer.makeSpace()
    #expect(buffer.unparsed.baseAddress != place)
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func backoffDoublesWithinItsBounds(seed: UInt64) {
    var backoff = Backoff(minimumNs: 100, maximumNs: 1000, seed: seed)
    for delay: Int64 in [100, 200, 400, 800, 1000, 1000] {
      let wait = backoff.nextNs()
      #expect(wait >= delay / 2 && wait <= delay)
    }
    backoff.reset()
    #expect(backoff.nextNs() <= 100)
  }

  @Test func sameSeedSameNumbers() {
    var one = SeededGenerator(seed: 5)
    var other = SeededGenerator(seed: 5)
    var zero = SeededGenerator(seed: 0)
    for _ in 0..<100 { #expect(one.next() == other.next()) }
    #expect(zero.next() != 0)
  }
}
