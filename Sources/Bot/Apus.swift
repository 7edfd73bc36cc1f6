// The entry of the executable, and of a user's own with strategies of their own.

import ArgumentParser
import Foundation
import Pipeline

/// The program: all commands, with the strategies that come with Apus and those that are given to `main`.
///
///     import Bot
///
///     Apus.main(strategies: [StrategyFactory("join-the-bid") { _, _ in JoinTheBid() }])
public enum Apus {
  public static let version = "0.1.0"

  /// What the commands choose from; set once before they run.
  nonisolated(unsafe) static private(set) var strategies = StrategyFactory.included

  /// Runs the command that the process's arguments name, and ends the process with its status.
  public static func main(strategies own: [StrategyFactory] = []) {
    for factory in own {
      precondition(
        !strategies.contains { $0.name == factory.name }, "there is a strategy \"\(factory.name)\" already")
      strategies.append(factory)
    }
    guard HostFacts.current().hasRequiredInstructions else {
      Terminal.note("apus is built for x86-64-v3 (AVX2, FMA), which this CPU lacks: docs/tuning.md, CPU level")
      exit(1)
    }
    // A file at the process's size limit is a write that fails (EFBIG), like one on a full disk, and not a sudden end
    // (setrlimit(2), RLIMIT_FSIZE): the journal says so and tries again, and only reducing orders are sent meanwhile.
    signal(SIGXFSZ, SIG_IGN)
    run()
  }

  /// The exit status of a wrong command line.
  static let usageStatus: Int32 = 2

  private static func run() -> Never {
    do {
      var command = try RootCommand.parseAsRoot()
      try command.run()
    } catch  where RootCommand.exitCode(for: error) == .validationFailure {
      Terminal.note(RootCommand.fullMessage(for: error))
      exit(usageStatus)
    } catch {
      RootCommand.exit(withError: error)
    }
    exit(0)
  }
}

struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus",
    abstract: "An autonomous trading bot for crypto exchanges.",
    discussion: """
      apus demo                                  trade on a local venue, no key and no network needed
      apus backtest --config backtest.yaml       the same bot on recorded markets, without a clock
      apus replay --verify run/journal           re-execute a session and compare every decision
      apus stat --file run/counters              the live counters of a running bot
      """,
    version: Apus.version,
    subcommands: [
      DemoCommand.self, RunCommand.self, BacktestCommand.self, GuardCommand.self, ControlCommand.self,
      VenueCommand.self, ReplayCommand.self, StatCommand.self, DoctorCommand.self, LoadCommand.self, ModelCommand.self,
      RecordCommand.self,
      ImportCommand.self,
    ],
    helpNames: [.short, .long])
}
