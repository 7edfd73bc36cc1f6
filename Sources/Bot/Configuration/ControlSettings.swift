// Who may stop and steer the session: the section `control` of the configuration.

import Control

/// Where people reach the session, and the users of each role by name or number.
public struct ControlSettings: Sendable {
  /// Nil: `control` in the state directory.
  public var socket: String?
  public var view: [String]
  public var trade: [String]
  public var risk: [String]
  /// Where the section stands, for what is wrong with a user.
  var line: Int

  static let standard = ControlSettings()

  private init() {
    (view, trade, risk) = ([], [], [])
    line = 0
  }

  init(_ reader: YAMLReader) throws {
    var reader = reader
    func users(_ role: String, _ reader: inout YAMLReader) throws -> [String] {
      reader.has(role) ? try reader.strings(role) : []
    }
    line = reader.line
    socket = reader.has("socket") ? try reader.string("socket") : nil
    view = try users("view", &reader)
    trade = try users("trade", &reader)
    risk = try users("risk", &reader)
    try reader.finish()
  }

  /// - Throws: `SessionError` for a user that this machine does not know.
  func roles() throws -> ControlRoles {
    do throws(UnknownUser) {
      return try ControlRoles(view: view, trade: trade, risk: risk)
    } catch {
      throw SessionError("line \(line): control.\(error.role): \(error)")
    }
  }
}
