// Times at which a venue does not trade.

public import Market

/// A venue's halt of trading: orders and amendments are refused, cancels are carried out, nothing is matched. The
/// recorded market goes on being told; what it traded meanwhile fills nobody.
public struct TradingHalt: BitwiseCopyable, Equatable, Sendable {
  /// Nil: all of them.
  public let instrument: InstrumentIndex?
  /// In nanoseconds since 1970: from the first on, and no longer at the second.
  public let fromNs: Int64
  public let toNs: Int64

  public init(_ instrument: InstrumentIndex?, fromNs: Int64, toNs: Int64) {
    self.instrument = instrument
    self.fromNs = fromNs
    self.toNs = toNs
  }
}

extension MatchingEngine {
  func isHalted(_ i: Int, timeNs: Int64) -> Bool {
    models.halts.contains { halt in
      halt.fromNs <= timeNs && timeNs < halt.toNs && (halt.instrument.map { Int($0.rawValue) } ?? i) == i
    }
  }

  /// Whether there is a book, and it is traded on.
  func isOpen(_ i: Int, timeNs: Int64) -> Bool {
    markets[i].depthUpdateId != nil && !isHalted(i, timeNs: timeNs)
  }
}
