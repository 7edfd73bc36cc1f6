// hftbacktest's arrays of events in numpy's .npz and .npy files.

import Market

/// Rows of one array of events.
///
/// Sources: hftbacktest 2.4, `types.py` (the record and its flags) and its documentation, "Data"; numpy, NEP 1 (the .npy
/// format). An event that only the exchange or only the local side sees is one of a pair that its converter made to
/// sort both by time: of those the local one is taken, since a tape keeps both times of a row.
final class NumpyEventSource: ImportSource {
  let path: String
  private let source: any ByteSource
  private var block = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 8)
  private var place = 0
  private var filled = 0
  private var rowsRead: Int64 = 0
  private var rows: Int64 = 0
  private var waiting: [ImportedRow] = []
  /// The row after the one handed out last: rows of the same two times are one message.
  private var following: ImportedRow?
  private var localTimeNs = Int64.min
  /// Events of other kinds: a user's own.
  private(set) var otherEvents: Int64 = 0

  private static let rowBytes = 64
  private static let fields = [
    "('ev','<u8')", "('exch_ts','<i8')", "('local_ts','<i8')", "('px','<f8')", "('qty','<f8')", "('order_id','<u8')",
    "('ival','<i8')", "('fval','<f8')",
  ]
  /// Nanoseconds since 1970; any two of them can be subtracted.
  private static let times: ClosedRange<Int64> = 0...9_000_000_000_000_000_000
  private static let localEvent: UInt64 = 1 << 30
  private static let buyEvent: UInt64 = 1 << 29
  private static let sellEvent: UInt64 = 1 << 28

  static func isArray(_ path: String) -> Bool { path.hasSuffix(".npz") || path.hasSuffix(".npy") }

  init(path: String) throws(CaptureError) {
    self.path = path
    if ZipArchive.isArchive(path) {
      let archive = try ZipArchive(path: path)
      guard let entry = archive.entries.first(where: { $0.name == "data.npy" }) ?? archive.entries.first else {
        throw CaptureError(file: path, reason: "holds no array")
      }
      source = try archive.open(entry)
    } else {
      source = try GzipSource(path: path)
    }
    rows = try readHeader()
  }

  deinit { block.deallocate() }

  func next() throws(CaptureError) -> ImportedRow? {
    if rowsRead == 0 { following = try nextEvent() }
    guard var row = following else { return nil }
    following = try nextEvent()
    if let next = following, row.kind != .trade, next.kind != .trade {
      row.endsMessage = next.localTimeNs != row.localTimeNs || next.exchangeTimeNs != row.exchangeTimeNs
    } else {
      row.endsMessage = true
    }
    return row
  }

  private func nextEvent() throws(CaptureError) -> ImportedRow? {
    while waiting.isEmpty {
      guard rowsRead < rows else { return nil }
      waiting = try readRow().reversed()
    }
    return waiting.popLast()
  }

  /// - Returns: how many rows the array has.
  private func readHeader() throws(CaptureError) -> Int64 {
    guard try have(10), block[place] == 0x93, text(1..<6) == "NUMPY" else { throw failure("is no numpy array") }
    let major = block[place + 6]
    let lengthBytes = major == 1 ? 2 : 4
    guard try have(8 + lengthBytes) else { throw failure("is cut off in its header") }
    let length = (0..<lengthBytes).reduce(0) { $0 | Int(block[place + 8 + $1]) << (8 * $1) }
    guard (1...3).contains(major), length <= 16 * 1024, try have(8 + lengthBytes + length) else {
      throw failure("is cut off in its header, or has one that cannot be read")
    }
    let header = text(8 + lengthBytes..<8 + lengthBytes + length).filter { !$0.isWhitespace }
    place += 8 + lengthBytes + length
    guard header.contains("'descr':[\(Self.fields.joined(separator: ","))]"), header.contains("'fortran_order':False")
    else {
      throw failure("is no array of hftbacktest 2 events: its fields are \(header)")
    }
    guard let shape = header.firstRange(of: "'shape':("),
      let rows = Int64(header[shape.upperBound...].prefix { $0.isNumber }), rows >= 0
    else { throw failure("has no number of rows in its header") }
    return rows
  }

  private func readRow() throws(CaptureError) -> [ImportedRow] {
    guard try have(Self.rowBytes) else { throw failure("is cut off: it should have \(rows) rows") }
    defer {
      place += Self.rowBytes
      rowsRead += 1
    }
    let event = block.loadUnaligned(fromByteOffset: place, as: UInt64.self)
    guard event & Self.localEvent != 0 else { return [] }
    let exchangeNs = block.loadUnaligned(fromByteOffset: place + 8, as: Int64.self)
    let localNs = block.loadUnaligned(fromByteOffset: place + 16, as: Int64.self)
    guard Self.times.contains(exchangeNs), Self.times.contains(localNs) else {
      throw failure("has a time that is none: \(exchangeNs), \(localNs)")
    }
    guard localNs >= localTimeNs else { throw failure("has a local time before that of the row above it") }
    localTimeNs = localNs
    let kind: TapeRowKind
    switch event & 0xFF {
    case 1: kind = .level
    case 2: kind = .trade
    case 3: kind = .clear
    case 4: kind = .snapshotLevel
    case 10: kind = .orderAdded
    case 11: kind = .orderRemoved
    case 12: kind = .orderChanged
    case 13: kind = .orderExecuted
    default:
      otherEvents += 1
      return []
    }
    let sides: [Side]
    switch (event & Self.buyEvent != 0, event & Self.sellEvent != 0) {
    case (true, false): sides = [.buy]
    case (false, true): sides = [.sell]
    case (false, false) where kind == .clear: sides = [.buy, .sell]
    // A trade whose taker is not known tells nothing of a queue; an order's removal needs no side.
    case (false, false) where kind == .orderRemoved || kind == .orderChanged || kind == .orderExecuted: sides = [.buy]
    default:
      otherEvents += 1
      return []
    }
    guard let price = ImportedDecimal(block.loadUnaligned(fromByteOffset: place + 24, as: Double.self)),
      let quantity = ImportedDecimal(block.loadUnaligned(fromByteOffset: place + 32, as: Double.self)),
      price.digits >= 0,
      quantity.digits >= 0
    else { throw failure("has a price or quantity that is no decimal number of at most 18 digits") }
    let number = block.loadUnaligned(fromByteOffset: place + 40, as: UInt64.self)
    return sides.map {
      ImportedRow(
        kind: kind, side: $0, exchangeTimeNs: exchangeNs, localTimeNs: localNs, price: price, quantity: quantity,
        line: Int(rowsRead), number: number)
    }
  }

  /// Makes sure that `count` bytes stand at `place`; false at the end of the data.
  private func have(_ count: Int) throws(CaptureError) -> Bool {
    while filled - place < count {
      if place > 0 {
        block.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[place..<filled]))
        filled -= place
        place = 0
      }
      do throws(ByteSourceError) {
        let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: block[filled...]))
        if got == 0 { return false }
        filled += got
      } catch {
        throw failure(error.reason)
      }
    }
    return true
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: block[place + range.lowerBound..<place + range.upperBound], as: UTF8.self)
  }

  func failure(_ row: ImportedRow, _ reason: String) -> CaptureError {
    CaptureError(file: path, reason: "row \(row.line): \(reason)")
  }

  private func failure(_ reason: String) -> CaptureError {
    CaptureError(file: path, reason: rowsRead == 0 ? reason : "row \(rowsRead): \(reason)")
  }
}
