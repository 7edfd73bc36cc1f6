// The folder that outlives a session: what one start leaves behind and the next one finds. Cold.

import Foundation
import Journal

/// The state directory of one bot and one account. Locked by the boot epoch as long as a session runs.
struct StateDirectory {
  let path: String

  /// The counters of the session that runs, at one place for whoever watches from outside.
  var counterFile: String { path + "/counters" }

  /// The words by which the guard halts a session that does not listen.
  var controlWordsFile: String { path + "/control-words" }
  /// Where people reach the session that runs.
  var socket: String { path + "/control" }

  /// The folder of one session.
  func session(_ bootEpoch: UInt32) -> SessionFolder {
    SessionFolder(path: path + "/" + Self.name(bootEpoch), bootEpoch: bootEpoch)
  }

  /// The sessions before this one, the last one first.
  func sessions(before bootEpoch: UInt32) throws -> [SessionFolder] {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    return names.compactMap(Self.bootEpoch).filter { $0 < bootEpoch }.sorted(by: >).map(session)
  }

  private static let prefix = "session-"

  private static func name(_ bootEpoch: UInt32) -> String {
    let digits = String(bootEpoch)
    return prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  private static func bootEpoch(_ name: String) -> UInt32? {
    guard name.hasPrefix(prefix), let epoch = UInt32(name.dropFirst(prefix.count)), Self.name(epoch) == name else {
      return nil
    }
    return epoch
  }
}

/// One session's own folder.
struct SessionFolder {
  let path: String
  let bootEpoch: UInt32

  var journalDirectory: String { path + "/journal" }
  /// Where the record rings' shared memory files are.
  var ringDirectory: String { path }
}
