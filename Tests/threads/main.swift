// The lock-free parts of Pipeline between real threads, to be run under the thread sanitizer (scripts/sanitize-threads).
// Ends with status 0 when no forbidden outcome was seen; `--plant-a-race` must make the sanitizer report one.

import CShims

/// Two threads pass elements whose words are all the same number, in order.
///
///     Writer ──ring──▶ Reader
///
/// FORBIDDEN: torn, repeated, lost or out of order.
struct Writer: ~Copyable, Stage {
  static var total: UInt64 { 200_000 }
  var ring: RingProducer<SIMD8<UInt64>>
  var records: RecordProducer
  var histogram: LatencyHistogram
  var sent: UInt64 = 0

  mutating func poll() -> Int {
    var count = 0
    while sent < Writer.total, count <= sent % 7, records.hasRoom(payloadBytes: 72), let slot = ring.claim() {
      sent += 1
      count += 1
      slot.initialize(to: SIMD8(repeating: sent))
      _ = records.append(type: 1, cause: sent, timeNs: 0, SIMD8(repeating: sent))
      histogram.record(Int64(sent))
    }
    ring.publish()
    records.publish()
    return count
  }
}

/// Reads both rings of the writer, and what the writer counts.
struct Reader: ~Copyable, Stage {
  var ring: RingConsumer<SIMD8<UInt64>>
  var records: RecordConsumer
  let histogram: LatencyHistogram
  let done: ControlWords
  var received: UInt64 = 0
  var recorded: UInt64 = 0
  var forbidden = 0

  mutating func poll() -> Int {
    let available = ring.available()
    for offset in 0..<available {
      received += 1
      if ring.peek(offset).pointee != SIMD8(repeating: received) { forbidden += 1 }
    }
    ring.release(available)
    var (expected, wrong) = (recorded, 0)
    let read = records.drain { record in
      expected += 1
      let header = record.load(as: RecordHeader.self)
      let payload = record.loadUnaligned(fromByteOffset: RecordHeader.byteCount, as: SIMD8<UInt64>.self)
      if header.sequence != expected || header.cause != expected || payload != SIMD8(repeating: expected) { wrong += 1 }
    }
    recorded = expected
    forbidden += wrong
    if received % 64 == 0, histogram.snapshot().count > Int64(Writer.total) { forbidden += 1 }
    if received == Writer.total, recorded == Writer.total { done.stop() }
    return available + read
  }
}

/// Bends the clock as often as it can; FORBIDDEN: a reader that sees half of a line, which is off by years.
struct Bender: ~Copyable, Stage {
  let clock: Clock

  mutating func poll() -> Int {
    let rate = CycleRate(nsPerCycle: TimeStampCounterCalibration.measured.nsPerCycle)
    clock.bend(at: apus_tsc(), rate: rate)
    return 0
  }
}

struct ClockReader: ~Copyable, Stage {
  let clock: Clock
  let startNs: Int64
  var forbidden = 0

  mutating func poll() -> Int {
    let elapsedNs = clock.nowNs() - startNs
    if elapsedNs < 0 || elapsedNs > 3_600_000_000_000 { forbidden += 1 }
    return 0
  }
}

/// What a missing barrier would look like: both threads write one word without any order.
struct Racer: ~Copyable, Stage {
  let word: UnsafeMutablePointer<Int>

  mutating func poll() -> Int {
    word.pointee &+= 1
    return 0
  }
}

func run(_ boxes: [AnyStageBox], _ counters: CounterFile, until isDone: () -> Bool) throws {
  let workers = boxes.enumerated().map { number, box in
    Worker(number, WorkerPlan(cpu: nil, wait: .yield, stages: [box.name]), stages: [box], counters: counters)
  }
  for worker in workers { try worker.start() }
  while !isDone() { apus_yield() }
  for worker in workers { worker.requestStop() }
  for worker in workers { worker.join() }
}

func stress() throws -> Int {
  let counters = try CounterFile()
  let done = ControlWords()
  let ring = Ring<SIMD8<UInt64>>(capacity: 64)
  let records = RecordRing(stage: 1, capacityBytes: 8192)
  let histogram = counters.histogram("writer.values")
  let clock = try Clock()
  let writer = Writer(ring: ring.producer, records: records.producer, histogram: histogram)
  let reader = StageBox(
    "reader", Reader(ring: ring.consumer, records: records.consumer, histogram: histogram, done: done))
  let clockReader = StageBox("clockReader", ClockReader(clock: clock, startNs: clock.nowNs()))
  let bender = StageBox("bender", Bender(clock: clock))
  try run([StageBox("writer", writer), reader, bender, clockReader], counters) { done.isStopping }
  return reader.withStage { $0.forbidden } + clockReader.withStage { $0.forbidden }
}

func plantARace() throws {
  let word = UnsafeMutablePointer<Int>.allocate(capacity: 1)
  word.initialize(to: 0)
  let racers = (0..<2).map { StageBox("racer\($0)", Racer(word: word)) }
  try run(racers, try CounterFile()) { word.pointee > 1_000 }
}

if CommandLine.arguments.contains("--plant-a-race") {
  try plantARace()
} else {
  let forbidden = try stress()
  print("\(Writer.total) elements and records between threads: \(forbidden) forbidden outcomes")
  if forbidden > 0 { fatalError("a forbidden outcome") }
}
