// `apus venue` as a process: one JSON line when it listens, one when the market was played, one at its end.

import Dispatch
import Foundation
import Synchronization
import VenueFront

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension VenueServer {
  /// Runs a venue until SIGTERM or SIGINT.
  ///
  /// Prints `{"event":"listening","port":…,"market":"recorded"|"synthetic"}` on standard output once clients can
  /// connect, `{"event":"played","lines":…}` when a recorded market was played to its end, and the final state when it
  /// ends. Not for a process that handles these signals itself.
  ///
  /// - Parameters:
  ///   - statePath: where the final state is written as well.
  ///   - readsCommands: lines of standard input are commands (`commands`), each answered by a line of standard output.
  ///   - noticeSeconds: the first signal announces the end this long before; a second one ends at once.
  public static func serve(
    _ configuration: Configuration, statePath: String? = nil, readsCommands: Bool = false, noticeSeconds: Int64 = 0
  ) throws {
    let ended = DispatchSemaphore(value: 0)
    let sources = [SIGTERM, SIGINT].map { number in
      // The dispatch source sees a signal only when the default action does not end the process first.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { ended.signal() }
      source.resume()
      return source
    }
    let server = try VenueServer(configuration) { lines in
      printLine(#"{"event":"played","lines":\#(lines)}"#)
    }
    printLine(#"{"event":"listening","port":\#(server.port),"market":"\#(configuration.market.name)"}"#)
    if readsCommands { Thread.detachNewThread { answerCommands(server) } }
    ended.wait()
    if noticeSeconds > 0 {
      try server.announceShutdown(seconds: noticeSeconds)
      _ = ended.wait(timeout: .now() + .seconds(Int(noticeSeconds)))
    }
    for source in sources { source.cancel() }
    let state = try server.stop().json
    if let statePath {
      guard let file = LogFile(path: statePath) else { throw VenueStartError("\(statePath): cannot be written") }
      file.write(state + "\n")
    }
    printLine(state)
  }

  /// Until standard input ends; the venue goes on without it.
  private static func answerCommands(_ server: VenueServer) {
    while let line = readLine() {
      // Fails only when the venue has ended meanwhile.
      guard let answer = try? server.answer(line) else { return }
      printLine(answer)
    }
  }

  /// Any thread. Standard output may be a pipe: each line leaves at once, and whole.
  ///
  /// Not by `fflush(nil)`, which would wait for the thread that reads standard input.
  private static func printLine(_ line: String) {
    output.withLock { _ in try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) }
  }

  private static let output = Mutex(())
}
