// The counter file: what one process writes another reads, and nothing else passes for one.

import Foundation
import Pipeline
import Testing

/// A path in a folder of its own, gone with the last reference.
final class TemporaryFile {
  let folder: URL
  var path: String { folder.appendingPathComponent("file").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Overwrites bytes of the file in place.
  func patch(offset: UInt64, _ bytes: [UInt8]) throws {
    let handle = try FileHandle(forUpdating: folder.appendingPathComponent("file"))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }
}

@Suite struct CounterFileTests {
  @Test func aReaderSeesWhatIsWritten() throws {
    let file = try TemporaryFile()
    let writer = try CounterFile(path: file.path)
    let reader = try CounterFileReader(path: file.path)
    #expect(try reader.entries() == [])
    let frames = writer.counter("feed.binance.frames")
    let latency = writer.histogram("feed.binance.latency")
    frames.add(3)
    latency.record(1500)
    #expect(try reader.counters() == ["feed.binance.frames": 3])
    #expect(try reader.histograms()["feed.binance.latency"] == latency.snapshot())
    #expect(reader.writer == .current && reader.writer.processIdentifier == Int64(getpid()))
    #expect(reader.heartbeatNs == 0)
    writer.beat()
    #expect(reader.heartbeatNs >= reader.startTimeNs)
  }

  @Test func askingAgainGivesTheSameCounter() throws {
    let file = try CounterFile()
    file.counter("strategy.intents").add(2)
    file.counter("strategy.intents").add(5)
    #expect(try file.reader().counters() == ["strategy.intents": 7])
  }

  @Test func noTwoWritersShareAPairOfCacheLines() throws {
    let file = try CounterFile()
    for index in 0..<20 {
      for writer in ["feed.binance", "strategy", "execution"] { _ = file.counter("\(writer).\(index)") }
    }
    _ = file.histogram("strategy.latency")
    var writerOfBlock: [Int: String] = [:]
    for entry in try file.reader().entries() {
      let writer = entry.name.split(separator: ".").dropLast().joined(separator: ".")
      let last = entry.offset + entry.kind.byteCount - 1
      for block in entry.offset / 128...last / 128 {
        #expect(writerOfBlock.updateValue(writer, forKey: block) ?? writer == writer, "\(entry.name)")
      }
    }
    #expect(Set(writerOfBlock.values).count == 3)
  }

  @Test func anExistingFileIsReplacedAndItsReaderKeepsTheOldOne() throws {
    let file = try TemporaryFile()
    let old = try CounterFile(path: file.path)
    old.counter("old.value").add()
    let oldReader = try CounterFileReader(path: file.path)
    _ = try CounterFile(path: file.path)
    #expect(try oldReader.counters() == ["old.value": 1])
    #expect(try CounterFileReader(path: file.path).counters() == [:])
  }

  @Test func foreignAndDamagedFilesAreNamedErrors() throws {
    let file = try TemporaryFile()
    #expect(throws: CounterFileError.memory(.file(operation: "open", path: file.path, errno: ENOENT))) {
      try CounterFileReader(path: file.path)
    }
    try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: file.path))
    #expect(throws: CounterFileError.notACounterFile) { try CounterFileReader(path: file.path) }
    try Data([1]).write(to: URL(fileURLWithPath: file.path))
    #expect(throws: CounterFileError.notACounterFile) { try CounterFileReader(path: file.path) }

    _ = try CounterFile(path: file.path).counter("stage.value")
    try file.patch(offset: 256, [0, 0, 0, 0, 0, 0, 0, 0x40])
    let reader = try CounterFileReader(path: file.path)
    #expect(throws: CounterFileError.damaged("entry 0 lies outside the file")) { try reader.entries() }
    try file.patch(offset: 128, [0xff, 0xff])
    #expect(throws: CounterFileError.damaged("65535 entries in room for 1024")) { try reader.entries() }
    try file.patch(offset: 16, [1])
    #expect(throws: CounterFileError.damaged("2097152 bytes where the header says 2097153")) {
      try CounterFileReader(path: file.path)
    }
    try file.patch(offset: 8, [9])
    #expect(throws: CounterFileError.unsupportedVersion(9)) { try CounterFileReader(path: file.path) }
  }
}
