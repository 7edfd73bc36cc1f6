// The ring against a plain array, at its edges, and between two threads.

import Dispatch
import MallocCounter
import Pipeline
import Support
import Testing

@Suite struct RingTests {
  @Test func eachCursorAndTheSlotsHaveAPairOfCacheLines() {
    #expect(MemoryBlock.alignment == 128)
    #expect(RingLayout.headOffset - RingLayout.tailOffset >= MemoryBlock.alignment)
    #expect(RingLayout.slotsOffset - RingLayout.headOffset >= MemoryBlock.alignment)
    let block = MemoryBlock(byteCount: 1)
    #expect(Int(bitPattern: block.address) % MemoryBlock.alignment == 0)
  }

  /// Random calls on both ends give what the same calls on an array give.
  @Test(arguments: 1...16 as ClosedRange<UInt64>, [1, 2, 8, 64])
  func behavesAsAnArray(seed: UInt64, capacity: Int) {
    var random = SeededRandom(seed)
    let ring = Ring<UInt64>(capacity: capacity)
    var producer = ring.producer
    var consumer = ring.consumer
    var model = RingModel(capacity: capacity)
    for step in 0..<2_000 as Range<UInt64> {
      switch random.next() % 8 {
      case 0, 1:
        let slot = producer.claim()
        #expect((slot != nil) == model.canClaim)
        slot?.initialize(to: step)
        if slot != nil { model.claimed.append(step) }
      case 2:
        producer.publish()
        model.publish()
      case 3:
        producer.abandon()
        model.claimed.removeAll()
      case 4 where model.claimed.isEmpty:
        let pushed = producer.tryPush(step)
        #expect(pushed == model.canClaim)
        if model.canClaim {
          model.claimed.append(step)
          model.publish()
        }
      case 5:
        let popped = consumer.tryPop()
        #expect(popped == model.published.first)
        if !model.published.isEmpty { model.published.removeFirst() }
      case 6:
        let wanted = Int(random.next() % UInt64(capacity + 1))
        let hasRoom = producer.hasRoom(wanted)
        #expect(hasRoom == (model.free >= wanted))
      default:
        let available = consumer.available()
        #expect(available == model.published.count)
        let taken = available == 0 ? 0 : Int(random.next() % UInt64(available + 1))
        #expect((0..<taken).map { consumer.peek($0).pointee } == Array(model.published.prefix(taken)))
        consumer.release(taken)
        model.published.removeFirst(taken)
      }
      #expect(producer.free == model.free)
    }
  }

  @Test func nothingOfAnAbandonedClaimIsSeen() {
    let ring = Ring<Int>(capacity: 4)
    var producer = ring.producer
    var consumer = ring.consumer
    producer.claim()?.initialize(to: 1)
    producer.claim()?.initialize(to: 2)
    #expect(consumer.available() == 0)
    producer.abandon()
    producer.publish()
    #expect(consumer.available() == 0)
    let pushed = producer.tryPush(3)
    #expect(pushed)
    #expect(consumer.tryPop() == 3)
    #expect(consumer.tryPop() == nil)
  }

  @Test func reachingBeyondWhatIsThereStops() async {
    await #expect(processExitsWith: .failure) {
      let ring = Ring<Int>(capacity: 4)
      var consumer = ring.consumer
      _ = consumer.available()
      _ = consumer.peek(0)
    }
    await #expect(processExitsWith: .failure) {
      let ring = Ring<Int>(capacity: 4)
      var consumer = ring.consumer
      consumer.release(1)
    }
    await #expect(processExitsWith: .failure) { _ = Ring<Int>(capacity: 3) }
  }

  @Test func passingElementsDoesNotAllocate() {
    let ring = Ring<UInt64>(capacity: 64)
    var producer = ring.producer
    var consumer = ring.consumer
    var sum: UInt64 = 0
    let before = malloc_counter_value()
    for _ in 0..<20_000 {
      for value in 0..<50 { _ = producer.tryPush(UInt64(value)) }
      let available = consumer.available()
      for offset in 0..<available { sum &+= consumer.peek(offset).pointee }
      consumer.release(available)
    }
    #expect(malloc_counter_value() == before)
    #expect(sum == 20_000 * (49 * 50 / 2))
  }

  /// Two threads, one ring:
  ///
  ///     Sender ──Wide──▶ Receiver        (yield between polls, so that one CPU is enough)
  ///
  /// FORBIDDEN: an element that is torn (its words differ), repeated, lost or out of order.
  @Test(arguments: [1, 4, 256])
  func twoThreadsPassEveryElementWholeAndInOrder(capacity: Int) throws {
    let ring = Ring<Wide>(capacity: capacity)
    let counters = try CounterFile()
    let done = DispatchSemaphore(value: 0)
    let sender = StageBox("sender", Sender(ring: ring.producer))
    let receiver = StageBox("receiver", Receiver(ring: ring.consumer, done: done))
    let workers = [sender as AnyStageBox, receiver].enumerated().map { number, stage in
      Worker(number, WorkerPlan(cpu: nil, wait: .yield, stages: [stage.name]), stages: [stage], counters: counters)
    }
    for worker in workers { try worker.start() }
    done.wait()
    for worker in workers { worker.requestStop() }
    for worker in workers { worker.join() }
    receiver.withStage { stage in
      #expect(stage.received == Sender.total)
      #expect(stage.forbidden == 0)
    }
  }
}

/// What a ring should do, said with arrays.
private struct RingModel {
  let capacity: Int
  var published: [UInt64] = []
  var claimed: [UInt64] = []
  var free: Int { capacity - published.count - claimed.count }
  var canClaim: Bool { free > 0 }

  init(capacity: Int) { self.capacity = capacity }

  mutating func publish() {
    published += claimed
    claimed.removeAll()
  }
}

/// A cache line whose words are all the same: a torn one is seen.
private struct Wide: BitwiseCopyable {
  var words: SIMD8<UInt64>
}

private struct Sender: ~Copyable, Stage {
  static var total: UInt64 { 100_000 }
  var ring: RingProducer<Wide>
  var sent: UInt64 = 0

  init(ring: consuming RingProducer<Wide>) { self.ring = ring }

  /// Sends a batch of 1 to 7 with one publish.
  mutating func poll() -> Int {
    var count = 0
    while sent < Sender.total, count <= sent % 7, let slot = ring.claim() {
      sent += 1
      count += 1
      slot.initialize(to: Wide(words: SIMD8(repeating: sent)))
    }
    ring.publish()
    return count
  }
}

private struct Receiver: ~Copyable, Stage {
  var ring: RingConsumer<Wide>
  let done: DispatchSemaphore
  var received: UInt64 = 0
  var forbidden = 0

  init(ring: consuming RingConsumer<Wide>, done: DispatchSemaphore) {
    self.ring = ring
    self.done = done
  }

  mutating func poll() -> Int {
    let available = ring.available()
    for offset in 0..<available {
      received += 1
      if ring.peek(offset).pointee.words != SIMD8(repeating: received) { forbidden += 1 }
      if received == Sender.total { done.signal() }
    }
    ring.release(available)
    return available
  }
}
