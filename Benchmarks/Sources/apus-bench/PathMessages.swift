// A stretch of recorded messages with the book snapshot that it continues, for what runs a whole session on it.

import Market
import Simulation
import Suite

struct PathMessages {
  struct Message {
    let timeNs: Int64
    let text: [UInt8]
  }

  let instrument: Instrument
  let snapshot: [UInt8]
  /// The message before which the snapshot was recorded.
  let snapshotPosition: Int
  let all: [Message]

  /// - Parameter limit: how many messages are read.
  init(path: String, symbol: String, limit: Int) throws {
    guard let instrument = DerivedRules.instruments(symbols: [symbol])?.first else {
      throw BenchmarkError("no trading rules for \(symbol)")
    }
    self.instrument = instrument
    var reader = try CaptureReader(paths: [path])
    var found: (position: Int, text: [UInt8])?
    var messages: [Message] = []
    while messages.count < limit, let line = try reader.next() {
      if line.stream != nil {
        messages.append(Message(timeNs: max(line.timeNs, messages.last?.timeNs ?? 0), text: line.text))
      } else if found == nil {
        found = (messages.count, line.text)
      }
    }
    guard let found else { throw BenchmarkError("\(path): it takes a depth snapshot") }
    (snapshotPosition, snapshot) = found
    all = messages
  }
}
