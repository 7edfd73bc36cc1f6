// The market as a recorded session's feed received it: the frames of its journal, with their receive stamps.

import Journal
import Market
import Pipeline
import Simulation
import Venues

/// Reads the market out of a journal, message by message.
///
/// Frames may be of either encoding. Of two connections the first copy of a message counts. A frame that is no market message
/// (an answer to a subscription) is passed over.
struct RecordedFrames {
  private var reader: JournalReader
  private let instruments: [String: Instrument]
  private let sbe: SBEFrames
  /// What the last frame has said besides what was returned.
  private var waiting: [PlayedMessage] = []
  /// What the snapshot request under way is of: the answer does not say.
  private var requested: Instrument?
  /// The last trade of each instrument; books see to themselves.
  private var lastTrades: [UInt64]

  init(directory: String) throws {
    reader = try JournalReader(directory: directory)
    sbe = SBEFrames(reader.header.instruments)
    instruments = Dictionary(uniqueKeysWithValues: reader.header.instruments.map { ($0.symbol.text, $0) })
    lastTrades = reader.header.instruments.map { _ in 0 }
  }

  /// - Returns: the next message; nil at the journal's end.
  /// - Throws: `JournalError` for a journal that is damaged before its end.
  mutating func next() throws -> PlayedMessage? {
    while waiting.isEmpty, let record = try reader.next() {
      guard record.header.stage == StageNumber.feed.rawValue else { continue }
      let raw = record.payload.dropFirst(MemoryLayout<FrameRecord>.size)
      switch RecordType(rawValue: record.header.type) {
      case .sent where record.payload.first == BinanceFeed.requestChannel:
        requested = instruments.first { raw.contains(symbol: $0.key) }?.value
      case .frame, .response:
        waiting = read(Array(raw), timeNs: record.header.timeNs)
      default: break
      }
    }
    return waiting.isEmpty ? nil : waiting.removeFirst()
  }

  private mutating func read(_ frame: [UInt8], timeNs: Int64) -> [PlayedMessage] {
    guard let line = MarketLine(timeNs: timeNs, text: frame, symbol: requested?.symbol.text) else {
      return sbe.messages(frame).filter { isNew($0.message, $0.instrument) }
        .map { PlayedMessage(timeNs: timeNs, instrument: $0.instrument, message: $0.message) }
    }
    guard let instrument = instruments[line.symbol], let message = MarketMessage(line, instrument: instrument),
      isNew(message, instrument.index)
    else { return [] }
    return [PlayedMessage(timeNs: timeNs, instrument: instrument.index, message: message)]
  }

  /// Whether it is no second copy of a trade.
  private mutating func isNew(_ message: MarketMessage, _ instrument: InstrumentIndex) -> Bool {
    guard case .trade(_, _, let number) = message else { return true }
    let i = Int(instrument.rawValue)
    defer { lastTrades[i] = max(lastTrades[i], number) }
    return number > lastTrades[i]
  }
}

extension Collection<UInt8> {
  /// Whether a request target names that symbol.
  fileprivate func contains(symbol: String) -> Bool {
    String(decoding: self, as: UTF8.self).split(separator: "?").last?.split(separator: "&")
      .contains("symbol=\(symbol)") ?? false
  }
}
