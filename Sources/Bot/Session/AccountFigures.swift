// An account at a session's end as the bot counts it, in decimal texts of whole assets: exact, and comparable with a venue's.

import Execution
import Market

/// Amounts by asset.
struct AccountFigures: Encodable, Equatable {
  /// Bought less sold of each traded base asset, less the fees taken out of it.
  var position: [String: String]
  var balances: [String: String]
  /// Assets without fees are left out.
  var fees: [String: String]

  /// As the bot counts them. After the session's end.
  init(_ session: LiveSession) {
    let (balances, positions) = session.account()
    (position, self.balances, fees) = ([:], [:], [:])
    for balance in balances {
      self.balances[balance.asset] = Money.text(balance.computed)
      if balance.fees.units != 0 { fees[balance.asset] = Money.text(balance.fees) }
    }
    for (instrument, lots) in zip(session.plan.instruments, positions) {
      // Traded, without the fees that were taken out of it: what the venue's balance changed by is the fees less.
      let base = instrument.base.text
      let traded = Money.units(DecimalText.string(lots, step: instrument.lot) ?? Money.zero)
      let fees = balances.first { $0.asset == base }?.fees.units ?? 0
      position[base] = Money.text(Amount(units: traded - fees))
    }
  }

  init(position: [String: String], balances: [String: String], fees: [String: String]) {
    self.position = position
    self.balances = balances
    self.fees = fees
  }
}

/// Profit in one quote asset, of all instruments that are quoted in it.
struct ProfitFigures: Encodable {
  var realised: String
  var unrealised: String
  var fees: String
  var net: String
  var asset: String

  /// By quote asset, in the order of the instruments.
  static func all(_ instruments: [Instrument], _ counters: [String: Int64]) -> [ProfitFigures] {
    var assets: [String] = []
    for instrument in instruments where !assets.contains(instrument.quote.text) { assets.append(instrument.quote.text) }
    return assets.map { asset in ProfitFigures(asset, instruments.filter { $0.quote.text == asset }, counters) }
  }

  private init(_ asset: String, _ instruments: [Instrument], _ counters: [String: Int64]) {
    func total(_ suffix: String) -> Int64 {
      instruments.reduce(0) { $0 + (counters["execution.position.\($1.symbol.text).\(suffix)"] ?? 0) }
    }
    let (realised, unrealised, fees) = (total("realised"), total("unrealised"), total("fees"))
    self.realised = Money.text(Amount(units: realised))
    self.unrealised = Money.text(Amount(units: unrealised))
    self.fees = Money.text(Amount(units: fees))
    net = Money.text(Amount(units: realised + unrealised - fees))
    self.asset = asset
  }
}

/// Decimal texts of amounts with 8 places, so that two sides can be compared letter by letter.
enum Money {
  static let zero = "0.00000000"

  static func text(_ amount: Amount) -> String { DecimalText.string(amount.units, step: DecimalStep.amount) ?? zero }

  static func units(_ text: String) -> Int64 {
    let magnitude = text.hasPrefix("-") ? String(text.dropFirst()) : text
    let units = DecimalText.parse(magnitude, step: DecimalStep.amount) ?? 0
    return text.hasPrefix("-") ? -units : units
  }

  static func sum(_ a: String, _ b: String) -> String { text(Amount(units: units(a) + units(b))) }
  static func normal(_ text: String) -> String { Self.text(Amount(units: units(text))) }
}
