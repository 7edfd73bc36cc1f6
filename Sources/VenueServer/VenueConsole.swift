// Commands to a running venue, a line each, for tests that must see the account or change the faults.

import Market
import NIOCore
import Simulation
import VenueFront

/// What `apus venue --control` reads from standard input. The answer to each is one JSON object.
struct VenueConsole {
  static let help = """
    state             the account and the counters, as at the end
    orders            all orders ever accepted, and the client order ids that were sent more than once
    open              the open orders
    trades            all fills of the account
    faults            how often each fault struck
    faults PLAN       from now on the faults of this plan (docs/simulation.md); faults off ends them
    break             every connection breaks at once
    shutdown SECONDS  serverShutdown is announced; every connection is closed when the time is over
    """

  let venue: VenueLoop

  /// Carries out one command. On the venue's event loop.
  func answer(_ line: String) -> String {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    switch (words.first ?? "", words.dropFirst().first) {
    case ("state", nil): return venue.state().json
    case ("orders", nil): return orders()
    case ("open", nil):
      return #"{"event":"open","orders":\#(list(venue.exchange.engine.orders.filter(\.status.isOpen)))}"#
    case ("trades", nil): return trades()
    case ("faults", nil): return faults()
    case ("faults", let plan?): return change(plan == "off" ? "" : plan)
    case ("break", nil):
      venue.users.breakAll()
      venue.streams.breakAll()
      return done("break")
    case ("shutdown", let seconds?):
      guard let seconds = Int64(seconds), (0...3_600).contains(seconds) else { return problem("0 to 3600 seconds") }
      venue.announceShutdown(notice: .seconds(seconds))
      return done("shutdown")
    default: return problem("unknown command: \(line)")
    }
  }

  private func orders() -> String {
    let repeated = venue.exchange.placements.filter { $0.value > 1 }.keys.sorted().map(JSONValue.quote)
    return #"{"event":"orders","orders":\#(list(venue.exchange.engine.orders)),"#
      + #""repeated":[\#(repeated.joined(separator: ","))]}"#
  }

  private func list(_ orders: [VenueOrder]) -> String {
    "[" + orders.map { venue.exchange.named($0).queriedText }.joined(separator: ",") + "]"
  }

  private func trades() -> String {
    let exchange = venue.exchange
    let list = exchange.engine.fills.map { fill in
      let instrument = exchange.engine.instruments[Int(fill.instrument.rawValue)]
      return tradeText(fill, symbol: instrument.symbol.text, scale: exchange.scale(instrument))
    }
    return #"{"event":"trades","trades":[\#(list.joined(separator: ","))]}"#
  }

  private func change(_ text: String) -> String {
    do throws(FaultPlanError) {
      venue.faults.change(to: try FaultPlan(parsing: text))
      return faults()
    } catch {
      return problem(error.description)
    }
  }

  private func faults() -> String { #"{"event":"faults","struck":\#(venue.faults.countsText)}"# }

  private func done(_ command: String) -> String { #"{"event":"done","command":"\#(command)"}"# }

  private func problem(_ text: String) -> String { #"{"event":"problem","text":\#(JSONValue.quote(text))}"# }
}
