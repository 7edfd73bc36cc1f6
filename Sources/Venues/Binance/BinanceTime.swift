// A time as Binance's WebSocket API writes it: microseconds where the connection asked for them, milliseconds otherwise.

/// A time and what it is exact to. Which unit a number is in, its size tells: milliseconds have 13 digits in this era,
/// microseconds 16 (Binance itself tells the timestamps of requests apart so: web-socket-api.md, "General API
/// Information"). An answer in the unit that was not asked for is read all the same.
struct BinanceTime: BitwiseCopyable {
  /// Since 1970; what is beyond the range is held at its end.
  let ns: Int64
  /// The unit that it was written in: the true time lies in the one that began at `ns`.
  let resolutionNs: Int64

  @inline(always)
  init(_ count: Int64) {
    resolutionNs = count.magnitude < 100_000_000_000_000 ? 1_000_000 : 1_000
    let (product, overflow) = count.multipliedReportingOverflow(by: resolutionNs)
    ns = overflow ? (count < 0 ? .min : .max) : product
  }

  static var none: BinanceTime { BinanceTime(0) }

  var milliseconds: Int64 { ns / 1_000_000 }
}
