// Counters of the control plane, readable from outside. Written by the control stage's thread only.

public import Pipeline

/// The counters of requests and of connections, all named `control.*`.
public struct ControlCounters: Sendable {
  /// Requests but status, those that were refused, and answers to status.
  package let requests: Counter
  package let refused: Counter
  package let statuses: Counter
  let commands: Counter
  /// Steps in which no room was left in the command ring or for records.
  package let stalls: Counter
  /// Replies to connections that were gone or did not read.
  let repliesLost: Counter
  package let clients: Counter
  let accepted: Counter
  /// Connections that the socket ended, by reason.
  package let dropped: [ControlDrop: Counter]

  /// - Parameter make: gives the counter of a name, as `CounterFile.counter` does. Not kept.
  public init(_ make: (String) -> Counter) {
    requests = make("control.requests")
    refused = make("control.refused")
    statuses = make("control.statuses")
    commands = make("control.commands")
    stalls = make("control.stalls")
    repliesLost = make("control.replies_lost")
    clients = make("control.clients")
    accepted = make("control.accepted")
    dropped = Dictionary(uniqueKeysWithValues: ControlDrop.allCases.map { ($0, make("control.dropped.\($0)")) })
  }
}

/// Why the socket ended a connection by itself.
package enum ControlDrop: CaseIterable {
  /// No place is left, or none for this user.
  case crowded
  case lineTooLong
  /// A line was not whole in time, or nothing was said for long.
  case silent
  /// It does not read what it is told.
  case slow
}
