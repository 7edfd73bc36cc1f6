// The ring against queues that others wrote and against the bare cost of a cache line that goes to and fro.

import CShims
import Market
import Peers
import Pipeline
import Suite
import Synchronization

private typealias Producer = RingProducer<peer_element>
private typealias Consumer = RingConsumer<peer_element>

/// One end of a ring on its way to the thread that will own it.
private final class Handover<End: ~Copyable>: @unchecked Sendable {  // Safe: filled before the thread starts.
  private var end: End?
  init(_ end: consuming End) { self.end = .some(end) }
  func take() -> End { end.take()! }
}

/// What a measurement's two threads tell each other.
private final class Meeting: Sendable {
  private let ready = Atomic<Int>(0)
  let sum = Atomic<UInt64>(0)
  let durationNs = Atomic<Int64>(0)

  /// Returns when both threads are here.
  func wait() {
    ready.add(1, ordering: .acquiringAndReleasing)
    while ready.load(ordering: .acquiring) < 2 { apus_pause() }
  }

  var result: peer_ring_result {
    peer_ring_result(duration_ns: durationNs.load(ordering: .acquiring), sum: sum.load(ordering: .acquiring))
  }
}

/// Runs `other` on the first CPU and the timed side on the second.
private func together(
  cpus: (Int, Int), other: @escaping @Sendable () -> Void, timed: @escaping @Sendable () -> UInt64
) -> peer_ring_result {
  let meeting = Meeting()
  let threads = [
    PinnedThread(cpu: cpus.0) {
      meeting.wait()
      other()
    },
    PinnedThread(cpu: cpus.1) {
      meeting.wait()
      let start = peer_now_ns()
      meeting.sum.store(timed(), ordering: .releasing)
      meeting.durationNs.store(peer_now_ns() - start, ordering: .releasing)
    },
  ]
  for thread in threads { thread.join() }
  return meeting.result
}

private func pass(_ count: Int, cpus: (Int, Int)) -> peer_ring_result {
  let ring = Ring<peer_element>(capacity: 4096)
  let (producer, consumer) = (Handover(ring.producer), Handover(ring.consumer))
  return together(cpus: cpus) {
    produce(producer.take(), count)
  } timed: {
    consume(consumer.take(), count)
  }
}

private func produce(_ end: consuming Producer, _ count: Int) {
  var end = end
  var element = peer_element()
  for i in 0..<count {
    element.words.0 = UInt64(i)
    while !end.tryPush(element) { apus_pause() }
  }
}

private func consume(_ end: consuming Consumer, _ count: Int) -> UInt64 {
  var end = end
  var taken = 0
  var sum: UInt64 = 0
  while taken < count {
    let available = end.available()
    if available == 0 { apus_pause() }
    for i in 0..<available { sum &+= end.peek(i).pointee.words.0 }
    end.release(available)
    taken += available
  }
  return sum
}

private func exchange(_ count: Int, cpus: (Int, Int)) -> peer_ring_result {
  let forth = Ring<peer_element>(capacity: 64)
  let back = Ring<peer_element>(capacity: 64)
  let (questions, asked) = (Handover(forth.producer), Handover(forth.consumer))
  let (answers, answered) = (Handover(back.producer), Handover(back.consumer))
  return together(cpus: cpus) {
    answer(asked.take(), answers.take(), count)
  } timed: {
    ask(questions.take(), answered.take(), count)
  }
}

private func ask(_ questions: consuming Producer, _ answers: consuming Consumer, _ count: Int) -> UInt64 {
  var questions = questions
  var answers = answers
  var element = peer_element()
  var sum: UInt64 = 0
  for i in 0..<count {
    element.words.0 = UInt64(i)
    _ = questions.tryPush(element)
    while answers.available() == 0 { apus_pause() }
    sum &+= answers.peek(0).pointee.words.0
    answers.release(1)
  }
  return sum
}

private func answer(_ questions: consuming Consumer, _ answers: consuming Producer, _ count: Int) {
  var questions = questions
  var answers = answers
  for _ in 0..<count {
    while questions.available() == 0 { apus_pause() }
    _ = answers.tryPush(questions.peek(0).pointee)
    questions.release(1)
  }
}

func ringThroughput(_ scale: Scale, cpus: (Int, Int)) -> Benchmark {
  let count = scale.of(10_000_000, tiny: 10_000)
  let expected = UInt64(count) * UInt64(count - 1) / 2
  func figure(_ result: peer_ring_result) throws -> Double {
    guard result.sum == expected else { throw BenchmarkError("ring_throughput: elements were lost or doubled") }
    return Double(result.duration_ns) / Double(count)
  }
  let (producer, consumer) = (Int32(cpus.0), Int32(cpus.1))
  return Benchmark(
    row: "ring_throughput", unit: "ns/element",
    topology: "producer, CPU \(cpus.0) --[4096 x 64 B]--> consumer, CPU \(cpus.1)",
    ours: BenchmarkSide("apus") { try figure(pass(count, cpus: cpus)) },
    peers: [
      BenchmarkSide("boost::lockfree::spsc_queue") { try figure(peer_ring_boost(Int64(count), producer, consumer)) },
      BenchmarkSide("moodycamel::ReaderWriterQueue") {
        try figure(peer_ring_moodycamel(Int64(count), producer, consumer))
      },
    ])
}

func ringRoundTrip(_ scale: Scale, cpus: (Int, Int)) -> Benchmark {
  let count = scale.of(1_000_000, tiny: 1_000)
  return Benchmark(
    row: "ring_round_trip", unit: "ns",
    topology: "CPU \(cpus.1) --[ring]--> CPU \(cpus.0) --[ring]--> CPU \(cpus.1)",
    ours: BenchmarkSide("apus") {
      let result = exchange(count, cpus: cpus)
      guard result.sum == UInt64(count) * UInt64(count - 1) / 2 else {
        throw BenchmarkError("ring_round_trip: an answer was not its question")
      }
      return Double(result.duration_ns) / Double(count)
    },
    peers: [
      BenchmarkSide("two flags in C") {
        Double(peer_ping_pong(Int64(count), Int32(cpus.1), Int32(cpus.0)).duration_ns) / Double(count)
      }
    ])
}
