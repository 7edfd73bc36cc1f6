// Which synthetic market a batch is made of.

import CEnvironment
import Simulation

extension SyntheticParameters {
  /// The numbers of apus_environment.h.
  private enum Kind: UInt32 {
    case hawkes = 0
    case signal = 1
    case queueReactive = 2
  }

  /// - Throws: `badMarket`, `badSignal` or `badParameters`.
  init(_ config: apus_environment_config) throws(EnvironmentError) {
    guard let kind = Kind(rawValue: config.market) else { throw .badMarket }
    let strength = config.signal_strength
    guard kind == .signal ? (0..<1).contains(strength) : strength == 0 else { throw .badSignal }
    do {
      self = try Self.read(kind, config.parameters)
    } catch {
      throw .badParameters
    }
    if kind == .signal, case .hawkes(let parameters) = self {
      let signal = SignalParameters(movesPerSecond: 2, strength: strength, flipsPerSecond: 0.1)
      self = .hawkes(parameters.planting(signal))
    }
  }

  /// Why a text makes no market of that kind; nil when it does.
  ///
  /// - Throws: `badMarket`.
  static func problem(_ kind: UInt32, _ text: UnsafePointer<CChar>) throws(EnvironmentError) -> String? {
    guard let kind = Kind(rawValue: kind) else { throw .badMarket }
    do {
      _ = try read(kind, text)
      return nil
    } catch {
      return error.description
    }
  }

  private static func read(_ kind: Kind, _ text: UnsafePointer<CChar>?) throws(ParameterError) -> Self {
    guard let text else { return kind == .queueReactive ? .queueReactive(.plain) : .hawkes(.plain) }
    let bytes = Array(String(cString: text).utf8)
    switch kind {
    case .hawkes, .signal: return .hawkes(try HawkesParameters(parsing: bytes))
    case .queueReactive: return .queueReactive(try QueueReactiveParameters(parsing: bytes))
    }
  }
}
