// A second look at a session through its journal alone: were orders sent while the market data was void?

import Journal
import Market
import Pipeline

/// What can be told from the records without running anything again.
package struct JournalAudit {
  /// Records in the journal.
  package private(set) var records = 0
  /// Orders approved between a stream's break and its next live state, by the records' own times.
  package private(set) var ordersWhileBroken = 0

  /// - Throws: `JournalError` for a journal that is damaged before its end.
  package init(directory: String) throws {
    var breaks: [(fromNs: Int64, untilNs: Int64)] = []
    var brokenSince: Int64?
    var wasLive = false
    var orders: [Int64] = []
    var reader = try JournalReader(directory: directory)
    while let record = try reader.next() {
      records += 1
      switch RecordType(rawValue: record.header.type) {
      case .order: orders.append(record.header.timeNs)
      case .stream:
        let isLive = record.payload.dropFirst(Self.stateOffset).first == Self.liveByte
        if isLive, let since = brokenSince { breaks.append((since, record.header.timeNs)) }
        if isLive { brokenSince = nil } else if wasLive { brokenSince = record.header.timeNs }
        wasLive = isLive
      default: break
      }
    }
    if let since = brokenSince { breaks.append((since, .max)) }
    ordersWhileBroken = orders.count { time in breaks.contains { time > $0.fromNs && time < $0.untilNs } }
  }

  /// How `StreamState.live` stands in a record: an enumeration is stored as its case's position.
  private static let liveByte = withUnsafeBytes(of: StreamState.live) { $0[0] }
  /// Of `StreamRecord.state`.
  private static let stateOffset = MemoryLayout<StreamRecord>.offset(of: \.state) ?? 0
}
