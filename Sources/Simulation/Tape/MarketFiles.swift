// Which of several files of market data belong together, and what they are of: known before the first row is played.

import Market

/// The captures or tapes of one market, in the order of time.
public struct MarketFiles: Sendable {
  public let paths: [String]
  public let areTapes: Bool
  /// What the files say; tick and lot of a capture are INFERRED (`CaptureSurvey`).
  public let instrument: TapeInstrument
  /// When the first and the last message were received, on the venue's clock where the recorder's ran behind it.
  public let spanNs: ClosedRange<Int64>

  /// Groups recorded captures by symbol. Reads each of them once.
  ///
  /// - Throws: `CaptureError` for a file that is none, or of another market than its symbol's first.
  public static func captures(_ paths: [String]) throws(CaptureError) -> [MarketFiles] {
    var groups: [(symbol: String, files: [(path: String, firstNs: Int64)])] = []
    for path in paths {
      let (symbol, firstNs) = try CaptureSurvey.beginning(of: path)
      if let i = groups.firstIndex(where: { $0.symbol == symbol }) {
        groups[i].files.append((path, firstNs))
      } else {
        groups.append((symbol, [(path, firstNs)]))
      }
    }
    return try groups.map { group throws(CaptureError) in
      let paths = group.files.sorted { $0.firstNs < $1.firstNs }.map(\.path)
      var survey = CaptureSurvey()
      for path in paths { try survey.read(path) }
      guard survey.snapshots > 0 else {
        throw CaptureError(file: paths[0], reason: "has no snapshot of the depth: there would never be a book")
      }
      return MarketFiles(
        paths: paths, areTapes: false, instrument: try survey.instrument(path: paths[0]), spanNs: survey.spanNs)
    }
  }

  /// Groups tapes by symbol. Reads headers and indexes only.
  ///
  /// - Throws: `TapeError` for a file that is none, for tapes of one symbol that are not of one market, and for tapes of
  ///   one market that overlap in time.
  public static func tapes(_ paths: [String]) throws(TapeError) -> [MarketFiles] {
    var groups: [[TapeReader]] = []
    for path in paths {
      let reader = try TapeReader(path: path)
      guard reader.summary.rowCount > 0 else { throw TapeError(file: path, reason: "has no rows") }
      if let i = groups.firstIndex(where: { $0[0].instrument.symbol == reader.instrument.symbol }) {
        groups[i].append(try TapeReader(path: path, of: groups[i][0].instrument))
      } else {
        groups.append([reader])
      }
    }
    return try groups.map { group throws(TapeError) in
      let readers = group.sorted { $0.summary.firstLocalTimeNs < $1.summary.firstLocalTimeNs }
      for (earlier, later) in zip(readers, readers.dropFirst())
      where later.summary.firstLocalTimeNs < earlier.summary.lastLocalTimeNs {
        throw TapeError(
          file: later.path, reason: "begins before \(earlier.path) of the same market ends: import them together")
      }
      return MarketFiles(
        paths: readers.map(\.path), areTapes: true, instrument: readers[0].instrument,
        spanNs: readers[0].summary.firstLocalTimeNs...readers[readers.count - 1].summary.lastLocalTimeNs)
    }
  }
}
