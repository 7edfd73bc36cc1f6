// Execution: what operators, signals and the session itself ask of it.

import Market
import Pipeline
import Risk

extension ExecutionStage {
  /// Takes the commands of this step, before anything else.
  @inline(always)
  mutating func handleCommands(_ consumed: SIMD4<UInt32>) {
    guard ports.hasControl else { return }
    let count = Int(consumed[ports.gatewayCount &+ ports.shardCount])
    for i in 0..<count {
      let command = ports.commands[0].peek(i).pointee
      answer(command, .refused, .notTrading)
    }
    ports.commands[0].release(count)
  }

  /// Writes an outcome and tells it.
  @inline(always)
  mutating func answer(_ command: Command, _ result: CommandResult, _ refusal: CommandRefusal = .none) {
    let outcome = CommandOutcome(result, of: command, refusal: refusal, timeNs: input.nowNs)
    _ = write(.commandOutcome, cause: command.cause, outcome)
    ports.send(outcome)
  }
}
