// Decoders under arbitrary bytes: the same targets for libFuzzer (`make fuzz`) and for the seeded form in the tests.

import Foundation

/// A decoder, and what has to hold for whatever it is given. One thread.
public protocol FuzzTarget: AnyObject {
  /// As the command line names it.
  var name: String { get }
  /// Inputs to begin with: valid ones, and recorded messages where there are some.
  var seeds: [[UInt8]] { get }
  /// The longest input that is worth trying.
  var bytesLimit: Int { get }
  /// Decodes the bytes. A trap, a sanitizer's report or a broken `require` is a finding.
  func run(_ bytes: UnsafeRawBufferPointer)
}

extension FuzzTarget {
  public var bytesLimit: Int { 4096 }
}

/// All targets.
///
/// - Parameter recordings: the folder of recorded inputs, where there is one.
public func allFuzzTargets(recordings: URL?) throws -> [any FuzzTarget] {
  let recorded = Recordings(recordings)
  return [
    HandshakeTarget(), FramesTarget(recorded, deflate: false), FramesTarget(recorded, deflate: true),
    HTTPTarget(recorded),
    JSONTarget(recorded), MarketTarget(recorded), SBETarget(recorded), SnapshotTarget(recorded),
    try OrdersTarget(recorded), ExchangeInfoTarget(), try JournalTarget(), try CountersTarget(),
    try CaptureTarget(recorded), ModelTarget(),
    AccountTarget(), try RingFileTarget(), ControlTarget(), try ImportTarget(), try RecordsTarget(),
  ]
}

/// Ends the process when an invariant does not hold, in release, too.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError("broken invariant: \(what())") }
}

/// A few messages of the recorded market, as bytes.
struct Recordings {
  /// Of the combined streams: depth, tickers and trades.
  let messages: [[UInt8]]

  init(_ folder: URL?) {
    guard let folder,
      let text = Recordings.beginning(of: folder.appendingPathComponent("binance/spot/btcusdt_20240808.gz"))
    else {
      messages = []
      return
    }
    let lines = text.split(separator: UInt8(ascii: "\n")).dropLast()  // the last may be cut off
    let payloads = lines.compactMap { line in line.firstIndex(of: UInt8(ascii: " ")).map { Array(line[($0 + 1)...]) } }
    messages = Array(payloads.filter { $0.count < 4000 && $0.starts(with: Array(#"{"stream""#.utf8)) }.prefix(60))
  }
}
