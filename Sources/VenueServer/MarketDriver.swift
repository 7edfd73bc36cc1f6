// What moves the venue's market and gives it its time: a play of what was recorded or made up, or what somebody else feeds.

import NIOCore
import Simulation

/// On the venue's event loop.
protocol MarketDriver: AnyObject {
  var counters: PlayCounters { get }
  /// Everything that there is to play was played.
  var hasEnded: Bool { get }
  /// Why the market stopped early, if it did.
  var failure: CaptureError? { get }
  /// The venue's clock, in nanoseconds since 1970.
  func nowNs(_ now: NIODeadline) -> Int64
  /// The time in matching: never back, and never ahead of a message that is still to be played.
  func matchingNs(_ now: NIODeadline) -> Int64
  /// Somebody subscribed or can take more.
  func wake()
  func stop()
}
