// What things are called in a session: how a scope in words becomes the numbers of a command, and back.

public import Market
public import Risk

/// Instruments, venues and strategies by the names that people use.
public struct SessionNames: Sendable {
  /// At the places of their indices.
  public var instruments: [Instrument]
  /// At the places of their indices.
  public var venues: [String]
  /// Strategies are numbered from 0.
  public var strategyCount: Int

  public init(instruments: [Instrument], venues: [String], strategyCount: Int) {
    self.instruments = instruments
    self.venues = venues
    self.strategyCount = strategyCount
  }

  /// The scopes of a set as `apus ctl` takes them: "all", "venue binance", "instrument BTCUSDT", "strategy 0".
  public func words(_ set: ScopeSet) -> [String] {
    func numbers(_ bits: UInt64) -> [Int] { (0..<UInt64.bitWidth).filter { bits & 1 << UInt64($0) != 0 } }
    return (set.isEverything ? ["all"] : [])
      + numbers(UInt64(set.venues)).map { "venue \(venues.indices.contains($0) ? venues[$0] : "\($0)")" }
      + numbers(set.instruments).map {
        "instrument \(instruments.indices.contains($0) ? instruments[$0].symbol.text : "\($0)")"
      }
      + numbers(set.strategies).map { "strategy \($0)" }
  }

  /// How far the request reaches: everything when it names nothing.
  func target(_ request: ControlRequest) throws(ControlRefusal) -> CommandTarget {
    var target = CommandTarget()
    if let name = request.instrument {
      guard let instrument = instruments.first(where: { $0.symbol.text == name }) else {
        throw ControlRefusal("instruments are \(instruments.map(\.symbol.text).joined(separator: ", "))")
      }
      target.scope = .instrument
      target.instrument = instrument.index
      target.venue = instrument.venue
    } else if let name = request.venue {
      guard let place = venues.firstIndex(of: name) else {
        throw ControlRefusal("venues are \(venues.joined(separator: ", "))")
      }
      target.scope = .venue
      target.venue = VenueIndex(UInt8(place))
    } else if let name = request.strategy {
      guard let number = UInt8(name), Int(number) < strategyCount else {
        throw ControlRefusal("strategies are numbered 0 to \(strategyCount - 1)")
      }
      target.scope = .strategy
      target.strategy = number
    }
    return target
  }
}
