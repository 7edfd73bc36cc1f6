// The journal's record of a forecast that a decision rested on.

import Brain
import Market

/// Payload of `RecordType.forecast`: the latest forecast of one instrument in a step. 32 bytes without padding.
public struct ForecastRecord: BitwiseCopyable, Sendable, Equatable {
  public var instrument: InstrumentIndex
  public var strategy: UInt8
  /// `PolicyAction`.
  public var action: UInt8
  public var reserved: UInt32 = 0
  /// The point of the sampling grid that it was made at, in the session's clock.
  public var sampleTimeNs: Int64
  public var down: Float
  public var flat: Float
  public var up: Float
  public var confidence: Float

  public init(_ forecast: Forecast, instrument: InstrumentIndex, strategy: UInt8, sampleTimeNs: Int64) {
    self.instrument = instrument
    self.strategy = strategy
    self.sampleTimeNs = sampleTimeNs
    action = forecast.action.rawValue
    down = forecast.down
    flat = forecast.flat
    up = forecast.up
    confidence = forecast.confidence
  }
}
