// What an account's subscribers are told, before it is known in which unit of time.

/// One event of the user data stream. It holds what was true when it happened; one thread.
package struct UserEvent {
  private let write: (TimeUnit) -> String

  init(_ write: @escaping (TimeUnit) -> String) { self.write = write }

  /// The event's JSON with its times in `unit`.
  package func text(_ unit: TimeUnit) -> String { write(unit) }
}
