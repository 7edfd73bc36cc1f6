import Market
import Testing

@Suite struct SnapshotPoolTests {
  @Test func buffersGoOutOnceAndComeBackEmpty() {
    let pool = SnapshotPool(buffers: 2, levelsPerSide: 2)
    let first = pool.acquire()
    let second = pool.acquire()
    #expect(Set([first, second]) == [0, 1])
    #expect(pool.acquire() == nil)
    #expect(pool.bids(first!).append(BookLevel(5, 1)))
    #expect(pool.bids(first!).append(BookLevel(4, 2)))
    #expect(!pool.bids(first!).append(BookLevel(3, 3)), "half a book is no book")
    #expect(pool.bids(first!).count == 2 && pool.asks(first!).count == 0 && pool.bids(second!).count == 0)
    #expect(pool.bids(first!)[1] == BookLevel(4, 2))
    pool.release(first!)
    #expect(pool.acquire() == first)
    #expect(pool.bids(first!).count == 0)
  }

  @Test func theBookGivesTheBufferBack() {
    var b = BookUnderTest()
    for sequence in 1...10 as ClosedRange<UInt64> {
      b.playSnapshot([BookLevel(1, 1)], [BookLevel(2, 1)], sequence: sequence)
    }
    #expect(b.book.counters.snapshots == 10)
  }

  @Test func aNumberThatIsNoBufferStopsTheProcess() async {
    await #expect(processExitsWith: .failure) { SnapshotPool(buffers: 2, levelsPerSide: 2).release(2) }
  }
}
