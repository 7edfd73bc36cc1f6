// `apus guard`: the process that watches a session and cancels everything when it dies, hangs, or is told to.

import ArgumentParser
import Control
import Foundation
import Pipeline

struct GuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guard",
    abstract: "Watch a running bot from outside, and cancel all its orders when it dies or hangs.",
    discussion: """
      A process of its own with its own API key, connection, CPU and journal. docs/operations.md, "The guard".

        apus guard --config apus.yaml            watch until Ctrl-C or SIGTERM; SIGUSR1 cancels everything
        apus guard cancel --config apus.yaml     cancel everything now, with or without a bot or a guard

      Exit status: 0, or 3 when orders may still be open.
      """,
    subcommands: [Watch.self, Cancel.self], defaultSubcommand: Watch.self)

  /// Orders may be open: the venue was not reached, or did not confirm.
  static let unconfirmed = ExitCode(3)
  /// Between two looks at what there is to print.
  static let tickMicroseconds: UInt32 = 10_000

  struct Options: ParsableArguments {
    @Option(help: "The bot's configuration file, with a section `guard`.")
    var config: String

    @Flag(help: "One JSON object a line.")
    var json = false

    func print(_ event: GuardEvent, _ session: GuardSession) throws {
      let text = GuardText(speed: session.configuration.venue.speed)
      Swift.print(json ? try text.json(event) : text.line(event))
      fflush(nil)
    }
  }

  struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Watch until Ctrl-C or SIGTERM (the default).")

    @OptionGroup var options: Options

    func run() throws {
      let interrupt = InterruptFlag()
      let session = try GuardSession(configurationFile: options.config, directory: "watch")
      signal(SIGUSR1, SIG_IGN)  // so that the dispatch source sees it
      let panic = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: .global())
      let command = session.command
      panic.setEventHandler { command() }
      panic.resume()
      try session.start()
      while !interrupt.isSet {
        while let event = session.events.tryPop() { try options.print(event, session) }
        usleep(GuardCommand.tickMicroseconds)  // paces the printing; nothing waits for it
      }
      if try session.end() == .cancelling { throw GuardCommand.unconfirmed }
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Cancel everything now and wait until the venue says that nothing is open.")

    @OptionGroup var options: Options

    @Option(help: "Give up waiting after so many seconds.")
    var timeout = 60.0

    func validate() throws {
      guard timeout > 0, timeout <= 86_400 else { throw ValidationError("--timeout: between 0 and 86400 seconds") }
    }

    func run() throws {
      let session = try GuardSession(configurationFile: options.config, directory: "cancel")
      session.command()
      try session.start()
      let deadline = ContinuousClock.now + .seconds(timeout)
      var isConfirmed = false
      while !isConfirmed, ContinuousClock.now < deadline {
        while let event = session.events.tryPop() {
          try options.print(event, session)
          isConfirmed = isConfirmed || event.record.cause == .nothingOpen
        }
        usleep(GuardCommand.tickMicroseconds)  // paces the printing; nothing waits for it
      }
      _ = try session.end()
      if !isConfirmed { throw GuardCommand.unconfirmed }
    }
  }
}
