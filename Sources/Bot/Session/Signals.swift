// Signals: Ctrl-C and SIGTERM as a flag that a command looks at, so that it ends in order; SIGUSR1 as a halt.

import Foundation
import Pipeline

/// Set by Ctrl-C or SIGTERM: the command that looks at it then ends in order.
final class InterruptFlag {
  private let sources: [any DispatchSourceSignal]
  private let flagged = DispatchSemaphore(value: 0)
  private var seen = false

  init() {
    let flagged = flagged
    sources = [SIGINT, SIGTERM].map { number in
      // The dispatch source sees a signal only when the default action does not end the process first.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { flagged.signal() }
      source.resume()
      return source
    }
  }

  var isSet: Bool {
    if !seen { seen = flagged.wait(timeout: .now()) == .success }
    return seen
  }
}

/// SIGUSR1 as a halt of everything, for whoever can reach the process and not its control socket.
final class HaltSignal {
  private let source: any DispatchSourceSignal

  init(_ words: ControlWords) {
    signal(SIGUSR1, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
    source.setEventHandler { words.signalHalt() }
    source.resume()
  }
}
