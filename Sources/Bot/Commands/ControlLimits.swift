// The subcommands of `apus ctl` that show and change: status, limits, confirm.

import ArgumentParser
import Control
import Foundation

struct StatusControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show what the bot is doing, and what it waits for.")

  @OptionGroup var bot: BotOptions

  @Flag(help: "The bot's own JSON object.")
  var json = false

  func run() throws {
    let (line, report) = try bot.connect().status()
    print(json ? line : StatusText(report).all)
  }
}

struct LimitsControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits", abstract: "Show the limits in force, or change one.",
    discussion: """
      A tighter limit is in force at once. A looser one takes two users with the role risk: one asks, another confirms.

        apus ctl --config apus.yaml limits
        apus ctl --config apus.yaml limits set maximumPosition 0.5 --instrument BTCUSDT --reason "quiet weekend"
      """,
    subcommands: [ShowLimitsControl.self, SetLimitControl.self], defaultSubcommand: ShowLimitsControl.self)
}

struct ShowLimitsControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the limits in force, and changes that wait for a second user.")

  @OptionGroup var bot: BotOptions

  func run() throws {
    print(StatusText(try bot.connect().status().report).limits.joined(separator: "\n"))
  }
}

struct SetLimitControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Set a limit: a tighter one at once, a looser one when another user confirms it.")

  @OptionGroup var bot: BotOptions

  @Argument(help: "The limit, as `limits show` names it.")
  var name: String

  @Argument(help: "A decimal in the unit that `limits show` prints it in.")
  var value: String

  @Option(help: "Whose limit; not for limits of all instruments together.")
  var instrument: String?

  @OptionGroup var why: ReasonOptions

  func run() throws {
    var request = ControlRequest(.setLimit, reason: why.reason)
    request.limit = name
    request.value = value
    request.instrument = instrument
    try bot.connect().run(request)
  }
}

struct ConfirmControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confirm", abstract: "Confirm a looser limit that another user asked for.")

  @OptionGroup var bot: BotOptions

  @Argument(help: "The number of the pending change.")
  var number: UInt64

  @OptionGroup var why: ReasonOptions

  func run() throws {
    var request = ControlRequest(.confirm, reason: why.reason)
    request.number = number
    try bot.connect().run(request)
  }
}
