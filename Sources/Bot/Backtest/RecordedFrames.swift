// The market as a recorded session's feed received it: the frames of its journal, with their receive stamps.

import Journal
import Market
import Pipeline
import Simulation
import Venues

/// Reads the market out of a journal, message by message.
///
/// Of two connections the first copy of a message counts. A frame that is no market message (an answer to a subscription)
/// is passed over.
struct RecordedFrames {
  private var reader: JournalReader
  private let instruments: [String: Instrument]
  /// What the snapshot request under way is of: the answer does not say.
  private var requested: Instrument?
  /// The last trade of each instrument; books see to themselves.
  private var lastTrades: [UInt64]

  init(directory: String) throws {
    reader = try JournalReader(directory: directory)
    instruments = Dictionary(uniqueKeysWithValues: reader.header.instruments.map { ($0.symbol.text, $0) })
    lastTrades = reader.header.instruments.map { _ in 0 }
  }

  /// - Returns: the next message; nil at the journal's end.
  /// - Throws: `JournalError` for a journal that is damaged before its end.
  mutating func next() throws -> PlayedMessage? {
    while let record = try reader.next() {
      guard record.header.stage == StageNumber.feed.rawValue else { continue }
      let raw = record.payload.dropFirst(MemoryLayout<FrameRecord>.size)
      switch RecordType(rawValue: record.header.type) {
      case .sent where record.payload.first == BinanceFeed.requestChannel:
        requested = instruments.first { raw.contains(symbol: $0.key) }?.value
      case .frame, .response:
        if let played = read(Array(raw), timeNs: record.header.timeNs) { return played }
      default: break
      }
    }
    return nil
  }

  private mutating func read(_ text: [UInt8], timeNs: Int64) -> PlayedMessage? {
    guard let line = MarketLine(timeNs: timeNs, text: text, symbol: requested?.symbol.text),
      let instrument = instruments[line.symbol], let message = MarketMessage(line, instrument: instrument)
    else { return nil }
    if case .trade(_, _, let number) = message {
      let i = Int(instrument.index.rawValue)
      guard number > lastTrades[i] else { return nil }
      lastTrades[i] = number
    }
    return PlayedMessage(timeNs: timeNs, instrument: instrument.index, message: message)
  }
}

extension Collection<UInt8> {
  /// Whether a request target names that symbol.
  fileprivate func contains(symbol: String) -> Bool {
    String(decoding: self, as: UTF8.self).split(separator: "?").last?.split(separator: "&")
      .contains("symbol=\(symbol)") ?? false
  }
}
