// The venue's clock: capture time, frozen at the first receive stamp until the play begins.

import NIOCore

/// First receive stamp plus elapsed real time times the speed factor.
struct CaptureClock {
  let originNs: Int64
  let speed: Double
  private var startedAt: NIODeadline?

  init(originNs: Int64, speed: Double) {
    self.originNs = originNs
    self.speed = speed
  }

  var isRunning: Bool { startedAt != nil }

  mutating func start(at now: NIODeadline) { startedAt = now }

  func nowNs(_ now: NIODeadline) -> Int64 { originNs + Int64(Double(elapsed(now).nanoseconds) * speed) }

  /// Real time since the start.
  func elapsed(_ now: NIODeadline) -> TimeAmount { startedAt.map { now - $0 } ?? .zero }

  /// How long until capture time reaches `timeNs`, in real time.
  func delay(until timeNs: Int64, _ now: NIODeadline) -> TimeAmount {
    .nanoseconds(Int64((Double(timeNs - nowNs(now)) / speed).rounded(.up)))
  }
}
