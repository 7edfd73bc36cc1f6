// The account folded from records: what the stage itself holds, the same after any interruption, and safe for any bytes.

import Execution
import Market
import Pipeline
import Risk
import Support
import Testing

/// The same figures by looking for the last word on each, record by record, from the end.
private struct SlowAccount {
  let journal: [[UInt8]]

  private func payloads<Payload: BitwiseCopyable>(_ type: RecordType, _: Payload.Type) -> [Payload] {
    journal.compactMap { record in
      record.withUnsafeBytes {
        guard $0.loadUnaligned(fromByteOffset: 4, as: UInt16.self) == type.rawValue else { return nil }
        return $0.loadUnaligned(fromByteOffset: RecordHeader.byteCount, as: Payload.self)
      }
    }
  }

  private func type(_ record: [UInt8]) -> UInt16 {
    record.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: UInt16.self) }
  }

  var position: Position {
    for record in journal.reversed() {
      let bytes = record.dropFirst(RecordHeader.byteCount)
      if type(record) == RecordType.fill.rawValue {
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: FillRecord.self).position }
      }
      if type(record) == RecordType.position.rawValue {
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: PositionRecord.self).position }
      }
    }
    return Position()
  }

  func computed(_ asset: String) -> Int64? {
    for record in journal.reversed() {
      let bytes = record.dropFirst(RecordHeader.byteCount)
      if type(record) == RecordType.fill.rawValue {
        let fill = bytes.withUnsafeBytes { $0.loadUnaligned(as: FillRecord.self) }
        if fill.feeAsset.text == asset { return fill.feeComputed }
        if asset == "BTC" { return fill.baseComputed }
        if asset == "USDT" { return fill.quoteComputed }
      } else if type(record) == RecordType.balance.rawValue {
        let balance = bytes.withUnsafeBytes { $0.loadUnaligned(as: BalanceRecord.self) }
        if balance.asset.text == asset { return balance.computed.units }
      }
    }
    return nil
  }

  /// Orders that were sent and never closed.
  var open: Set<UInt64> {
    let states = payloads(.orderState, OrderStateRecord.self)
    let sent = Set(journal.filter { type($0) == RecordType.order.rawValue }.map(clientOrder))
    return sent.filter { id in states.last { $0.clientOrder.rawValue == id }?.to.isOpen ?? true }
  }

  private func clientOrder(_ record: [UInt8]) -> UInt64 {
    record.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: RecordHeader.byteCount + 16, as: UInt64.self) }
  }

  var trades: [UInt64] {
    let verified = payloads(.position, PositionRecord.self).last?.verifiedTrade ?? 0
    return Set(payloads(.fill, FillRecord.self).map(\.trade)).filter { $0 > verified }.sorted()
  }
}

@Suite struct AccountStateTests {
  private func folded(_ journal: some Sequence<[UInt8]>, from state: AccountState? = nil) -> AccountState {
    var state = state ?? AccountState(stage: 4, instruments: [Desk.instrument])
    for record in journal { record.withUnsafeBytes { state.fold($0) } }
    return state
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func itIsWhatTheSlowSearchFindsAtEveryPoint(_ seed: UInt64) throws {
    let session = try ShuffledSession(seed: seed)
    session.run(lives: 60)
    let journal = session.desk.journal
    var state = AccountState(stage: 4, instruments: [Desk.instrument])
    for (i, record) in journal.enumerated() {
      record.withUnsafeBytes { state.fold($0) }
      guard i % 37 == 0 || i == journal.count - 1 else { continue }
      let slow = SlowAccount(journal: Array(journal[...i]))
      #expect(state.instruments[0].position == slow.position, "record \(i)")
      #expect(state.instruments[0].trades == slow.trades, "record \(i)")
      #expect(
        Set(state.orders.values.filter { $0.state.isOpen }.map(\.clientOrder.rawValue)) == slow.open, "record \(i)")
      for asset in ["BTC", "USDT", "BNB"] {
        #expect(
          state.assets.first { $0.asset.text == asset }?.computed == slow.computed(asset), "record \(i), \(asset)")
      }
    }
    #expect(state.instruments[0].position.lots == session.desk.stage.positionsLots[0])
    #expect(state.instruments[0].position.lots == session.venue.positionLots)
    for balance in session.desk.stage.accountBalances {
      let asset = state.assets.first { $0.asset.text == balance.asset }
      #expect(asset?.computed == balance.computed.units && asset?.fees == balance.fees.units, "\(balance.asset)")
    }
    #expect(state.orders.isEmpty)
    #expect(state.instruments[0].trades.count > 20)
  }

  @Test func interruptedAnywhereItGoesOnTheSame() throws {
    let session = try ShuffledSession(seed: 9)
    session.run(lives: 40)
    let journal = session.desk.journal
    let whole = folded(journal)
    for cut in stride(from: 0, to: journal.count, by: 23) {
      let part = folded(journal[..<cut])
      let back = try AccountState(encoded: part.encoded)
      #expect(back == part)
      // What was folded before is seen again, as after a snapshot that is older than the reader believes.
      #expect(folded(journal[max(0, cut - 50)...], from: back) == whole)
    }
  }

  @Test func aChangedByteIsADamagedAccountAndNoBytesTrap() throws {
    let session = try ShuffledSession(seed: 3)
    session.run(lives: 20)
    let bytes = folded(session.desk.journal).encoded
    for i in bytes.indices {
      var changed = bytes
      changed[i] ^= 0x21
      #expect(throws: AccountError.self) { _ = try AccountState(encoded: changed) }
    }
    for count in bytes.indices {
      #expect(throws: AccountError.self) { _ = try AccountState(encoded: Array(bytes[..<count])) }
    }
  }

  /// The journal's checksums keep such records away; the fold does not rest on it.
  @Test func anyBytesCanBeFolded() throws {
    let session = try ShuffledSession(seed: 4)
    session.run(lives: 20)
    var random = SeededRandom(44)
    var state = AccountState(stage: 4, instruments: [Desk.instrument])
    for record in session.desk.journal {
      var changed = record
      for _ in 0..<3 {
        changed[.random(in: RecordHeader.byteCount..<changed.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      changed.withUnsafeBytes { state.fold($0) }
      changed.prefix(.random(in: 0...changed.count, using: &random)).withUnsafeBytes { state.fold($0) }
    }
    _ = state.encoded
  }

  @Test func anInstrumentThatIsHeldCannotBeLeftOut() throws {
    let desk = try Desk()
    desk.open()
    let order = try desk.placed(.buy, 5_999_000, 100)
    let open = folded(desk.journal)
    #expect(throws: AccountError.leftOut("BTCUSDT")) { _ = try open.begin(stage: 4, instruments: []) }
    desk.fill(order, trade: 7, 100)
    desk.step()
    let held = folded(desk.journal)
    #expect(held.orders.isEmpty)
    #expect(throws: AccountError.leftOut("BTCUSDT")) { _ = try held.begin(stage: 4, instruments: []) }
    var finer = Desk.instrument
    finer.lot = DecimalStep(mantissa: 1, exponent: -6)
    #expect(try held.begin(stage: 4, instruments: [finer]).instruments[0].position.lots == 1000)
    finer.lot = DecimalStep(mantissa: 1, exponent: -2)
    #expect(throws: AccountError.otherLots("BTCUSDT")) { _ = try held.begin(stage: 4, instruments: [finer]) }
  }

  @Test func anInheritedOrderIsAskedForAndCancelledAndItsFillsCount() throws {
    let first = try Desk()
    first.open()
    let order = try first.placed(.buy, 5_999_000, 100)
    first.fill(order, trade: 7, 40, fee: 11)
    first.step()
    let account = try folded(first.journal).begin(stage: 4, instruments: [Desk.instrument])

    let desk = try Desk(bootEpoch: 6, recovered: account)
    #expect(desk.stage.openOrders == 1 && desk.stage.positionsLots == [40])
    desk.report(.sessionUp)
    desk.pass(0)
    #expect(desk.asked.contains { $0.kind == .queryStatus && $0.clientOrder == order.clientOrder })
    desk.fill(order, trade: 7, 40, fee: 11)  // told again: it was counted by the session before
    desk.fill(order, trade: 8, 10)
    desk.push(Desk.status(order.clientOrder, .partiallyFilled, lots: 50, value: 5_999_000 * 50 * 10))
    desk.pass(0)
    #expect(desk.asked.last?.kind == .cancel)
    desk.report(.canceled, order.clientOrder)
    desk.pass(0)
    #expect(desk.stage.openOrders == 0 && desk.stage.positionsLots == [50])
    #expect(desk.count("fills.duplicate") == 1 && desk.count("reports.orphan") == 0)
    #expect(!desk.news.contains { $0.kind != .position }, "no strategy placed it")
    #expect(desk.news.last?.positionLots == 50)
  }
}
