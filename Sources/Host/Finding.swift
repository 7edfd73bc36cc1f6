// One thing that a diagnosis has to say about a host.

/// What is so, why it matters, and what cures it.
public struct Finding: Sendable, Equatable {
  public enum Severity: String, Sendable, CaseIterable, Comparable {
    /// The plan cannot be run here.
    case wrong
    /// It runs, and its latency suffers.
    case hurts
    /// It cannot be told here; neither a complaint nor an all-clear.
    case unknown
    /// Worth knowing; nothing to do.
    case note
    case good

    public static func < (a: Self, b: Self) -> Bool {
      (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
  }

  /// Stable, for scripts: `isolation.cpus`.
  public var id: String
  public var severity: Severity
  public var what: String
  /// Why it matters, with its source; empty where there is nothing to cure.
  public var why: String
  /// A command or boot parameter.
  public var cure: String?
  public var needsReboot: Bool

  public init(
    _ id: String, _ severity: Severity, _ what: String, why: String = "", cure: String? = nil, needsReboot: Bool = false
  ) {
    self.id = id
    self.severity = severity
    self.what = what
    self.why = why
    self.cure = cure
    self.needsReboot = needsReboot
  }
}
