// What a journal says of a session's traffic with its venue: requests with their stamps, the account, the fills.

import Backtest
import Execution
import Journal
import Market
import Pipeline
import Risk

/// A request as it left, and when its answer was there.
struct RecordedRequest {
  var request: VenueRequest
  var name: ClientOrderIdentifier
  var sentNs: Int64
  /// When the first report that answers it was received; nil when none was.
  var answeredNs: Int64?

  /// The venue's own stamp of the answer; nil where it gave none.
  var venueNs: Int64?
  var isRefused = false

  /// Where it stands among the market's messages as the bot received them: its answer came the same way. One that was
  /// never answered is taken as it left.
  var answerNs: Int64 { answeredNs ?? sentNs }

  /// A cancel of one order.
  fileprivate var isCancel: Bool { isRequest(.cancel) }
  fileprivate var isCancelAll: Bool { isRequest(.cancelAll) }

  private func isRequest(_ kind: GatewayRequestKind) -> Bool {
    if case .request(let asked) = request { asked.kind == kind } else { false }
  }
}

/// A session read back from its journal.
struct RecordedSession {
  let header: SessionHeader
  /// Those that changed something at the venue, in the order in which they were sent.
  private(set) var requests: [RecordedRequest] = []
  /// Orders that the venue refused. They changed nothing there and carry no stamp: when it was is not known.
  private(set) var refusedOrders = 0
  /// Fills of the session's orders as they were reported, each trade once.
  private(set) var fills: [ExecutionReport] = []
  /// The account as the venue first told it.
  private(set) var balances: [(asset: ShortName, free: Amount, locked: Amount)] = []

  private var trades: Set<UInt64> = []
  private var sent: [(cause: UInt64, timeNs: Int64)] = []
  private var orders: [UInt64: ApprovedOrderRecord] = [:]
  private var asked: [UInt64: GatewayRequest] = [:]
  private var reports: [ExecutionReport] = []

  /// - Throws: `JournalError` for a journal that is damaged before its end.
  init(directory: String) throws {
    var reader = try JournalReader(directory: directory)
    header = reader.header
    while let record = try reader.next() { take(record) }
    for departure in sent { join(departure) }
    answer()
  }

  private mutating func take(_ record: JournalRecord) {
    switch RecordType(rawValue: record.header.type) {
    case .order:
      // The gateway's message names the gate's decision as its cause.
      if let terms = record.value(ApprovedOrderRecord.self) { orders[terms.cause] = terms }
    case .request:
      if let request = record.value(GatewayRequest.self) { asked[record.identifier.rawValue] = request }
    case .sent where record.header.stage == StageNumber.gateway.rawValue:
      sent.append((record.header.cause, record.header.timeNs))
    case .report:
      if let report = record.value(ExecutionReport.self) { take(report) }
    default: break
    }
  }

  private mutating func take(_ report: ExecutionReport) {
    reports.append(report)
    if report.kind == .balance, !balances.contains(where: { $0.asset == report.asset }) {
      balances.append((report.asset, report.amount, report.lockedAmount))
    }
    guard report.kind == .fill, report.clientOrder != .none, trades.insert(report.trade).inserted else { return }
    fills.append(report)
  }

  /// A message that left, joined to what it was: only what changes the venue's state is kept.
  private mutating func join(_ departure: (cause: UInt64, timeNs: Int64)) {
    if let terms = orders[departure.cause] {
      requests.append(
        RecordedRequest(request: .order(terms), name: terms.clientOrder, sentNs: departure.timeNs))
    } else if let request = asked[departure.cause], request.kind == .cancel || request.kind == .cancelAll {
      requests.append(
        RecordedRequest(request: .request(request), name: request.clientOrder, sentNs: departure.timeNs))
    }
  }

  /// Finds the first answer to each request, and leaves out those that were refused.
  private mutating func answer() {
    let byName = Dictionary(grouping: reports) { $0.clientOrder }
    let canceledByName = Set(requests.filter(\.isCancel).map(\.name))
    for i in requests.indices {
      let request = requests[i]
      let answer =
        request.isCancelAll
        // It names no order: it is what cancelled those that no request named.
        ? reports.first { $0.answers(request) && !canceledByName.contains($0.clientOrder) }
        : byName[request.name]?.first { $0.answers(request) }
      requests[i].answeredNs = answer?.receiveTimeNs
      requests[i].venueNs = answer.flatMap { $0.venueTimeNs > 0 ? $0.venueTimeNs : nil }
      requests[i].isRefused = answer?.isRefusal ?? false
      if answer?.kind == .rejected { refusedOrders += 1 }
    }
    requests.removeAll(where: \.isRefused)
  }
}

extension ExecutionReport {
  fileprivate var isRefusal: Bool { kind == .rejected || kind == .cancelRejected || kind == .amendRejected }

  /// Whether it may be what the venue said to that request.
  fileprivate func answers(_ sent: RecordedRequest) -> Bool {
    guard receiveTimeNs >= sent.sentNs else { return false }
    switch sent.request {
    case .order(let terms) where terms.action == .amend: return kind == .amended || kind == .amendRejected
    case .order: return kind == .acknowledged || kind == .rejected
    case .request(let asked): return asked.instrument == instrument && (kind == .canceled || kind == .cancelRejected)
    }
  }
}

extension JournalRecord {
  /// The payload as a value; nil when a byte of it is none of the type's values.
  fileprivate func value<Record: CheckedRecord>(_ type: Record.Type) -> Record? {
    payload.withUnsafeBytes { $0.checked(type) }
  }
}

// A stored enumeration is the position of its case, whatever its raw value.
extension GatewayRequest: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.kind), GatewayRequestKind.allCases.count)
  ]
}

extension ExecutionReport: CheckedRecord {
  package static let bounds: [(offset: Int?, count: Int)] = [
    (MemoryLayout<Self>.offset(of: \.kind), ReportKind.allCases.count),
    (MemoryLayout<Self>.offset(of: \.side), Side.allCases.count), (MemoryLayout<Self>.offset(of: \.isMaker), 2),
    (MemoryLayout<Self>.offset(of: \.orderState), VenueOrderState.allCases.count),
    (MemoryLayout<Self>.offset(of: \.reason), ReportReason.allCases.count),
  ]
  package static let names = [MemoryLayout<Self>.offset(of: \.asset)]
}
