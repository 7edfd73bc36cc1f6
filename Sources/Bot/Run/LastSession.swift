// Taking up the session before this one: its journal is completed, its account handed on. Cold, before any stage runs.

import Control
import Execution
import Foundation
import Journal
import Market

/// The session that ran last on a state directory.
struct LastSession {
  private let folder: SessionFolder
  private let recovered: RecoveredSession<AccountState>

  /// The last session that ever began; nil on a new state directory.
  ///
  /// - Throws: `SessionError` when its journal is damaged: what the account was is then for somebody to look at.
  init?(_ state: StateDirectory, before bootEpoch: UInt32) throws {
    for folder in try state.sessions(before: bootEpoch) {
      do throws(RecoveryError) {
        recovered = try Recovery.run(
          journalDirectory: folder.journalDirectory, ringDirectory: folder.ringDirectory,
          begin: { try AccountState(beginningOf: $0) },
          decode: { try AccountState(encoded: $0) })
        self.folder = folder
        // All that they held is in the journal now.
        SessionRecords.remove(in: folder.ringDirectory)
        return
      } catch .neverBegan {
        continue
      } catch {
        throw SessionError("\(folder.path): the last session cannot be taken up: \(error)")
      }
    }
    return nil
  }

  /// What the new session begins with.
  ///
  /// A paper venue is gone with its session, so that a paper session takes over how the last one ended, and no account.
  ///
  /// - Throws: `SessionError` when one of both is a paper session and the other is not: play money and an account have
  ///   no state in common.
  func start(_ mode: TradingMode, instruments: [Instrument]) throws -> SessionStart {
    let configuration = try Configuration(file: "the journal's configuration", text: recovered.header.configuration)
    guard (configuration.mode == .paper) == (mode == .paper) else {
      throw SessionError(
        "\(folder.path): the last session here was of mode \(configuration.mode?.rawValue ?? "none"), this one is of mode "
          + "\(mode.rawValue): give paper sessions a journal.directory of their own")
    }
    do throws(AccountError) {
      let account =
        mode == .paper
        ? AccountState(stage: StageNumber.execution.rawValue, instruments: instruments)
        : try recovered.state.begin(stage: StageNumber.execution.rawValue, instruments: instruments)
      return SessionStart(mode: mode, lastEnd: recovered.wasClean ? .orderly : .crashed, account: account)
    } catch {
      throw SessionError("\(folder.path): \(error)")
    }
  }

  /// What was found, for the user.
  var report: [String] {
    guard !recovered.wasClean else { return [] }
    var lines = [
      "the last session (\(folder.path)) did not come to its orderly end: \(recovered.drained) records were brought in "
        + "from its record rings, \(recovered.tornBytes) torn bytes removed"
    ]
    lines += recovered.unusedRings.map { "not used: \($0)" }
    lines += recovered.damagedSnapshots.map { "damaged snapshot passed over: \($0)" }
    return lines
  }
}
