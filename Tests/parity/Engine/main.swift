// Our half of `make parity`: replays a capture under the preset and says what happened, or how fast it was.
//
//   apus-parity CAPTURE       prints what it is of, as JSON; then one line for each command on standard input:
//     fills STRATEGY QUEUE LATENCY             fills and positions
//     time SECONDS STRATEGY QUEUE LATENCY      replays for at least so long: {"replays", "seconds"}

import Foundation
import Simulation

func say(_ line: String, to file: FileHandle = .standardOutput) { file.write(Data((line + "\n").utf8)) }

guard CommandLine.arguments.count == 2 else {
  say("usage: apus-parity CAPTURE", to: .standardError)
  exit(2)
}
do {
  let server = try ParityServer(capture: CommandLine.arguments[1])
  say(server.description)
  while let line = readLine() { say(try server.answer(line)) }
} catch {
  say("apus-parity: \(error)", to: .standardError)
  exit(1)
}
