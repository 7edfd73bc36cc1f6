// Printing: each layout table has exactly the bytes of the type it describes, and reads its fields where they are.

import Journal
import Market
import Pipeline
import Testing

@Suite("Journal text")
struct LayoutTests {
  @Test("each table is as long as its type")
  func sizes() {
    let sizes: [RecordType: Int] = [
      .step: MemoryLayout<StepRecord>.size, .channel: MemoryLayout<ChannelRecord>.size,
      .frame: MemoryLayout<FrameRecord>.size, .response: MemoryLayout<FrameRecord>.size,
      .sendRefused: MemoryLayout<ChannelRecord>.size, .ringFull: MemoryLayout<ChannelRecord>.size,
      .sent: MemoryLayout<FrameRecord>.size,
      .stream: MemoryLayout<StreamRecord>.size, .intent: MemoryLayout<OrderIntent>.size,
      .request: MemoryLayout<GatewayRequest>.size, .report: MemoryLayout<ExecutionReport>.size,
      .update: MemoryLayout<OrderUpdate>.size,
    ]
    #expect(PayloadLayout.shared.mapValues(\.byteCount) == sizes)
  }

  @Test("an enumeration is stored as the position of its case")
  func enumerations() {
    func check<Choice: CaseIterable & BitwiseCopyable>(_ type: Choice.Type) {
      #expect(MemoryLayout<Choice>.size == 1)
      for (position, choice) in Choice.allCases.enumerated() {
        #expect(withUnsafeBytes(of: choice) { $0[0] } == UInt8(position))
      }
    }
    check(Side.self)
    check(OrderType.self)
    check(TimeInForce.self)
    check(IntentKind.self)
    check(ReportKind.self)
    check(VenueOrderState.self)
    check(ReportReason.self)
    check(OrderUpdateKind.self)
    check(GatewayRequestKind.self)
    check(OrderAction.self)
    check(StreamState.self)
    check(StreamReason.self)
  }

  private let text = JournalText(stages: [1: "feed", 4: "execution"])

  private func record(_ type: RecordType, _ payload: [UInt8], cause: UInt64 = 0) throws -> JournalRecord {
    let scratch = try ScratchDirectory()
    let ring = RecordRing(stage: 1, capacityBytes: 4096)
    var producer = ring.producer
    _ = payload.withUnsafeBytes {
      producer.append(type: type.rawValue, cause: cause, timeNs: 1_723_161_253_912_345_678, $0)
    }
    producer.publish()
    var writer = try JournalWriter(
      directory: scratch.path, header: sessionHeader(), sources: [RecordSource(ring.consumer)],
      counters: try journalCounters(), nowNs: { 0 })
    try writer.finish()
    return try readAll(scratch.path).records[0]
  }

  @Test("a report prints every field with its own value")
  func report() throws {
    var report = ExecutionReport(
      kind: .fill, venue: VenueIndex(3), account: 4, instrument: InstrumentIndex(5),
      clientOrder: ClientOrderIdentifier(bootEpoch: 12, sequence: 7), receiveTimeNs: 21, receiveTsc: 22,
      cause: RecordIdentifier(stage: 1, sequence: 9).rawValue)
    report.side = .sell
    report.isMaker = true
    report.orderState = .filled
    report.definitionVersion = 6
    report.reason = .unknownOrder
    report.venueCode = -2011
    report.asset = ShortName("BNB")!
    report.venueOrder = 11
    report.trade = 12
    report.price = Price(ticks: 13)
    report.quantity = Quantity(lots: 14)
    report.cumulativeQuantity = Quantity(lots: 15)
    report.quoteAmount = Amount(units: 16)
    report.amount = Amount(units: 17)
    report.lockedAmount = Amount(units: 18)
    report.venueTimeNs = 19
    report.counterOrder = 23
    let json = text.json(try record(.report, withUnsafeBytes(of: report) { Array($0) }))
    #expect(
      json == """
        {"timeNs":1723161253912345678,"stage":"feed","sequence":1,"cause":"","type":"report","kind":"fill",\
        "side":"sell","isMaker":"true","orderState":"filled","instrument":5,"definitionVersion":6,"venue":3,\
        "account":4,"reason":"unknownOrder","venueCode":-2011,"asset":"BNB","clientOrder":"12-7","venueOrder":11,\
        "trade":12,"priceTicks":13,"quantityLots":14,"cumulativeLots":15,"quoteUnits":16,"amountUnits":17,\
        "lockedUnits":18,"venueTimeNs":19,"receiveTimeNs":21,"receiveTsc":22,"causeRecord":"1#9",\
        "counterOrder":23}
        """)
  }

  @Test("a request prints every field with its own value")
  func request() throws {
    let request = GatewayRequest(
      kind: .queryTrades, instrument: InstrumentIndex(5),
      clientOrder: ClientOrderIdentifier(bootEpoch: 12, sequence: 7),
      fromTrade: 13, cause: RecordIdentifier(stage: 1, sequence: 9).rawValue, originTsc: 22)
    #expect(
      text.line(try record(.request, withUnsafeBytes(of: request) { Array($0) })).hasSuffix(
        "request kind=queryTrades instrument=5 clientOrder=12-7 fromTrade=13 causeRecord=1#9 originTsc=22"))
  }

  @Test("an intent and an update print every field with its own value")
  func intentAndUpdate() throws {
    let intent = OrderIntent(
      kind: .place, side: .sell, type: .limitMaker, timeInForce: .immediateOrCancel, instrument: InstrumentIndex(1),
      definitionVersion: 2, strategy: 3, venue: VenueIndex(4), reduceOnly: true, intent: IntentIdentifier(5),
      price: Price(ticks: 6), quantity: Quantity(lots: 7), askPrice: Price(ticks: 8), askQuantity: Quantity(lots: 9),
      decisionTimeNs: 10, marketTimeNs: 11, expiryTimeNs: 12, cause: 13, originTsc: 14)
    #expect(
      text.line(try record(.intent, withUnsafeBytes(of: intent) { Array($0) }, cause: 4 << 56 | 2)) == """
        2024-08-08T23:54:13.912345678Z feed#1 intent cause=execution#2 kind=place side=sell type=limitMaker \
        timeInForce=immediateOrCancel instrument=1 definitionVersion=2 strategy=3 venue=4 reduceOnly=true intent=5 \
        priceTicks=6 quantityLots=7 askPriceTicks=8 askQuantityLots=9 decisionTimeNs=10 marketTimeNs=11 \
        expiryTimeNs=12 causeRecord=0#13 originTsc=14
        """)
    var update = OrderUpdate(
      kind: .filled, strategy: 1, instrument: InstrumentIndex(2), intent: IntentIdentifier(3),
      clientOrder: ClientOrderIdentifier(bootEpoch: 1, sequence: 4), timeNs: 11, cause: 12)
    update.reasonCode = 5
    update.price = Price(ticks: 6)
    update.quantity = Quantity(lots: 7)
    update.remainingQuantity = Quantity(lots: 8)
    update.positionLots = -9
    update.realisedProfit = Amount(units: 10)
    update.fees = Amount(units: 13)
    #expect(
      text.line(try record(.update, withUnsafeBytes(of: update) { Array($0) })).hasSuffix(
        """
        update kind=filled side=buy isMaker=false strategy=1 instrument=2 reasonCode=5 intent=3 clientOrder=1-4 \
        priceTicks=6 quantityLots=7 remainingLots=8 positionLots=-9 realisedUnits=10 feesUnits=13 timeNs=11 \
        causeRecord=0#12
        """))
  }

  @Test("raw bytes: text as text, other bytes in hexadecimal, a wrong size as it is")
  func raw() throws {
    func frame(_ raw: [UInt8]) -> [UInt8] {
      withUnsafeBytes(of: FrameRecord(channel: 1, byteCount: UInt32(raw.count), receiveTsc: 2)) { Array($0) } + raw
    }
    let quoted = try record(.frame, frame(Array("{\"e\":\n1}".utf8)))
    #expect(text.json(quoted).hasSuffix(#""receiveTsc":2,"raw":"{\"e\":\u000a1}"}"#))
    #expect(text.line(quoted).hasSuffix(#"receiveTsc=2 {"e":\u000a1}"#))
    #expect(text.json(try record(.frame, frame([0xff, 0x01]))).hasSuffix(#""raw":"0xff01"}"#))
    #expect(text.line(try record(.frame, frame([UInt8](repeating: 97, count: 200)))).hasSuffix("a… (+40 bytes)"))
    #expect(text.json(try record(.step, [1, 2])).hasSuffix(#""type":"step","payload":"0102"}"#))
  }
}
