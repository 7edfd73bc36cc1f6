// A recorded capture with a hole in it: depth messages taken out, and the snapshot that a recorder asks for after that.

import Foundation

/// Lines of a spot capture, `<receive time, ns> <raw JSON>` each. All are recorded but the snapshot behind the hole, which
/// is DERIVED: the venue's book as the recording makes it.
public struct CutCapture {
  public typealias Line = (timeNs: Int64, text: [UInt8])

  public private(set) var lines: [Line] = []
  /// When the first message behind the hole was received, and when the snapshot was.
  public private(set) var holeNs: ClosedRange<Int64> = 0...0

  /// - Parameters:
  ///   - recorded: the lines of a capture from its beginning.
  ///   - missing: which of its depth messages are cut out, counted from 0.
  ///   - waiting: how many depth messages are received between the hole and the snapshot.
  ///   - lag: how many of them the snapshot does not have yet.
  public init(_ recorded: [Line], missing: Range<Int>, waiting: Int, lag: Int) {
    precondition(waiting > lag)
    var book = VenueBook()
    var diffs = 0
    var (snapshot, beginNs) = ("", Int64(0))
    for line in recorded {
      if line.text.starts(with: Array(#"{"lastUpdateId""#.utf8)) { book.load(line.text) }
      let place = diffs
      if book.apply(line.text) { diffs += 1 }
      if diffs > place, missing.contains(place) { continue }
      lines.append(line)
      guard diffs > place else { continue }
      if place == missing.upperBound { beginNs = line.timeNs }
      if place == missing.upperBound + waiting - lag - 1 { snapshot = book.snapshot() }
      if place == missing.upperBound + waiting - 1 {
        lines.append((line.timeNs, Array(snapshot.utf8)))
        holeNs = beginNs...line.timeNs
      }
    }
    precondition(holeNs.lowerBound > 0, "the recording ends before the hole does")
  }

  /// Writes the lines, uncompressed, to a file that the caller removes.
  public func write() throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-cut-\(UUID().uuidString)").path
    let bytes = lines.reduce(into: Data()) { $0 += Data("\($1.timeNs) ".utf8) + Data($1.text) + Data("\n".utf8) }
    try bytes.write(to: URL(fileURLWithPath: path))
    return path
  }
}
