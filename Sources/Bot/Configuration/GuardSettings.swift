// The section `guard` of the configuration: the guard's own key, bounds, place and folder.

import Control
import Pipeline

/// What `apus guard` runs with, besides what it shares with the session it watches.
public struct GuardSettings: Sendable {
  /// A key of the guard's own, so that it can be limited and revoked apart from the bot's.
  public var account: AccountSettings
  public var silenceMs: Int
  public var diskSilenceMs: Int
  /// The only CPU of its thread; nil leaves it to the scheduler.
  public var cpu: Int?
  /// Journals and counters of the guard; not the bot's state directory.
  public var directory: String
}

extension GuardSettings {
  init(_ reader: YAMLReader) throws {
    var reader = reader
    account = AccountSettings(
      apiKeyFile: try reader.string("apiKeyFile"), secretFile: try reader.string("secretFile"))
    silenceMs = Int(try reader.integer("silenceMs", in: 50...60_000, default: 1_000))
    diskSilenceMs = Int(try reader.integer("diskSilenceMs", in: 50...600_000, default: 10_000))
    cpu = reader.has("cpu") ? Int(try reader.integer("cpu", in: 0...4_095)) : nil
    directory = try reader.string("directory", default: "guard")
    guard diskSilenceMs >= silenceMs else {
      throw reader.fail("diskSilenceMs", "at least silenceMs: the disk's worker is given more time, not less")
    }
    try reader.finish()
  }
}

extension Configuration {
  /// The guard's bounds in the session's clock, which a local venue may make faster than real time.
  package func guardBounds(_ settings: GuardSettings) -> GuardBounds {
    var bounds = GuardBounds()
    bounds.silenceNs = Int64(settings.silenceMs) * 1_000_000
    for (number, worker) in workers.enumerated() where worker.stages.contains(StageNumber.journalName) {
      bounds.slowWorkers[number] = Int64(settings.diskSilenceMs) * 1_000_000
    }
    bounds = bounds.stretched(by: venue.speed)
    // The venue refuses what it is told later than this after its stamp, which is of the venue's time whatever the speed;
    // one more interval for what it took at the last moment.
    bounds.verifyNs = Int64(orders.receiveWindowMs) * 1_000_000 + bounds.verifyIntervalNs
    return bounds
  }
}
