// Our side of single rows without clocks and peers, for who counts its instructions: instructions.py, with callgrind.

import ArgumentParser
import Suite

/// Does the work of a row a fixed number of times inside `counted`, and says how often.
struct Instructions: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Does the work of one row a fixed number of times, for a tool that counts instructions.",
    discussion: """
      Prints how many operations it did. They are done inside functions whose name contains 'countedWork', and nothing that \
      a peer computes is called: the peers are compiled for this very CPU, which the tool need not know.
      """)

  @Option(help: "A recorded Binance spot capture of BTCUSDT (gzip of `<ns> <JSON>` lines).")
  var capture: String

  @Argument(help: "The row: \(Self.rows.joined(separator: ", ")).")
  var row: String

  private static let rows = ["features", "risk_gate", "router", "book_update", "json_depth", "frame_to_order"]

  func run() throws {
    print(try operations(try Recording(path: capture, symbol: "BTCUSDT", messages: 3_000)))
  }

  private func operations(_ recording: Recording) throws -> Int {
    switch row {
    case "features":
      let replay = FeatureReplay(recording.events)
      replay.play(OurFeatures(), countedWork)
      return replay.messages
    case "risk_gate":
      let orders = GateOrders(count: 4_096)
      _ = orders.run(countedWork)
      return orders.count
    case "router":
      let intents = RoutedIntents(count: 4_096)
      _ = intents.run(countedWork)
      return intents.count
    case "book_update":
      let changes = Array(recording.changes.prefix(5_000))
      _ = BookReplay(changes).run(countedWork)
      return changes.count
    case "json_depth":
      let decoder = Decoder(recording.instrument)
      var accepted = 0
      countedWork { accepted = decoder.decode(recording.depths, rounds: 10) }
      guard accepted == recording.depths.count * 10 else { throw BenchmarkError("json_depth: messages were refused") }
      return accepted
    case "frame_to_order":
      let messages = try PathMessages(path: capture, symbol: "BTCUSDT", limit: 3_000)
      return try PathSession(messages).play(countedWork).cycles.count
    default: throw ValidationError("no instructions are counted of \(row): one of \(Self.rows.joined(separator: ", "))")
    }
  }
}

/// The counter runs while this does; a function of its own, whatever the optimiser thinks of it.
@inline(never) @_optimize(none)
func countedWork(_ work: () -> Void) { work() }
