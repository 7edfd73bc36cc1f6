// The bytes of a tape file: header, blocks of columns, index. Little-endian throughout; docs/replay.md has the picture.

import CShims
import Market

/// Sizes and places. All blocks but the last have as many rows, so that a row's place follows from its number.
enum TapeFormat {
  static let magic: UInt64 = 0x4550_4154_5355_5041  // "APUSTAPE"
  /// 2: holes are rows. A tape of version 1 does not say where its recording had any.
  static let version: UInt32 = 2
  /// Header and blocks begin on pages, so that the memory of a block that was read can be given back.
  static let page = 4096
  static let indexEntryBytes = 48
  /// Time, time, price, quantity, number: 8 bytes each; kind and side: 1.
  static let rowBytes = 41
  /// Enough that the index is a thousandth of the file, few enough that a block fits in the second-level cache.
  static let rowsPerBlock = 16_384
  /// What a reader accepts: a row count that is not in memory is not a row count.
  static let rowsPerBlockLimit = 1 << 22

  /// Bytes of a block: five columns of words, one of bytes, filled up to a page.
  static func blockBytes(rows: Int) -> Int { (rows * rowBytes + page - 1) / page * page }

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 { apus_crc32c(0, bytes.baseAddress, bytes.count) }
}

/// The first page; its last word is the checksum of the rest, so that no byte of a tape is without one.
struct TapeHeader {
  private static let checksumOffset = TapeFormat.page - 4

  var instrument: TapeInstrument
  var summary: TapeSummary
  var rowsPerBlock: Int
  var blockCount: Int64
  var indexOffset: Int64
  var indexChecksum: UInt32

  func encode(into page: UnsafeMutableRawBufferPointer) {
    var bytes = LittleEndianWriter(page)
    bytes.put(TapeFormat.magic)
    bytes.put(TapeFormat.version)
    bytes.put(UInt32(rowsPerBlock))
    for i in 0..<16 { bytes.put(instrument.symbol.storage[i]) }
    bytes.put(instrument.tick.mantissa)
    bytes.put(instrument.lot.mantissa)
    bytes.put(instrument.multiplier)
    bytes.put(instrument.tick.exponent)
    bytes.put(instrument.lot.exponent)
    bytes.put(instrument.kind.rawValue)
    bytes.put(UInt8(0))
    bytes.put(indexChecksum)
    for value in [
      summary.rowCount, summary.firstLocalTimeNs, summary.lastLocalTimeNs, summary.earliestExchangeTimeNs,
      summary.latestExchangeTimeNs, summary.leastLatencyNs, summary.greatestLatencyNs, summary.lowestPriceTicks,
      summary.highestPriceTicks, blockCount, indexOffset,
    ] { bytes.put(value) }
    let body = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(page)[..<TapeHeader.checksumOffset])
    page.storeBytes(
      of: TapeFormat.checksum(body).littleEndian, toByteOffset: TapeHeader.checksumOffset, as: UInt32.self)
  }

  /// - Throws: the reason why these bytes are no header.
  init(_ page: UnsafeRawBufferPointer) throws(TapeFormatError) {
    var bytes = LittleEndianReader(page)
    guard page.count >= TapeFormat.page, bytes.take(UInt64.self) == TapeFormat.magic else {
      throw TapeFormatError("is no tape")
    }
    let version: UInt32 = bytes.take()
    guard version == TapeFormat.version else {
      throw TapeFormatError("is a tape of version \(version), not \(TapeFormat.version): import it again")
    }
    rowsPerBlock = Int(bytes.take(UInt32.self))
    var symbol = SIMD16<UInt8>()
    for i in 0..<16 { symbol[i] = bytes.take() }
    let (tick, lot, multiplier): (Int64, Int64, Int64) = (bytes.take(), bytes.take(), bytes.take())
    let (tickExponent, lotExponent, kind): (Int8, Int8, UInt8) = (bytes.take(), bytes.take(), bytes.take())
    _ = bytes.take(UInt8.self)
    indexChecksum = bytes.take()
    let words = (0..<11).map { _ in bytes.take(Int64.self) }
    let body = UnsafeRawBufferPointer(rebasing: page[..<Self.checksumOffset])
    let checksum = page.loadUnaligned(fromByteOffset: Self.checksumOffset, as: UInt32.self)
    guard UInt32(littleEndian: checksum) == TapeFormat.checksum(body) else {
      throw TapeFormatError("the header is corrupt")
    }
    guard let kind = ContractKind(rawValue: kind), tick > 0, lot > 0, multiplier > 0, (1...15).contains(symbol[15]),
      (1...TapeFormat.rowsPerBlockLimit).contains(rowsPerBlock)
    else { throw TapeFormatError("the header names no instrument that could be") }
    instrument = TapeInstrument(
      symbol: ShortName(storage: symbol), kind: kind, tick: DecimalStep(mantissa: tick, exponent: tickExponent),
      lot: DecimalStep(mantissa: lot, exponent: lotExponent), multiplier: multiplier)
    summary = TapeSummary()
    (summary.rowCount, summary.firstLocalTimeNs, summary.lastLocalTimeNs) = (words[0], words[1], words[2])
    (summary.earliestExchangeTimeNs, summary.latestExchangeTimeNs) = (words[3], words[4])
    (summary.leastLatencyNs, summary.greatestLatencyNs) = (words[5], words[6])
    (summary.lowestPriceTicks, summary.highestPriceTicks) = (words[7], words[8])
    (blockCount, indexOffset) = (words[9], words[10])
  }

  init(
    instrument: TapeInstrument, summary: TapeSummary, rowsPerBlock: Int, blockCount: Int64, indexOffset: Int64,
    indexChecksum: UInt32
  ) {
    self.instrument = instrument
    self.summary = summary
    self.rowsPerBlock = rowsPerBlock
    self.blockCount = blockCount
    self.indexOffset = indexOffset
    self.indexChecksum = indexChecksum
  }
}

/// What the index says of one block.
struct TapeIndexEntry {
  var offset: Int64
  var rows: UInt32
  var checksum: UInt32
  var firstLocalTimeNs: Int64
  var lastLocalTimeNs: Int64
  var earliestExchangeTimeNs: Int64
  var latestExchangeTimeNs: Int64

  func encode(into bytes: inout LittleEndianWriter) {
    bytes.put(offset)
    bytes.put(rows)
    bytes.put(checksum)
    for value in [firstLocalTimeNs, lastLocalTimeNs, earliestExchangeTimeNs, latestExchangeTimeNs] { bytes.put(value) }
  }
}

extension TapeIndexEntry {
  init(_ bytes: UnsafeRawBufferPointer) {
    var reader = LittleEndianReader(bytes)
    self.init(
      offset: reader.take(), rows: reader.take(), checksum: reader.take(), firstLocalTimeNs: reader.take(),
      lastLocalTimeNs: reader.take(), earliestExchangeTimeNs: reader.take(), latestExchangeTimeNs: reader.take())
  }
}

struct TapeFormatError: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Writes integers one after the other; the caller has made room for them.
struct LittleEndianWriter {
  private let bytes: UnsafeMutableRawBufferPointer
  private(set) var place = 0

  init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

  mutating func put<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) {
      UnsafeMutableRawBufferPointer(rebasing: bytes[place...]).copyMemory(from: $0)
    }
    place += MemoryLayout<Value>.size
  }
}

/// Reads integers one after the other; the caller has seen to it that they are there.
struct LittleEndianReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func take<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self) -> Value {
    defer { place += MemoryLayout<Value>.size }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Value.self))
  }
}
