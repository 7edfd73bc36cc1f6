import Market
import Pipeline
import Testing

/// What travels through rings and into the journal must have determined bytes: no padding that the compiler put in.
@Suite struct LayoutTests {
  @Test func recordsHaveNoImplicitPadding() {
    expectPacked(
      MarketEvent(
        kind: .level, venue: VenueIndex(0), instrument: InstrumentIndex(0), definitionVersion: 0, sequence: 0, cause: 0,
        eventTimeNs: 0, receiveTimeNs: 0, receiveTsc: 0), bytes: 64)
    expectPacked(
      OrderIntent(
        kind: .place, instrument: InstrumentIndex(0), definitionVersion: 0, strategy: 0, decisionTimeNs: 0,
        marketTimeNs: 0, cause: 0, originTsc: 0), bytes: 96)
    expectPacked(ExecutionReport(kind: .fill, venue: VenueIndex(0), receiveTimeNs: 0, cause: 0), bytes: 144)
    expectPacked(
      OrderUpdate(
        kind: .filled, strategy: 0, instrument: InstrumentIndex(0), intent: IntentIdentifier(0), clientOrder: .none,
        timeNs: 0, cause: 0), bytes: 88)
    expectPacked(
      GatewayRequest(
        kind: .cancel, instrument: InstrumentIndex(0), clientOrder: .none, cause: 0, originTsc: 0), bytes: 40)
    expectPacked(StepRecord(StepInput(nowNs: 0), consumed: .zero), bytes: 32)
    expectPacked(BookFault(instrument: InstrumentIndex(0), sequence: 0), bytes: 16)
    expectPacked(FrameRecord(channel: 0, byteCount: 0, receiveTsc: 0), bytes: 16)
    expectPacked(ChannelRecord(channel: 0, event: 0, reason: 0), bytes: 8)
    expectPacked(
      StreamRecord(instrument: InstrumentIndex(0), venue: VenueIndex(0), state: .live, reason: .gap, sequence: 0),
      bytes: 24)
    expectPacked(BookLevel.none, bytes: 16)
    expectPacked(FeatureVector(), bytes: 4 * FeatureVector.count)
  }

  @Test func theCheckSeesPadding() {
    struct Padded {
      var small: UInt8 = 0
      var large: UInt64 = 0
    }
    #expect(fieldBytes(Padded()) == 9)
    #expect(MemoryLayout<Padded>.stride == 16)
  }

  private func expectPacked<Record: BitwiseCopyable>(_ record: Record, bytes: Int) {
    #expect(MemoryLayout<Record>.stride == bytes, "\(Record.self)")
    #expect(fieldBytes(record) == bytes, "\(Record.self)")
  }

  /// The bytes of all fields down to numbers and enums, vectors counted whole.
  private func fieldBytes<Value>(_ value: Value) -> Int {
    let children = Mirror(reflecting: value).children
    if value is any SIMD || children.isEmpty { return MemoryLayout<Value>.size }
    return children.reduce(0) { sum, child in sum + fieldBytesOpened(child.value) }
  }

  private func fieldBytesOpened(_ value: Any) -> Int {
    func open<Opened>(_ opened: Opened) -> Int { fieldBytes(opened) }
    return _openExistential(value, do: open)
  }
}
