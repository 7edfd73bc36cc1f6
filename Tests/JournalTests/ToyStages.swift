// Two toy stages with all that real ones have: channels, rings both ways, timers, state, full rings, halt epochs.

import Journal
import Market
import Pipeline

/// Reads numbers from a channel and hands on their running total; every 500 ns, and when its ring is full, it says so to
/// the channel. One call may run the timer and read a message: two inputs.
struct ToyFeed<Channel: MessageChannel & ~Copyable>: ~Copyable {
  var channel: Channel
  var output: RingProducer<UInt64>
  var records: RecordProducer
  var total: UInt64 = 0
  var sends: UInt32 = 0
  var dueNs: Int64 = 0

  init(channel: consuming Channel, output: consuming RingProducer<UInt64>, records: consuming RecordProducer) {
    self.channel = channel
    self.output = output
    self.records = records
  }

  mutating func step(_ input: StepInput) -> Int {
    let isDue = input.nowNs >= dueNs
    if isDue {
      dueNs = input.nowNs + 500
      _ = records.append(
        type: RecordType.step.rawValue, cause: 0, timeNs: input.nowNs, StepRecord(input, consumed: .zero))
      total &*= 3
      send(input.nowNs)
      records.publish()
    }
    let event = channel.poll(nowNs: input.nowNs)
    switch event {
    case .idle: return isDue ? 1 : 0
    case .opened, .closed:
      let reason = event == .closed ? channel.closeReason : .none
      _ = records.append(
        type: RecordType.channel.rawValue, cause: 0, timeNs: input.nowNs,
        ChannelRecord(channel: 0, event: event.rawValue, reason: reason.rawValue))
      if event == .opened { send(input.nowNs) }
    case .message: receive(input.nowNs)
    }
    output.publish()
    records.publish()
    return 1
  }

  private mutating func receive(_ nowNs: Int64) {
    let message = channel.message
    let frame = FrameRecord(channel: 0, byteCount: UInt32(message.count), receiveTsc: channel.messageTsc)
    let cause = records.append(type: RecordType.frame.rawValue, cause: 0, timeNs: nowNs, frame, raw: message)!
    var isFull = false
    for byte in message {
      total &+= UInt64(byte) &* channel.messageTsc
      guard !isFull, let slot = output.claim() else {
        if !isFull {
          _ = records.append(
            type: RecordType.ringFull.rawValue, cause: cause.rawValue, timeNs: nowNs,
            ChannelRecord(channel: 0, event: 0, reason: 0, detail: output.fullMark))
        }
        isFull = true
        continue
      }
      slot.initialize(to: total)
    }
    if isFull { send(nowNs) }
    _ = records.append(type: RecordType.forecast.rawValue, cause: cause.rawValue, timeNs: nowNs, total)
  }

  private mutating func send(_ nowNs: Int64) {
    let text = Array("more \(total)".utf8)
    let isTaken = text.withUnsafeBytes { channel.send($0) }
    if isTaken {
      let frame = FrameRecord(channel: 0, byteCount: UInt32(text.count), receiveTsc: 0)
      _ = text.withUnsafeBytes {
        records.append(type: RecordType.sent.rawValue, cause: 0, timeNs: nowNs, frame, raw: $0)
      }
    } else {
      _ = records.append(
        type: RecordType.sendRefused.rawValue, cause: 0, timeNs: nowNs,
        ChannelRecord(channel: 0, event: 0, reason: 0, detail: sends))
      total &+= 1
    }
    sends += 1
  }
}

/// Adds up what it gets; every 1000 ns, and when the halt epoch changes, says how much. Its feedback ring is its own.
struct ToyDecider: ~Copyable {
  var input: RingConsumer<UInt64>
  var echoes: RingConsumer<UInt64>
  var output: RingProducer<UInt64>
  var records: RecordProducer
  var sum: UInt64 = 0
  var dueNs: Int64 = 0
  var haltEpoch: UInt32 = 0
  /// The control's flipped decision: spoils the result of this step.
  var spoiledStep = -1
  private var steps = 0

  init(
    input: consuming RingConsumer<UInt64>, echoes: consuming RingConsumer<UInt64>,
    output: consuming RingProducer<UInt64>, records: consuming RecordProducer
  ) {
    self.input = input
    self.echoes = echoes
    self.output = output
    self.records = records
  }

  mutating func step(_ step: StepInput) -> Int {
    let count = min(input.available(), 7)
    let echoCount = min(echoes.available(), 3)
    let isDue = step.nowNs >= dueNs
    guard count + echoCount > 0 || isDue || step.haltEpoch != haltEpoch else { return 0 }
    var consumed = SIMD4<UInt32>(repeating: 0)
    consumed[0] = UInt32(count)
    consumed[1] = UInt32(echoCount)
    let cause = records.append(
      type: RecordType.step.rawValue, cause: 0, timeNs: step.nowNs, StepRecord(step, consumed: consumed))!
    for i in 0..<count { sum = sum &* 31 &+ input.peek(i).pointee }
    for i in 0..<echoCount { sum ^= echoes.peek(i).pointee << 1 }
    input.release(count)
    echoes.release(echoCount)
    steps += 1
    if steps == spoiledStep { sum ^= 1 }
    if isDue || step.haltEpoch != haltEpoch || step.flags.contains(.stopping) {
      haltEpoch = step.haltEpoch
      dueNs = step.nowNs + 1000
      if output.tryPush(sum) {
        _ = records.append(type: RecordType.intent.rawValue, cause: cause.rawValue, timeNs: step.nowNs, sum)
      }
    }
    records.publish()
    return count + echoCount + (isDue ? 1 : 0)
  }
}

/// A live channel's stand-in that brings seeded events and refuses some sends.
struct ToyChannel: ~Copyable, MessageChannel {
  var generator: SeededGenerator
  private var bytes: [UInt8] = []
  private var content = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
  private var count = 0
  private(set) var messageTsc: UInt64 = 0
  private(set) var isOpen = false
  private(set) var closeReason = CloseReason.none

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }
  deinit { content.deallocate() }

  var message: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: content[..<count]) }

  mutating func poll(nowNs: Int64) -> ChannelEvent {
    switch Int.random(in: 0..<40, using: &generator) {
    case 0 where isOpen:
      isOpen = false
      closeReason = .peerClosed
      return .closed
    case 1..<20 where isOpen:
      count = Int.random(in: 0...40, using: &generator)
      for i in 0..<count { content[i] = UInt8.random(in: 0...255, using: &generator) }
      messageTsc = generator.next()
      return .message
    case 20..<25 where !isOpen:
      isOpen = true
      return .opened
    default: return .idle
    }
  }

  mutating func send(_ text: UnsafeRawBufferPointer) -> Bool { Int.random(in: 0..<3, using: &generator) > 0 }
  mutating func close(permanently: Bool) { isOpen = false }
}
