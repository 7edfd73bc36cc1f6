// What a venue has to say at its end: balances, positions, fees, open orders and counters.

import Market
import Simulation
import VenueFront

extension VenueServer {
  /// A snapshot of the venue, comparable to the bot's own accounts to the last unit.
  public struct State: Sendable {
    public var captureTimeNs: Int64
    public var balances: [AssetBalance]
    /// Free and locked now, less what the account began with, in units of 10^-8.
    public var positions: [String: Amount]
    /// Commission paid, by asset.
    public var commission: [String: Amount]
    public var openOrders: Int
    public var orders: Int
    public var makerFills: Int
    public var takerFills: Int
    public var linesPlayed: Int
    public var depthDiffs: Int
    public var withheldDiffs: Int
    public var clientWaits: Int
    public var lateNsMax: Int64
    public var heldDepthRequests: Int
    /// `recorded`, `synthetic` or `fed`.
    public var market: String
    /// The whole market was played.
    public var hasEnded: Bool
    /// Why the play stopped early.
    public var failure: String?

    public var json: String {
      var object = ObjectText()
      object.add("event", "state")
      object.add("market", market)
      object.add("captureTimeNs", raw: captureTimeNs)
      let list = balances.map {
        #"{"asset":"\#($0.asset.text)","free":"\#(CoinText.text($0.free.units))","#
          + #""locked":"\#(CoinText.text($0.locked.units))"}"#
      }
      object.add("balances", raw: "[" + list.joined(separator: ",") + "]")
      object.add("positions", raw: Self.text(positions))
      object.add("commission", raw: Self.text(commission))
      object.add("openOrders", raw: openOrders)
      object.add("orders", raw: orders)
      object.add("makerFills", raw: makerFills)
      object.add("takerFills", raw: takerFills)
      object.add("linesPlayed", raw: linesPlayed)
      object.add("depthDiffs", raw: depthDiffs)
      object.add("withheldDiffs", raw: withheldDiffs)
      object.add("clientWaits", raw: clientWaits)
      object.add("lateNsMax", raw: lateNsMax)
      object.add("heldDepthRequests", raw: heldDepthRequests)
      object.add("hasEnded", raw: hasEnded)
      object.add("failure", raw: failure.map(JSONValue.quote) ?? "null")
      return object.text
    }

    private static func text(_ amounts: [String: Amount]) -> String {
      let members = amounts.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#(CoinText.text($0.value.units))""# }
      return "{" + members.joined(separator: ",") + "}"
    }
  }
}
