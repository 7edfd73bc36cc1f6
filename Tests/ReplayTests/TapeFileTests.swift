// A tape file gives back what was written, and says where it is damaged.

import CShims
import Foundation
import Market
import Simulation
import Support
import Testing

struct TapeFileTests {
  private let instrument = TapeInstrument(
    symbol: ShortName("BTCUSDT")!, kind: .linear, tick: DecimalStep(mantissa: 1, exponent: -1),
    lot: DecimalStep(mantissa: 1, exponent: -3))

  /// Rows of every kind with full words in every column.
  private func rows(_ count: Int, seed: UInt64) -> [TapeRow] {
    var random = SeededRandom(seed)
    var timeNs: Int64 = 1_700_000_000_000_000_000
    return (0..<count).map { _ in
      timeNs += Int64.random(in: 0...3, using: &random)
      return TapeRow(
        kind: TapeRowKind.allCases.randomElement(using: &random)!, side: .allCases.randomElement(using: &random)!,
        exchangeTimeNs: timeNs - Int64.random(in: -5...1_000_000, using: &random), localTimeNs: timeNs,
        price: Price(ticks: Int64.random(in: 0...(1 << 40), using: &random)),
        quantity: Quantity(lots: Int64.random(in: 0...(1 << 50), using: &random)), number: random.next(),
        endsMessage: Bool.random(using: &random))
    }
  }

  private func withFile(_ rows: [TapeRow], rowsPerBlock: Int, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).tape").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var writer = try TapeWriter(path: path, instrument: instrument, rowsPerBlock: rowsPerBlock)
    for row in rows { try writer.append(row) }
    let summary = try writer.finish()
    #expect(try summary == Tape(instrument: instrument, rows: rows).summary)
    try body(path)
  }

  private func problem(_ path: String, of expected: TapeInstrument? = nil) -> TapeError? {
    do throws(TapeError) {
      _ = try Tape(path: path, of: expected)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [(0, 7), (1, 7), (7, 7), (8, 7), (1000, 64), (5000, 16_384)])
  func givesBackWhatWasWritten(count: Int, rowsPerBlock: Int) throws {
    let written = rows(count, seed: UInt64(count))
    try withFile(written, rowsPerBlock: rowsPerBlock) { path in
      let tape = try Tape(path: path, of: instrument)
      #expect(tape.rows == written)
      #expect(tape.instrument == instrument)
      #expect(tape.summary.rowCount == Int64(count))
      #expect(!FileManager.default.fileExists(atPath: path + ".new"))
    }
  }

  @Test func seeksByLocalTime() throws {
    let written = rows(2000, seed: 3)
    try withFile(written, rowsPerBlock: 64) { path in
      var reader = try TapeReader(path: path)
      for sought in [written[0].localTimeNs - 1, written[777].localTimeNs, written[1999].localTimeNs] {
        try reader.seek(localTimeNs: sought)
        #expect(try reader.next() == written.first { $0.localTimeNs >= sought })
      }
      try reader.seek(localTimeNs: written[1999].localTimeNs + 1)
      #expect(try reader.next() == nil)
    }
  }

  /// Every byte of the file is under some checksum: no flipped bit goes unseen, and each is found where it is.
  @Test func findsEveryFlippedBit() throws {
    try withFile(rows(500, seed: 5), rowsPerBlock: 128) { path in
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      var random = SeededRandom(11)
      for place in (0..<160).map({ $0 }) + (0..<400).map({ _ in Int.random(in: 160..<whole.count, using: &random) }) {
        var damaged = whole
        damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        try damaged.write(to: URL(fileURLWithPath: path))
        let error = problem(path)
        #expect(error?.file == path, "byte \(place)")
        #expect(try #require(error?.offset) <= Int64(place), "byte \(place)")
      }
    }
  }

  @Test func refusesEveryTruncation() throws {
    try withFile(rows(300, seed: 6), rowsPerBlock: 64) { path in
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      for length in stride(from: 1, to: whole.count, by: 37) {
        try whole.prefix(length).write(to: URL(fileURLWithPath: path))
        let error = try #require(problem(path))
        #expect(error.offset != nil)
        if length >= 4096 { #expect(error.reason.contains("truncated")) }
      }
      try (whole + [0]).write(to: URL(fileURLWithPath: path))
      #expect(problem(path)?.reason == "has bytes behind its end")
    }
  }

  @Test func refusesTheWrongInstrument() throws {
    try withFile(rows(10, seed: 7), rowsPerBlock: 64) { path in
      var other = instrument
      other.tick = DecimalStep(mantissa: 1, exponent: -2)
      let reason = try #require(problem(path, of: other)?.reason)
      #expect(reason.hasPrefix("is a tape of BTCUSDT (linear, tick 1e-1"))
    }
  }

  /// Rows out of order under right checksums, as a faulty writer would leave them.
  @Test func refusesUnorderedRows() throws {
    let written = rows(64, seed: 8)
    try withFile(written, rowsPerBlock: 64) { path in
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      let place = 4096 + 8 * (64 + 40)
      withUnsafeBytes(of: (written[39].localTimeNs - 1).littleEndian) {
        bytes.replaceSubrange(place..<place + 8, with: $0)
      }
      let index = bytes.count - 48
      let block = crc(bytes[4096..<index])
      withUnsafeBytes(of: block.littleEndian) { bytes.replaceSubrange(index + 12..<index + 16, with: $0) }
      let indexChecksum = crc(bytes[index...])
      withUnsafeBytes(of: indexChecksum.littleEndian) { bytes.replaceSubrange(60..<64, with: $0) }
      let header = crc(bytes[..<4092])
      withUnsafeBytes(of: header.littleEndian) { bytes.replaceSubrange(4092..<4096, with: $0) }
      try bytes.write(to: URL(fileURLWithPath: path))
      let error = try #require(problem(path))
      #expect(error.offset == Int64(place))
      #expect(error.reason.contains("unordered"))
    }
    var unordered = written
    unordered.swapAt(3, 60)
    #expect(throws: TapeError.self) { try Tape(instrument: instrument, rows: unordered) }
  }

  private func crc(_ bytes: Data) -> UInt32 {
    [UInt8](bytes).withUnsafeBytes { apus_crc32c(0, $0.baseAddress, $0.count) }
  }

  @Test func refusesWhatIsNoTape() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).tape").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(problem(path)?.reason.hasPrefix("cannot be opened") == true)
    try Data(repeating: 0x41, count: 5000).write(to: URL(fileURLWithPath: path))
    #expect(problem(path) == TapeError(file: path, offset: 0, reason: "is no tape"))
  }
}
