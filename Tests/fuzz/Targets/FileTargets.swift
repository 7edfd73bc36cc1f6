// Files that another process, a crash or a bad disk may have left: counters, captures and models.

import Brain
import Foundation
import Pipeline
import Simulation

/// Counter files.
final class CountersTarget: FuzzTarget {
  let name = "counters"
  let seeds: [[UInt8]]
  var bytesLimit: Int { 256 * 1024 }
  private let scratch = ScratchFile()

  init() throws {
    let path = ScratchFile()
    let file = try CounterFile(path: path.path, capacityBytes: 128 * 1024, entryCapacity: 8)
    file.counter("feed.messages").add(7)
    let histogram = file.histogram("feed.latency")
    for value in 0..<200 { histogram.record(Int64(value * value * 31)) }
    seeds = [Array(try Data(contentsOf: URL(fileURLWithPath: path.path)))]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    scratch.write(bytes)
    guard let reader = try? CounterFileReader(path: scratch.path) else { return }
    _ = try? reader.counters()
    _ = try? reader.histograms()
  }
}

/// Captures, read as gzip or as plain text.
final class CaptureTarget: FuzzTarget {
  let name = "capture"
  let seeds: [[UInt8]]
  private let scratch = ScratchFile()

  init(_ recorded: Recordings) throws {
    let lines = recorded.messages.prefix(8).enumerated().map {
      "\(1_700_000_000_000_000_000 + $0) " + String(decoding: $1, as: UTF8.self)
    }
    let made =
      #"1700000000000000000 {"stream":"btcusdt@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1","q":"1","T":1}}"#
    let snapshot = #"1700000000000000001 {"lastUpdateId":1,"bids":[["1","1"]],"asks":[]}"#
    seeds = [
      Array("\(made)\n\(snapshot)\n\(made)\n".utf8), Array(lines.joined(separator: "\n").utf8),
      [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    scratch.write(bytes)
    guard var reader = try? CaptureReader(paths: [scratch.path]) else { return }
    var lines = 0
    while (try? reader.next()) != nil { lines += 1 }
    require(lines == reader.summary.lines, "\(lines) lines read, \(reader.summary.lines) counted")
  }
}

/// Model files: safetensors, with the checksum put right so that what lies behind it is reached.
final class ModelTarget: FuzzTarget {
  let name = "model"
  let seeds: [[UInt8]]

  init() {
    let tensor = TensorFile.Tensor(shape: [2, 2], values: [1, 2, 3, 4])
    let zeros = String(repeating: "0", count: 64)
    let file = TensorFile(metadata: ["sha256": zeros, "format": "pt"], tensors: ["head.bias": tensor, "b": tensor])
    let text = #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"x":"y"}}"#
    var small: [UInt8] = [UInt8(text.utf8.count), 0, 0, 0, 0, 0, 0, 0]
    small += Array(text.utf8) + [0, 0, 0x80, 0x3f]
    seeds = [file.serialized(), small]
  }

  func run(_ bytes: UnsafeRawBufferPointer) {
    let bytes = Array(bytes)
    if let file = try? TensorFile(bytes) {
      let again = try? TensorFile(file.serialized())
      require(again?.tensors.keys == file.tensors.keys, "a file that does not survive being written")
      if file.metadata["sha256"] == String(repeating: "0", count: 64), bytes.firstRange(of: Self.place) != nil {
        _ = try? ModelFile(ModelFile.sealed(bytes), inputs: 2, units: 2)
      }
    }
    _ = try? ModelFile(bytes, inputs: 2, units: 2)
  }

  private static let place = Array(("\"sha256\":\"" + String(repeating: "0", count: 64)).utf8)
}

/// A file of one process, removed with the object.
final class ScratchFile {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-fuzz-\(UUID().uuidString)").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: UnsafeRawBufferPointer) {
    let isWritten = FileManager.default.createFile(atPath: path, contents: Data(bytes))
    precondition(isWritten, "cannot write \(path)")
  }
}
