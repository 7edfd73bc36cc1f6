// Reads zip archives: Binance's public files are zipped CSV tables, numpy's .npz is a zip of arrays.

import CShims

/// The directory of a zip archive. One owner, one thread.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10: end of central directory (4.3.16), its zip64 form (4.3.14, 4.3.15), central
/// directory headers (4.3.12). Methods stored (0) and deflated (8); no encryption, no archive in several parts.
final class ZipArchive {
  struct Entry {
    let name: String
    let method: UInt16
    let checksum: UInt32
    let compressedBytes: Int64
    let bytes: Int64
    fileprivate let headerOffset: Int64
  }

  let path: String
  private(set) var entries: [Entry] = []
  private let file: Int32
  private let size: Int64

  /// - Throws: what is wrong with the archive's directory; its contents are checked as they are read.
  init(path: String) throws(CaptureError) {
    self.path = path
    file = apus_open_read(path)
    size = file < 0 ? 0 : apus_file_size(file)
    guard file >= 0 else { throw CaptureError(file: path, reason: "cannot be opened (errno \(-file))") }
    try readDirectory()
  }

  deinit { if file >= 0 { apus_close(file) } }

  /// Whether a file begins like a zip archive.
  static func isArchive(_ path: String) -> Bool {
    let file = apus_open_read(path)
    guard file >= 0 else { return false }
    defer { apus_close(file) }
    var head = [UInt8](repeating: 0, count: 4)
    return apus_read_at(file, &head, 4, 0) == 4 && head == [0x50, 0x4B, 0x03, 0x04]
  }

  /// The contents of an entry.
  func open(_ entry: Entry) throws(CaptureError) -> any ByteSource {
    let header = try read(at: entry.headerOffset, count: 30)
    guard header.word(0) == 0x0403_4B50 else { throw damaged("has no local header at byte \(entry.headerOffset)") }
    let start = entry.headerOffset + 30 + Int64(header.half(26)) + Int64(header.half(28))
    let (end, overflow) = start.addingReportingOverflow(entry.compressedBytes)
    guard !overflow, entry.compressedBytes >= 0, end <= size else {
      throw damaged("is cut off: \(entry.name) ends behind the end of the file")
    }
    switch entry.method {
    case 0: return ZipEntrySource(self, entry, start, inflates: false)
    case 8: return ZipEntrySource(self, entry, start, inflates: true)
    default: throw damaged("packs \(entry.name) with method \(entry.method); stored and deflated can be read")
    }
  }

  /// Bytes of the file, for the source of an entry.
  fileprivate func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int64 {
    apus_read_at(file, buffer.baseAddress, buffer.count, offset)
  }

  private func readDirectory() throws(CaptureError) {
    // The end record has 22 bytes and a comment of at most 65,535 behind it.
    let tailBytes = min(size, 22 + 65_535)
    let tail = try read(at: size - tailBytes, count: Int(tailBytes))
    guard
      let end = stride(from: tail.count - 22, through: 0, by: -1).first(where: { tail.word($0) == 0x0605_4B50 })
    else { throw damaged("has no directory at its end: it is cut off, or no zip archive") }
    var count = UInt64(tail.half(end + 10))
    var offset = UInt64(tail.word(end + 16))
    if count == 0xFFFF || offset == 0xFFFF_FFFF, end >= 20, tail.word(end - 20) == 0x0706_4B50 {
      guard let place = Int64(exactly: tail.long(end - 20 + 8)) else { throw damaged("has a damaged directory") }
      let large = try read(at: place, count: 56)
      guard large.word(0) == 0x0606_4B50 else { throw damaged("has a damaged zip64 directory") }
      count = large.long(32)
      offset = large.long(48)
    }
    guard var place = Int64(exactly: offset), count <= UInt64(size) / 46 else {
      throw damaged("has a damaged directory")
    }
    for _ in 0..<count {
      let header = try read(at: place, count: 46)
      guard header.word(0) == 0x0201_4B50 else { throw damaged("has no directory entry at byte \(place)") }
      let (nameBytes, extraBytes) = (Int(header.half(28)), Int(header.half(30)))
      let rest = try read(at: place + 46, count: nameBytes + extraBytes)
      entries.append(try entry(header, name: rest[..<nameBytes], extra: Array(rest[nameBytes...])))
      place += Int64(46 + nameBytes + extraBytes + Int(header.half(32)))
    }
  }

  private func entry(_ header: [UInt8], name: ArraySlice<UInt8>, extra: [UInt8]) throws(CaptureError) -> Entry {
    let name = String(decoding: name, as: UTF8.self)
    guard header.half(8) & 1 == 0 else { throw damaged("is encrypted") }
    var sizes = [UInt64(header.word(24)), UInt64(header.word(20)), UInt64(header.word(42))]
    // Sizes and offsets that need more than 32 bits stand in the zip64 extra field (4.5.3), in this order.
    var place = 0
    while place + 4 <= extra.count {
      let bytes = Int(extra.half(place + 2))
      if extra.half(place) == 1 {
        var field = place + 4
        for i in sizes.indices where sizes[i] == 0xFFFF_FFFF && field + 8 <= min(extra.count, place + 4 + bytes) {
          sizes[i] = extra.long(field)
          field += 8
        }
      }
      place += 4 + bytes
    }
    guard let bytes = Int64(exactly: sizes[0]), let packed = Int64(exactly: sizes[1]),
      let offset = Int64(exactly: sizes[2])
    else { throw damaged("has a damaged directory entry for \(name)") }
    return Entry(
      name: name, method: header.half(10), checksum: header.word(16), compressedBytes: packed, bytes: bytes,
      headerOffset: offset)
  }

  private func read(at offset: Int64, count: Int) throws(CaptureError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = offset >= 0 ? bytes.withUnsafeMutableBytes { read($0, at: offset) } : 0
    guard got == Int64(count) else { throw damaged("is cut off: \(count) bytes are missing at byte \(offset)") }
    return bytes
  }

  private func damaged(_ reason: String) -> CaptureError { CaptureError(file: path, reason: reason) }
}

/// The bytes of one entry, checked against its size and CRC-32 when they end.
private final class ZipEntrySource: ByteSource {
  private let archive: ZipArchive
  private let entry: ZipArchive.Entry
  private var offset: Int64
  private var packedLeft: Int64
  private var produced: Int64 = 0
  private var checksum: UInt32 = 0
  private let stream: UnsafeMutableRawPointer?
  private var input = [UInt8](repeating: 0, count: 128 * 1024)
  private var inputStart = 0
  private var inputEnd = 0
  private var isEnded = false

  init(_ archive: ZipArchive, _ entry: ZipArchive.Entry, _ start: Int64, inflates: Bool) {
    self.archive = archive
    self.entry = entry
    offset = start
    packedLeft = entry.compressedBytes
    stream = inflates ? apus_deflated_new() : nil
    precondition(!inflates || stream != nil, "out of memory")
  }

  deinit { if let stream { apus_deflated_free(stream) } }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    var got = 0
    while got == 0, !isEnded {
      if inputStart == inputEnd { try refill() }
      got = stream == nil ? copy(to: buffer) : try inflate(to: buffer)
    }
    produced += Int64(got)
    checksum = apus_crc32(checksum, buffer.baseAddress, got)
    if isEnded, produced != entry.bytes || checksum != entry.checksum {
      throw ByteSourceError(reason: "\(entry.name) does not have the size and checksum that the archive says")
    }
    return got
  }

  private func refill() throws(ByteSourceError) {
    let wanted = Int(min(packedLeft, Int64(input.count)))
    let got = input.withUnsafeMutableBytes {
      archive.read(UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]), at: offset)
    }
    guard got == Int64(wanted) else { throw ByteSourceError(reason: "the archive is cut off at byte \(offset)") }
    (inputStart, inputEnd) = (0, wanted)
    offset += Int64(wanted)
    packedLeft -= Int64(wanted)
    if wanted == 0 {
      isEnded = stream == nil
      guard isEnded else { throw ByteSourceError(reason: "\(entry.name) ends in the middle of its data") }
    }
  }

  private func copy(to buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, inputEnd - inputStart)
    input.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[inputStart..<inputStart + count]))
    }
    inputStart += count
    return count
  }

  private func inflate(to buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
    let progress = input.withUnsafeBytes {
      apus_deflated_read(stream, $0.baseAddress! + inputStart, inputEnd - inputStart, buffer.baseAddress, buffer.count)
    }
    guard progress.is_corrupt == 0 else {
      throw ByteSourceError(reason: "the compressed data of \(entry.name) is damaged")
    }
    inputStart += progress.consumed
    isEnded = progress.is_ended != 0
    return progress.produced
  }
}

extension [UInt8] {
  /// Little-endian integers of the archive's records; the caller has checked that they are there.
  fileprivate func half(_ at: Int) -> UInt16 { UInt16(self[at]) | UInt16(self[at + 1]) << 8 }
  fileprivate func word(_ at: Int) -> UInt32 { UInt32(half(at)) | UInt32(half(at + 2)) << 16 }
  fileprivate func long(_ at: Int) -> UInt64 { UInt64(word(at)) | UInt64(word(at + 4)) << 32 }
}
