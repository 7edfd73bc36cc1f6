// Reads a capture once and replays it as it is told to.

import Foundation
import Market
import Simulation

struct ParityError: Error, CustomStringConvertible {
  let description: String
}

final class ParityServer {
  private let tape: ReplayTape
  private let rowCount: Int
  let description: String

  init(capture path: String) throws {
    let capture = try Tape(capture: [path])
    guard capture.instrument.kind != .spot else {
      throw ParityError(
        description: """
          \(path): is a spot capture: its depth messages carry no transaction time (T), and the preset needs the exchange \
          time of every row
          """)
    }
    tape = try ReplayTape(capture, name: path)
    rowCount = capture.rows.count
    let instrument = capture.instrument
    description = """
      {"symbol":"\(instrument.symbol.text)","kind":"\(instrument.kind)","multiplier":\(instrument.multiplier),\
      "tick_exponent":\(instrument.tick.exponent),"lot_exponent":\(instrument.lot.exponent),"rows":\(rowCount)}
      """
  }

  /// - Throws: for a command that is none.
  func answer(_ command: String) throws -> String {
    var words = command.split(separator: " ").map(String.init)[...]
    switch words.popFirst() {
    case "fills": return try fills(try Case(words))
    case "time":
      guard let seconds = words.popFirst().flatMap(Double.init) else { throw ParityError(description: command) }
      return try time(try Case(words), seconds: seconds)
    default: throw ParityError(description: "no command: \(command)")
    }
  }

  private func fills(_ one: Case) throws -> String {
    let (replay, positions) = try one.run(tape)
    let fills = replay.fills.map {
      "[\($0.order),\($0.exchangeTimeNs),\($0.price.ticks),\($0.quantity.lots * $0.side.sign),\($0.isMaker ? 1 : 0)]"
    }
    let account = replay.account
    return """
      {"fills":[\(fills.joined(separator: ","))],"positions":[\(positions.map { "[\($0.0),\($0.1)]" }.joined(separator: ","))],\
      "orders":\(one.orders),"position":\(account.positionLots),"balance":\(account.balance),"fee":\(account.fee),\
      "value":\(account.tradedValue)}
      """
  }

  /// Making a replay's books ready is no part of its time, as building the peer's is none of its.
  private func time(_ one: Case, seconds: Double) throws -> String {
    var (replays, spent) = (0, 0.0)
    while spent < seconds {
      let replay = try AnyReplay.make(tape, one.settings)
      let start = ContinuousClock.now
      try one.runBare(replay)
      let took = ContinuousClock.now - start
      spent += Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18
      replays += 1
    }
    return "{\"replays\":\(replays),\"seconds\":\(spent)}"
  }
}
