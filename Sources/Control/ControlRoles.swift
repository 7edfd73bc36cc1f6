// Roles: which user may look, which may trade and stop, which may loosen limits.

public import CShims

/// What a user may do. A user can have several.
public struct ControlRole: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  /// See the state of the bot.
  public static let view = ControlRole(rawValue: 1)
  /// Start, stop and steer trading; tighten limits.
  public static let trade = ControlRole(rawValue: 2)
  /// Stop trading, tighten limits, ask for looser ones and confirm those that another asked for.
  public static let risk = ControlRole(rawValue: 4)

  static let byName: KeyValuePairs = ["view": ControlRole.view, "trade": .trade, "risk": .risk]

  /// The names, in the order of the configuration.
  var names: [String] { Self.byName.filter { contains($0.value) }.map(\.key) }
}

/// A name in the configuration that is no user of this machine.
public struct UnknownUser: Error, Equatable, CustomStringConvertible {
  /// The role's name, as in the configuration.
  public var role: String
  public var user: String

  package init(role: String, user: String) {
    self.role = role
    self.user = user
  }

  public var description: String { "\"\(user)\" is no user of this machine: a user's name or number is expected" }
}

/// The roles of all users that have any.
public struct ControlRoles: Equatable, Sendable {
  /// By the user's number.
  private(set) var roles: [UInt32: ControlRole] = [:]

  /// Nobody may do anything.
  public init() {}

  /// - Parameters:
  ///   - view: users by name or number; so are the others.
  ///   - owner: the user that runs the bot, who may always trade.
  /// - Throws: `UnknownUser`. A number need not have a name on this machine.
  public init(view: [String], trade: [String], risk: [String], owner: UInt32 = apus_user()) throws(UnknownUser) {
    grant(.trade, to: owner)
    for (role, users) in [(ControlRole.view, view), (.trade, trade), (.risk, risk)] {
      for user in users {
        guard let number = Self.number(of: user) else { throw UnknownUser(role: role.names[0], user: user) }
        grant(role, to: number)
      }
    }
  }

  public func roles(of user: UInt32) -> ControlRole { roles[user] ?? [] }

  /// Whether anybody can loosen a limit: it takes two.
  public var canLoosen: Bool { roles.values.count { $0.contains(.risk) } >= 2 }

  private mutating func grant(_ role: ControlRole, to user: UInt32) { roles[user, default: []].formUnion(role) }

  private static func number(of user: String) -> UInt32? {
    if let number = UInt32(user) { return number }
    var number: UInt32 = 0
    return apus_user_number(user, &number) == 0 ? number : nil
  }
}

extension ControlRoles {
  /// The text by which a session tells its control stage the roles: an input like any other, so that the journal says
  /// who could do what, and a replay on another machine decides alike.
  package var text: String {
    var line = JSONLine()
    for (name, role) in ControlRole.byName {
      let users = roles.filter { $0.value.contains(role) }.keys.sorted()
      line.add(name, users.map(String.init).joined(separator: " "))
    }
    return line.text
  }

  /// - Returns: nil when it is no such text.
  package init?(text: [UInt8]) {
    guard let fields = try? RequestFields(text) else { return nil }
    for (name, role) in ControlRole.byName {
      for user in (fields[name] ?? "").split(separator: " ") {
        guard let number = UInt32(user) else { return nil }
        grant(role, to: number)
      }
    }
  }
}
