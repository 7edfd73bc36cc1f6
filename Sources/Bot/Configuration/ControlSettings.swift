// Who may stop and steer the session, and where they reach it: the section `control` of the configuration.

import CShims
package import Control

/// The control socket, and the users of each role by name or number as they stand in the file.
public struct ControlSettings: Sendable {
  /// Nil: `control` in the state directory.
  public var socket: String?
  public var view: [String]
  public var trade: [String]
  public var risk: [String]
  /// Of each role's field, for what is wrong with a name in it.
  private let lines: [String: Int]

  static let standard = ControlSettings()

  private init() {
    (view, trade, risk) = ([], [], [])
    lines = [:]
  }

  init(_ reader: YAMLReader) throws {
    var reader = reader
    func users(_ role: String, _ reader: inout YAMLReader) throws -> [String] {
      reader.has(role) ? try reader.strings(role) : []
    }
    lines = Dictionary(
      uniqueKeysWithValues: ["view", "trade", "risk"].map { [reader] in ($0, reader.fail($0, "").line) })
    socket = reader.has("socket") ? try reader.string("socket") : nil
    if let socket, socket.utf8.count > apus_local_path_limit() {
      throw reader.fail("socket", "a socket's path has at most \(apus_local_path_limit()) bytes")
    }
    view = try users("view", &reader)
    trade = try users("trade", &reader)
    risk = try users("risk", &reader)
    try reader.finish()
  }

  /// The roles by the numbers that the names have on this machine. Asked for at a session's start, not when a file is
  /// read: a journal's configuration is read where those users may not exist.
  ///
  /// - Throws: `SessionError` for a user that this machine does not know.
  package func roles() throws -> ControlRoles {
    do throws(UnknownUser) {
      return try ControlRoles(view: view, trade: trade, risk: risk)
    } catch {
      throw SessionError("line \(lines[error.role] ?? 0): control.\(error.role): \(error)")
    }
  }
}

extension Configuration {
  /// Where people reach the session.
  package var controlSocket: String { control.socket ?? StateDirectory(path: journal.directory).socket }
}
