// What the tests of the control plane share: instruments, roles, and a desk of three users.

import Control
import Foundation
import Market
import Pipeline
import Risk

/// Of the scene: who may look, trade, and (two of them) loosen limits; and one whom nobody knows.
enum User {
  static let viewer: UInt32 = 101
  static let trader: UInt32 = 102
  static let riskA: UInt32 = 103
  static let riskB: UInt32 = 104
  static let stranger: UInt32 = 999
}

func instrument(_ index: UInt16, _ symbol: String, lotExponent: Int8) -> Instrument {
  Instrument(
    index: InstrumentIndex(index), venue: VenueIndex(0), symbol: ShortName(symbol)!, base: ShortName("BASE")!,
    quote: ShortName("USDT")!, settlement: ShortName("USDT")!, tick: DecimalStep(mantissa: 1, exponent: -2),
    lot: DecimalStep(mantissa: 1, exponent: lotExponent), minimumPrice: Price(ticks: 1),
    maximumPrice: Price(ticks: 100_000_000), minimumQuantity: Quantity(lots: 1),
    maximumQuantity: Quantity(lots: 900_000_000), minimumNotional: Amount(units: 500_000_000),
    maximumNotional: Amount(units: .max / 4))
}

enum Scene {
  static let names = SessionNames(
    instruments: [instrument(0, "BTCUSDT", lotExponent: -5), instrument(1, "ETHUSDT", lotExponent: -4)],
    venues: ["binance"], strategyCount: 2)

  /// Position 1.00000 BTC (100,000 lots) and 10.0000 ETH (100,000 lots), notional 50,000.
  static let limits = ControlLimits(
    instruments: [riskLimits, riskLimits], rate: OrderRateLimits(perSecond: 10, perTenSeconds: 50),
    maximumDailyLoss: Amount(units: 1_000_00000000))

  private static let riskLimits = RiskLimits(
    maximumOrderQuantity: Quantity(lots: 10_000), maximumOrderNotional: Amount(units: 50_000_00000000),
    maximumPosition: Quantity(lots: 100_000), maximumOpenOrders: 20, collarBasisPoints: 100,
    maximumMarketAgeNs: 1_000_000_000, maximumOrderAgeNs: 1_000_000_000, feeReserveBasisPoints: 20)

  static func roles() throws -> ControlRoles {
    try ControlRoles(
      view: ["\(User.viewer)"], trade: ["\(User.trader)"], risk: ["\(User.riskA)", "\(User.riskB)"],
      owner: User.trader)
  }

  static func counters() throws -> ControlCounters {
    ControlCounters(try CounterFile(capacityBytes: 64 << 10, entryCapacity: 32).counter)
  }
}

/// A desk as a user finds it: words in, a decision or a refusal out.
struct DeskUnderTest {
  var desk: ControlDesk
  var nowNs: Int64 = 1_000_000_000

  init() throws {
    desk = ControlDesk(names: Scene.names, limits: Scene.limits)
    desk.roles = try Scene.roles()
  }

  mutating func ask(_ user: UInt32, _ line: String) throws -> ControlDecision {
    let peer = ControlPeer(client: 1, user: user)
    let (request, action) = try desk.check(Array(line.utf8), peer)
    return try desk.decide(
      request, action, RequestContext(peer: peer, nowNs: nowNs, haltEpoch: 7, cause: 42))
  }

  /// The command that follows; an error when none does.
  mutating func command(_ user: UInt32, _ line: String) throws -> Command {
    guard case .send(let command) = try ask(user, line) else { throw ControlRefusal("no command follows") }
    return command
  }

  /// The words of the refusal; nil when it was none.
  mutating func refusal(_ user: UInt32, _ line: String) -> String? {
    do {
      _ = try ask(user, line)
      return nil
    } catch {
      return (error as? ControlRefusal)?.description
    }
  }

  /// Execution's answer to a command.
  @discardableResult
  mutating func settle(_ command: Command, _ result: CommandResult = .accepted) -> (ControlPeer, ControlReply)? {
    desk.settle(CommandOutcome(result, of: command, timeNs: nowNs))
  }
}
