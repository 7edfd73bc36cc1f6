// A session's journal and its market, written by hand: what was sent, how the venue stamped it, what came of it.

import Bot
import Foundation
import Journal
import Market
import Pipeline
import Risk
import Simulation
import Testing

/// Traffic on BTCUSDT whose every stamp is in the test's hands. Times are microseconds after `startNs`.
final class RecordedTraffic {
  static let startNs: Int64 = 1_723_000_000_000_000_000
  /// The bot's clock stands elsewhere: only the venue's stamps may tell where a request belongs.
  static let clockAheadUs: Int64 = 3_600_000_000
  static let lots: Int64 = 10_000

  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
  private var execution: RecordProducer
  private var gateway: RecordProducer
  private var writer: JournalWriter
  private var sends: Int64 = 0

  /// - Parameter market: lines of a capture, each with its time in nanoseconds after `startNs`.
  init(market: [(atNs: Int64, text: String)]) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let capture = folder.appendingPathComponent("market")
    let lines = market.map { "\(Self.startNs + $0.atNs) \($0.text)\n" }
    try Data(lines.joined().utf8).write(to: capture)
    let decided = RecordRing(stage: StageNumber.execution.rawValue, capacityBytes: 1 << 16)
    let spoken = RecordRing(stage: StageNumber.gateway.rawValue, capacityBytes: 1 << 16)
    let instruments = try #require(DerivedRules.instruments(symbols: ["BTCUSDT"]))
    let header = SessionHeader(
      session: 1, startTimeNs: Self.startNs, bootEpoch: 1, seed: 0, build: "test", strategy: "none",
      captures: [CaptureIdentity(name: "market", digest: try Digest.of(file: capture.path))], configuration: "",
      instruments: instruments, stages: [3: "execution", 4: "gateway"])
    writer = try JournalWriter(
      directory: folder.appendingPathComponent("journal").path, header: header,
      sources: [RecordSource(decided.consumer), RecordSource(spoken.consumer)],
      counters: JournalCounters(try CounterFile(capacityBytes: 64 << 10, entryCapacity: 32).counter), nowNs: { 0 })
    execution = decided.producer
    gateway = spoken.producer
    for (asset, coins) in [(instruments[0].quote, Int64(100_000)), (instruments[0].base, 1)] {
      var balance = Self.report(.balance, .none, atUs: 0)
      balance.asset = asset
      balance.amount = Amount(units: coins * Amount.unitsPerCoin)
      append(balance)
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A bid that was sent and accepted.
  ///
  /// - Parameter stampUs: what the venue's answer says.
  func bid(_ number: UInt64, ticks: Int64, _ timeInForce: TimeInForce, stampUs: Int64) {
    let name = Self.name(number)
    let terms = Self.terms(name, Price(ticks: ticks), timeInForce, cause: number)
    _ = terms.withUnsafeBytes { execution.append(type: RecordType.order.rawValue, cause: 0, timeNs: 0, $0) }
    recordSent(cause: number)
    append(Self.report(.acknowledged, name, atUs: stampUs))
  }

  func cancel(_ number: UInt64, stampUs: Int64) {
    ask(.cancel, Self.name(number))
    append(Self.report(.canceled, Self.name(number), atUs: stampUs))
  }

  /// A request that names no order, and the orders that its answer names.
  func cancelAll(answeredFor numbers: [UInt64], stampUs: Int64) {
    ask(.cancelAll, .none)
    for number in numbers { append(Self.report(.canceled, Self.name(number), atUs: stampUs)) }
  }

  /// A fill of a whole bid as the venue reported it; the fee is a thousandth of what was bought.
  func fill(_ number: UInt64, ticks: Int64, isMaker: Bool, atUs: Int64) {
    var fill = Self.report(.fill, Self.name(number), atUs: atUs)
    fill.trade = number
    fill.isMaker = isMaker
    fill.price = Price(ticks: ticks)
    fill.quantity = Quantity(lots: Self.lots)
    fill.quoteAmount = Amount(units: ticks * Self.lots)  // a tick is 10^-2 USDT, a lot 10^-6 BTC, a unit 10^-8
    fill.amount = Amount(units: Self.lots * 100 / 1_000)
    append(fill)
  }

  /// Ends the session and puts its requests through the simulated venue.
  func compare() throws -> ParityReport {
    while writer.poll() > 0 {}
    try writer.finish()
    let text = """
      instruments: [BTCUSDT]
      strategy: {name: quoting}
      risk: {maximumOrderQuantity: 1, maximumOrderNotional: 100000, maximumPosition: 1, maximumOpenOrders: 16,
        priceCollarBasisPoints: 50, ordersPerSecond: 20, ordersPer10Seconds: 40, maximumMarketAgeMs: 2000,
        maximumOrderAgeMs: 2000, maximumDailyLoss: 5000}
      backtest:
        captures: [\(folder.path)/market]
        balances: {USDT: 100000, BTC: 1}
        latency: {feedUs: 0, orderUs: 0, responseUs: 0, decisionUs: 0}
        fees: {makerBasisPoints: 10, takerBasisPoints: 10}
      """
    let settings = try Configuration(file: "the test's configuration", text: text).backtest
    var parity = try ParityRun(journal: folder.appendingPathComponent("journal").path, settings)
    return try parity.run()
  }

  private func ask(_ kind: GatewayRequestKind, _ name: ClientOrderIdentifier) {
    let request = GatewayRequest(
      kind: kind, instrument: InstrumentIndex(0), clientOrder: name, cause: 0, originTsc: 0)
    let identifier = execution.append(type: RecordType.request.rawValue, cause: 0, timeNs: 0, request)
    recordSent(cause: identifier?.rawValue ?? 0)
  }

  private func recordSent(cause: UInt64) {
    sends += 1
    let atNs = Self.startNs + Self.clockAheadUs * 1_000 + sends
    let frame = FrameRecord(channel: 0, byteCount: 0, receiveTsc: 0)
    _ = gateway.append(type: RecordType.sent.rawValue, cause: cause, timeNs: atNs, frame)
    execution.publish()
    gateway.publish()
  }

  private func append(_ report: ExecutionReport) {
    _ = gateway.append(type: RecordType.report.rawValue, cause: 0, timeNs: report.receiveTimeNs, report)
    gateway.publish()
  }

  private static func name(_ number: UInt64) -> ClientOrderIdentifier {
    ClientOrderIdentifier(bootEpoch: 1, sequence: number)
  }

  private static func report(_ kind: ReportKind, _ name: ClientOrderIdentifier, atUs: Int64) -> ExecutionReport {
    // Received long after everything was sent, whatever the stamps say.
    var report = ExecutionReport(
      kind: kind, venue: VenueIndex(0), clientOrder: name, receiveTimeNs: startNs + 2 * clockAheadUs * 1_000, cause: 0)
    report.venueTimeNs = startNs + atUs * 1_000
    return report
  }

  /// The journal's bytes of an approved bid, which only the gate can make as a value: what is not set here is zero.
  private static func terms(
    _ name: ClientOrderIdentifier, _ price: Price, _ timeInForce: TimeInForce, cause: UInt64
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: MemoryLayout<ApprovedOrderRecord>.size)
    func set<Value: BitwiseCopyable>(_ field: KeyPath<ApprovedOrderRecord, Value>, _ value: Value) {
      guard let offset = MemoryLayout<ApprovedOrderRecord>.offset(of: field) else { preconditionFailure("is stored") }
      withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
    set(\.side, .buy)
    set(\.type, .limit)
    set(\.timeInForce, timeInForce)
    set(\.action, .place)
    set(\.clientOrder, name)
    set(\.price, price)
    set(\.quantity, Quantity(lots: lots))
    set(\.cause, cause)
    return bytes
  }
}
