// A recorder and a clock in seconds, for tests whose figures are known by hand.

import Backtest
import Market
import Pipeline

extension Instrument {
  /// A tick of 0.1 and a lot of 0.001.
  static func linear(_ symbol: String, index: UInt16 = 0, venue: UInt8 = 0) -> Instrument {
    Instrument(
      index: InstrumentIndex(index), venue: VenueIndex(venue), kind: .linear, symbol: ShortName(symbol)!,
      base: ShortName("BTC")!, quote: ShortName("USDT")!, settlement: ShortName("USDT")!,
      tick: DecimalStep(mantissa: 1, exponent: -1), lot: DecimalStep(mantissa: 1, exponent: -3),
      minimumPrice: Price(ticks: 1), maximumPrice: Price(ticks: .max), minimumQuantity: Quantity(lots: 1),
      maximumQuantity: Quantity(lots: .max), minimumNotional: .zero, maximumNotional: Amount(units: .max))
  }

  /// A contract of 100 USD, a tick of 0.1.
  static func inverse(_ symbol: String, index: UInt16 = 0) -> Instrument {
    var instrument = Instrument.linear(symbol, index: index)
    instrument.kind = .inverse
    instrument.quote = ShortName("USD")!
    instrument.settlement = ShortName("BTC")!
    instrument.lot = DecimalStep(mantissa: 1, exponent: 0)
    instrument.multiplier = 100
    return instrument
  }
}

final class Scene {
  let recorder: ResultRecorder

  init(
    _ instruments: [Instrument], _ configuration: RecorderConfiguration = RecorderConfiguration(),
    tables: ResultTables? = nil
  ) {
    recorder = ResultRecorder(instruments, startNs: 0, configuration: configuration, tables: tables)
  }

  static func ns(_ seconds: Double) -> Int64 { Int64((seconds * 1e9).rounded()) }

  func touch(_ instrument: UInt16, _ bid: Int64, _ ask: Int64, at seconds: Double) {
    recorder.touch(
      InstrumentIndex(instrument), bid: Price(ticks: bid), ask: Price(ticks: ask), timeNs: Self.ns(seconds))
  }

  func order(
    _ kind: OrderEventKind, _ order: UInt64, _ side: Side, _ price: Int64, _ lots: Int64, at seconds: Double,
    instrument: UInt16 = 0
  ) {
    recorder.order(
      OrderEvent(
        kind, timeNs: Self.ns(seconds), instrument: InstrumentIndex(instrument), order: ClientOrderIdentifier(order),
        side: side, price: Price(ticks: price), quantity: Quantity(lots: lots)))
  }

  func place(_ order: UInt64, _ side: Side, _ price: Int64, _ lots: Int64, at seconds: Double) {
    self.order(.placed, order, side, price, lots, at: seconds)
  }

  func fill(
    _ order: UInt64, _ side: Side, _ price: Int64, _ lots: Int64, at seconds: Double, instrument: UInt16 = 0,
    maker: Bool, tier: UInt8 = 0, fee: Int64 = 0, feeAsset: String? = nil
  ) {
    let definition = recorder.instruments[Int(instrument)]
    recorder.fill(
      BacktestFill(
        timeNs: Self.ns(seconds), instrument: InstrumentIndex(instrument), order: ClientOrderIdentifier(order),
        side: side, isMaker: maker, feeTier: tier, price: Price(ticks: price), quantity: Quantity(lots: lots),
        notional: notional(Price(ticks: price), Quantity(lots: lots), definition.denomination, rounding: .halfEven)!,
        fee: Amount(units: fee), feeAsset: feeAsset.map { ShortName($0)! } ?? definition.settlement))
  }

  func end(at seconds: Double) -> BacktestResult { recorder.end(timeNs: Self.ns(seconds)) }
}

/// The first 16 hexadecimal digits of a text's SHA-256.
func fingerprint(_ text: String) -> String {
  String(Array(text.utf8).withUnsafeBytes { SHA256.hex($0) }.prefix(16))
}
