// What `apus ctl status` shows: the state of the bot as its counters tell it, and the limits as the control stage has them.

import Foundation
import Market
import Risk

/// The bot's state, composed from the counter file by whoever wires the session.
public struct BotStatus: Codable, Equatable, Sendable {
  /// The session's `TradingMode`.
  public var mode = ""
  public var isArmed = false
  /// What has to happen before the bot can be armed; empty when reconciliation is green.
  public var waitsFor: [String] = []
  /// What is halted, what is paused and what may only reduce positions, as `SessionNames.words` names it.
  public var halts: [String] = []
  public var pauses: [String] = []
  public var reduceOnly: [String] = []
  /// While limits still rise after arming: their present part, in words.
  public var ramp: String?
  public var positions: [Position] = []
  public var openOrders: Int64 = 0
  /// Since midnight UTC, in decimal text of the quote asset.
  public var dailyProfit = ""
  /// By instrument: the touch, or that there is no book.
  public var streams: [String: String] = [:]
  /// Whether the journal keeps up, in words.
  public var journal = ""

  public struct Position: Codable, Equatable, Sendable {
    public var instrument: String
    /// Signed, in decimal text of the base asset.
    public var quantity: String
    /// Not yet realised, in decimal text of the quote asset.
    public var unrealised: String

    public init(instrument: String, quantity: String, unrealised: String) {
      self.instrument = instrument
      self.quantity = quantity
      self.unrealised = unrealised
    }
  }

  public init() {}
}

/// The whole answer to a status request.
public struct StatusReport: Codable, Equatable, Sendable {
  public var bot: BotStatus
  public var haltEpoch: UInt32
  public var limits: [Limit]
  public var pending: [Pending]

  public struct Limit: Codable, Equatable, Sendable {
    public var name: String
    /// Nil: of all instruments together.
    public var instrument: String?
    /// In decimal text; nil when none is set.
    public var value: String?
  }

  /// A looser limit that waits for a second user.
  public struct Pending: Codable, Equatable, Sendable {
    public var number: UInt64
    public var name: String
    public var instrument: String?
    public var value: String
    public var user: UInt32
    public var reason: String
    public var secondsLeft: Int64
  }

  init(bot: BotStatus, limits table: LimitTable, names: SessionNames, haltEpoch: UInt32, nowNs: Int64) {
    func symbol(_ entry: LimitEntry) -> String? { entry.instrument.map { names.instruments[$0].symbol.text } }
    self.bot = bot
    self.haltEpoch = haltEpoch
    limits = table.entries.map { entry in
      Limit(
        name: "\(entry.limit)", instrument: symbol(entry),
        value: entry.inForce == .max ? nil : DecimalText.string(entry.inForce, step: entry.step))
    }
    pending = table.entries.compactMap { entry in
      guard let change = entry.pending, change.expiresNs > nowNs else { return nil }
      return Pending(
        number: change.number, name: "\(entry.limit)", instrument: symbol(entry),
        value: DecimalText.string(change.value, step: entry.step) ?? "", user: change.user, reason: change.reason,
        secondsLeft: (change.expiresNs - nowNs) / 1_000_000_000)
    }
  }

  /// One line of JSON, without its end.
  var line: Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(self) else {
      preconditionFailure("texts and whole numbers can always be encoded")
    }
    return line
  }
}
