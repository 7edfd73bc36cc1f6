// The subcommands of `apus ctl` that become one command each, and the end of the session.

import ArgumentParser
import Control

struct ArmControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arm", abstract: "Allow trading: after a start of a live session, a crash or a halt of everything.",
    discussion: "Refused while reconciliation is not green; the answer and status tell what it waits for.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var why: ReasonOptions

  func run() throws {
    try bot.connect().run(ControlRequest(.arm, reason: why.reason))
  }
}

struct DisarmControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disarm", abstract: "Cancel open orders and send no new ones, until arm.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var why: ReasonOptions

  func run() throws {
    try bot.connect().run(ControlRequest(.disarm, reason: why.reason))
  }
}

struct PauseControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Cancel open orders and send no new ones, until resume.",
    discussion: "Does not outlive the session.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOptions

  func run() throws {
    let dialogue = try bot.connect()
    var request = ControlRequest(.pause, reason: why.reason)
    scope.apply(to: &request)
    try dialogue.run(request)
  }
}

struct ResumeControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "End a pause, reduce-only, or a halt of less than everything.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOptions

  func run() throws {
    let dialogue = try bot.connect()
    var request = ControlRequest(.resume, reason: why.reason)
    scope.apply(to: &request)
    try dialogue.run(request)
  }
}

struct ReduceOnlyControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reduce-only", abstract: "Cancel open orders, then send only such as reduce a position, until resume.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOptions

  func run() throws {
    let dialogue = try bot.connect()
    var request = ControlRequest(.reduceOnly, reason: why.reason)
    scope.apply(to: &request)
    try dialogue.run(request)
  }
}

struct CancelControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel what is open now, once.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOptions

  func run() throws {
    let dialogue = try bot.connect()
    var request = ControlRequest(.cancel, reason: why.reason)
    scope.apply(to: &request)
    try dialogue.run(request)
  }
}

struct FlattenControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flatten", abstract: "Pause, cancel, and close positions until there are none.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOptions
  @OptionGroup var end: WaitOptions

  func run() throws {
    let dialogue = try bot.connect()
    var request = ControlRequest(.flatten, reason: why.reason)
    scope.apply(to: &request)
    try dialogue.run(request, waits: end.wait)
  }
}

struct HaltControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halt", abstract: "Stop at once: nothing more is sent, everything open is cancelled.",
    discussion: "Outlives the session. A halt of everything ends with arm, a smaller one with resume.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var scope: ScopeOptions
  @OptionGroup var why: ReasonOptions
  @OptionGroup var end: WaitOptions

  func run() throws {
    let dialogue = try bot.connect()
    var request = ControlRequest(.halt, reason: why.reason)
    scope.apply(to: &request)
    try dialogue.run(request, waits: end.wait)
  }
}

struct StopControl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "End the session in order: cancel open orders, complete the journal, leave.")

  @OptionGroup var bot: BotOptions
  @OptionGroup var why: ReasonOptions

  func run() throws {
    try bot.connect().run(ControlRequest(.stop, reason: why.reason))
  }
}
