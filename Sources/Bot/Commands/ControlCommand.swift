// `apus ctl`: stops, steers and watches a running bot through its control socket.

import ArgumentParser
import Control
import Foundation

struct ControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl",
    abstract: "Stop, steer and watch a running bot.",
    discussion: """
      Everything but status needs a reason, which stands in the journal beside your user. Who may do what is the
      configuration's, section control (docs/control.md).

        apus ctl --config apus.yaml status
        apus ctl --config apus.yaml halt --reason "fills look wrong"
        apus ctl --config apus.yaml pause --instrument BTCUSDT --reason "listing at noon"
        apus ctl --config apus.yaml flatten --strategy 1 --reason "end of the test"
        apus ctl --config apus.yaml limits set maximumPosition 0.5 --instrument BTCUSDT --reason "quiet weekend"
        apus ctl --config apus.yaml confirm 17 --reason "agreed with the desk"

      --socket, --config and --timeout may also stand behind the command.

      Exit status: 0 done, 1 refused, 2 wrong usage, 3 the bot cannot be reached or does not answer.
      """,
    subcommands: [
      StatusControl.self, ArmControl.self, DisarmControl.self, PauseControl.self, ResumeControl.self,
      ReduceOnlyControl.self, CancelControl.self, FlattenControl.self, HaltControl.self, LimitsControl.self,
      ConfirmControl.self, StopControl.self,
    ])

  @OptionGroup var bot: BotOptions
}

/// Which bot. The same options stand before the subcommand and behind it: the parser gives a subcommand the values that
/// `ctl` has taken.
struct BotOptions: ParsableArguments {
  @Option(help: "The bot's control socket.")
  var socket: String?

  @Option(help: "The bot's configuration file, which tells where the socket is.")
  var config: String?

  @Option(help: "Seconds to wait for each answer.")
  var timeout = 60

  func validate() throws {
    guard (1...3_600).contains(timeout) else { throw ValidationError("--timeout is 1 to 3600 seconds") }
  }

  /// A connection to the bot.
  ///
  /// - Throws: `ValidationError` without a socket or a configuration that can be read, `ExitCode` 3 when no bot listens.
  func connect() throws -> ControlDialogue {
    guard socket != nil || config != nil else {
      throw ValidationError("--socket or --config is needed, before the command or after it, to find the bot")
    }
    var path = socket ?? ""
    if let config, socket == nil {
      do {
        path = try Configuration(file: config).controlSocket
      } catch {
        throw ValidationError("\(error)")
      }
    }
    return try ControlDialogue(path: path, timeoutSeconds: timeout)
  }
}

/// How far a command reaches; nothing named means everything.
struct ScopeOptions: ParsableArguments {
  @Option(help: "Only this instrument.")
  var instrument: String?

  @Option(help: "Only this venue.")
  var venue: String?

  @Option(help: "Only the strategy with this number.")
  var strategy: Int?

  func validate() throws {
    let named = [instrument != nil, venue != nil, strategy != nil]
    guard named.count(where: { $0 }) <= 1 else {
      throw ValidationError("one of --instrument, --venue and --strategy at most")
    }
  }

  func apply(to request: inout ControlRequest) {
    request.instrument = instrument
    request.venue = venue
    request.strategy = strategy.map { String($0) }
  }
}

/// Why: for the journal, and for who reads it.
struct ReasonOptions: ParsableArguments {
  @Option(help: "Why, for the journal.")
  var reason: String

  func validate() throws {
    guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--reason is empty") }
  }
}

/// Whether to stay until what was set going has ended.
struct WaitOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Wait for the end and print how long it took.")
  var wait = true
}
