// A REST depth snapshot, `GET /api/v3/depth`, into the sides of a snapshot buffer.
//
// Format: binance-spot-api-docs, rest-api.md, "Order book":
// {"lastUpdateId":1027024,"bids":[["4.0","431.0"]],"asks":[["4.000002","12.0"]]}.

public import Market

/// The decoded head of a snapshot.
public struct BinanceSnapshot: BitwiseCopyable, Sendable {
  public var lastUpdate: UInt64 = 0

  public init() {}

  /// Decodes a snapshot's body into a held buffer; on an error what stands in the buffer is meaningless.
  @_noLocks @inline(never)
  public mutating func decode(
    _ body: UnsafeRawBufferPointer, _ instrument: Instrument, bids: SnapshotSide, asks: SnapshotSide
  ) -> BinanceDecodeError {
    var scanner = JSONScanner(body)
    var error = BinanceDecodeError.none
    var hasUpdate = false
    var hasBids = false
    var hasAsks = false
    scanner.beginObject()
    while let key = scanner.nextKey() {
      if key.equals("lastUpdateId") {
        if hasUpdate { error = .duplicateField }
        hasUpdate = true
        lastUpdate = scanner.unsigned()
      } else if key.equals("bids") {
        if hasBids { error = .duplicateField }
        hasBids = true
        readSide(&scanner, instrument, into: bids, &error)
      } else if key.equals("asks") {
        if hasAsks { error = .duplicateField }
        hasAsks = true
        readSide(&scanner, instrument, into: asks, &error)
      } else {
        scanner.skipValue()
      }
    }
    scanner.finish()
    if scanner.error != .none { return .malformed }
    if error != .none { return error }
    return hasUpdate && hasBids && hasAsks ? .none : .missingField
  }

  private func readSide(
    _ scanner: inout JSONScanner, _ instrument: Instrument, into side: SnapshotSide, _ error: inout BinanceDecodeError
  ) {
    var level = BookLevel.none
    scanner.beginArray()
    while scanner.nextLevel(instrument, &level, &error) {
      if error == .none, !side.append(level) { error = .tooManyLevels }
    }
  }
}
