// Answers depth requests: held until the market's own snapshot is played, then from the venue's book.

import Simulation

/// The recorded bytes answer everyone who asked before them, so that a client synchronises on exactly what was recorded.
package final class SnapshotDesk {
  /// Symbols whose snapshot is still to come.
  private var awaited: Set<String>
  private var held: [(symbol: String, reply: (String) -> Void)] = []
  package private(set) var heldCount = 0

  package init(awaited: Set<String>) { self.awaited = awaited }

  /// Answers at once with `current`, or holds the request; `current` nil means there will never be a book.
  package func request(_ symbol: String, current: () -> String?, reply: @escaping (String?) -> Void) {
    if awaited.contains(symbol) {
      heldCount += 1
      held.append((symbol, { reply($0) }))
    } else {
      reply(current())
    }
  }

  /// The market's snapshot is here: it answers everyone who waits for it.
  package func played(_ text: String, symbol: String) {
    awaited.remove(symbol)
    let ready = held.filter { $0.symbol == symbol }
    held.removeAll { $0.symbol == symbol }
    for request in ready { request.reply(text) }
  }
}
