// What things are called in a session: how a scope in words becomes the numbers of a command.

public import Market
import Risk

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
