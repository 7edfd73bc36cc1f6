// The record rings of a session's stages, in shared memory files of their own, or in memory for a replay.

import Journal
import Pipeline

/// One ring for each stage that writes records. Both ends of each are taken out once.
struct SessionRecords: ~Copyable {
  var feed: RecordRing
  var strategy: RecordRing
  var execution: RecordRing
  var gateway: RecordRing
  var control: RecordRing

  /// What the control stage may have waiting: requests are rationed, so seconds of the busiest users.
  private static let controlBytes = 1 << 20

  /// Rings in files, so that their tails outlive this process; they name the session that they belong to. Each lies near
  /// the CPU of the stage that writes it.
  init(
    directory: String, session: UInt64, _ settings: JournalSettings, in shared: SharedMemory, of workers: WorkerMemory
  ) throws {
    func ring(_ stage: StageNumber, _ capacityBytes: Int) throws -> RecordRing {
      workers.prefer(nodeOf: stage.name)
      defer { workers.prefer(nodeOf: nil) }
      do {
        return try RecordRing(
          stage: stage.rawValue, capacityBytes: capacityBytes, path: stage.ringFile(in: directory),
          session: session, in: shared)
      } catch {
        throw SessionError("\(stage.ringFile(in: directory)): \(error)")
      }
    }
    let feed = try ring(.feed, settings.feedRingMiB << 20)
    let strategy = try ring(.strategy, settings.stageRingMiB << 20)
    let execution = try ring(.execution, settings.stageRingMiB << 20)
    let gateway = try ring(.gateway, settings.stageRingMiB << 20)
    let control = try ring(.control, Self.controlBytes)
    // Only now: what cannot be copied is either all there or not at all.
    self.feed = feed
    self.strategy = strategy
    self.execution = execution
    self.gateway = gateway
    self.control = control
  }

  /// Rings of this process alone.
  init(_ settings: JournalSettings) {
    func ring(_ stage: StageNumber, _ capacityBytes: Int) -> RecordRing {
      RecordRing(stage: stage.rawValue, capacityBytes: capacityBytes)
    }
    feed = ring(.feed, settings.feedRingMiB << 20)
    strategy = ring(.strategy, settings.stageRingMiB << 20)
    execution = ring(.execution, settings.stageRingMiB << 20)
    gateway = ring(.gateway, settings.stageRingMiB << 20)
    control = ring(.control, Self.controlBytes)
  }
}

extension SessionRecords {
  /// Removes the rings of a session whose journal is complete.
  static func remove(in directory: String) {
    for stage in StageNumber.allCases { SharedMemory.remove(stage.ringFile(in: directory)) }
  }
}

extension StageNumber {
  /// Where the stage's records wait for the disk.
  func ringFile(in directory: String) -> String { directory + "/" + Recovery.ringFile(name) }
}
